#include <filesystem>

#include "graph/models/models.h"
#include "host/cli/arguments.h"
#include "host/cli/interrupt.h"
#include "host/cli/output.h"
#include "host/cli/progress.h"
#include "host/cli/source.h"
#include "host/quantize/fp8_checkpoint.h"
#include "host/quantize/output_folder.h"
#include "host/report/roles.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

constexpr uint64_t kShardBytes = 5'000'000'000;  // as transformers shards

/// Thrown where the work notices a signal, so that the unfinished folder is removed on the way out.
struct Interrupted {};

void add_roles(const graph::Graph& graph, quantize::Roles& roles) {
  for (const auto& [id, role] : report::roles_of(graph)) {
    for (const std::string& tensor : graph.value(id).weight()->tensors) roles.try_emplace(tensor, role.name);
  }
}

quantize::Roles roles_of(const io::Checkpoint& checkpoint) {
  const graph::Model model = graph::build_model(checkpoint.config(), {true});
  quantize::Roles roles;
  add_roles(model.main, roles);
  if (model.draft) add_roles(*model.draft, roles);
  return roles;
}

/// The folder of the model. Only folders have the files that a checkpoint needs besides its tensors.
std::string folder_of(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return path;
  throw Error(Fault::usage, path + ": expected the folder of a safetensors checkpoint to quantize");
}

void print(const quantize::Fp8Summary& summary, const std::string& output) {
  print_out("{}: {} matrices in fp8_e4m3_128x128, {} tensors as they were, {:.1f} MiB, {} file{}\n", output,
            summary.encoded, summary.kept, static_cast<double>(summary.bytes) / (1 << 20), summary.shards,
            summary.shards == 1 ? "" : "s");
}

quantize::Fp8Summary write(const config::RunConfig& config) {
  const std::string folder = folder_of(config.model.path);
  const std::unique_ptr<io::Checkpoint> checkpoint = io::open(folder);
  const quantize::Rules rules(config.quantize, roles_of(*checkpoint));
  quantize::OutputFolder output(config.quantize.output);
  ProgressBar bar("quantize");
  const quantize::Fp8Summary summary = quantize::write_fp8_checkpoint(
      *checkpoint, folder, rules, output.file(""), kShardBytes, [&](int64_t done, int64_t total) {
        if (interrupted()) throw Interrupted{};
        bar.update(done, total);
      });
  output.commit();
  return summary;
}

}  // namespace

int quantize(const Arguments& arguments) {
  std::vector<std::string> overrides;
  if (!arguments.out.empty()) overrides.push_back(literal_override("quantize.output", arguments.out));
  const config::RunConfig config = load_source(arguments, overrides).config;
  if (config.quantize.output.empty())
    throw Error(Fault::usage,
                "key quantize.output: expected the name of a new folder (or --out), got nothing");
  try {
    const GracefulScope until_removed;
    print(write(config), config.quantize.output);
  } catch (const Interrupted&) {
    end_if_interrupted();
  }
  return 0;
}

}  // namespace clinfer::cli
