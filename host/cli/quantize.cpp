#include <filesystem>

#include "graph/models/models.h"
#include "host/cli/arguments.h"
#include "host/cli/gguf_plan.h"
#include "host/cli/interrupt.h"
#include "host/cli/output.h"
#include "host/cli/progress.h"
#include "host/cli/setup.h"
#include "host/cli/source.h"
#include "host/cli/tensor_roles.h"
#include "host/quantize/folder_checkpoint.h"
#include "host/quantize/output_folder.h"
#include "host/stored/quantization_config.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

constexpr uint64_t kShardBytes = 5'000'000'000;  // as transformers shards

/// Thrown where the work notices a signal, so that the unfinished folder is removed on the way out.
struct Interrupted {};

/// The folder of the model. Only folders have the files that a checkpoint needs besides its tensors.
std::string folder_of(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return path;
  throw Error(
      Fault::usage,
      path +
          ": expected the folder of a safetensors checkpoint; of a GGUF file only another .gguf can be made");
}

void print(const quantize::WrittenSummary& summary, const std::string& output) {
  std::string formats;
  for (const auto& [format, count] : summary.encoded)
    formats += std::to_string(count) + " matrices in " + format + ", ";
  print_out("{}: {}{} tensors as they were, {:.1f} MiB, {} file{}\n", output, formats, summary.kept,
            static_cast<double>(summary.bytes) / (1 << 20), summary.files, summary.files == 1 ? "" : "s");
}

/// Everything that is known before bytes are written.
struct Source {
  std::unique_ptr<io::Checkpoint> checkpoint;
  graph::Model model;
  quantize::Roles roles;
  quantize::Rules rules;
};

Source open_source(const config::RunConfig& config) {
  const config::QuantizeConfig& wanted = config.quantize;
  if (wanted.rules.empty()) throw Error(Fault::usage, "key quantize.rules: expected at least one rule");
  quantize::Rules rules("quantize", wanted.ignore, wanted.rules);
  if (!wanted.importance.empty())
    rules.weigh_by(std::make_shared<const io::StatisticsFile>(wanted.importance));
  auto checkpoint = open_weights(config);
  stored::check_quantization(*checkpoint);
  graph::Model model = graph::build_model(checkpoint->config(), {true});
  quantize::Roles roles = tensor_roles(model);
  rules.check_names(roles);
  return {std::move(checkpoint), std::move(model), std::move(roles), std::move(rules)};
}

quantize::WrittenSummary write_folder(const config::RunConfig& config,
                                      const quantize::WriteProgress& progress) {
  const std::string folder = folder_of(config.model.path);
  const Source source = open_source(config);
  quantize::OutputFolder output(config.quantize.output);
  const auto layout = quantize::layout_of(config.quantize.layout, config.quantize.rules);
  const quantize::WrittenSummary summary =
      quantize::write_folder(*source.checkpoint, folder, *layout, source.rules, source.roles, output.file(""),
                             kShardBytes, progress);
  output.commit();
  return summary;
}

quantize::WrittenSummary write_gguf(const config::RunConfig& config,
                                    const quantize::WriteProgress& progress) {
  const Source source = open_source(config);
  return quantize::write_gguf(*source.checkpoint, gguf_plan(*source.checkpoint, source.model), source.rules,
                              source.roles, config.quantize.output, progress);
}

quantize::WrittenSummary write(const config::RunConfig& config) {
  ProgressBar bar("quantize");
  const auto progress = [&](int64_t done, int64_t total) {
    if (interrupted()) throw Interrupted{};
    bar.update(done, total);
  };
  return config.quantize.output.ends_with(".gguf") ? write_gguf(config, progress)
                                                   : write_folder(config, progress);
}

}  // namespace

int quantize(const Arguments& arguments) {
  std::vector<std::string> overrides;
  if (!arguments.out.empty()) overrides.push_back(literal_override("quantize.output", arguments.out));
  const config::RunConfig config = load_source(arguments, overrides).config;
  if (config.quantize.output.empty())
    throw Error(
        Fault::usage,
        "key quantize.output: expected the name of a new folder or .gguf file (or --out), got nothing");
  try {
    const GracefulScope until_removed;
    print(write(config), config.quantize.output);
  } catch (const Interrupted&) {
    end_if_interrupted();
  }
  return 0;
}

}  // namespace clinfer::cli
