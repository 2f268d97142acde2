#include <filesystem>

#include "host/cli/arguments.h"
#include "host/cli/interrupt.h"
#include "host/cli/output.h"
#include "host/cli/progress.h"
#include "host/quantize/output_folder.h"
#include "host/quantize/rotated_checkpoint.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

/// Thrown where the work notices a signal, so that the unfinished folder is removed on the way out.
struct Interrupted {};

std::string folder_of(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return path;
  throw Error(Fault::usage, path + ": expected the folder of a safetensors checkpoint to rotate");
}

void check_format(const std::string& format) {
  if (format == "f32" || format == "f16" || format == "bf16") return;
  throw Error(Fault::usage, "--format " + format + ": expected f32, f16 or bf16");
}

void print(const quantize::RotationSummary& summary, const std::string& out) {
  print_out("{}: {} tensors rotated, {} as they were, {:.1f} MiB\n", out, summary.changed, summary.kept,
            static_cast<double>(summary.bytes) / (1 << 20));
  if (summary.left_out > 0)
    print_out("the draft module ({} tensors) is left out; --values-only keeps it\n", summary.left_out);
}

}  // namespace

int rotate(const Arguments& arguments) {
  const std::string folder = folder_of(arguments.model);
  const std::unique_ptr<io::Checkpoint> checkpoint = io::open(folder);
  quantize::RotationPlan plan = quantize::plan_rotation(*checkpoint, arguments.values_only);
  if (!arguments.format.empty()) plan.format = arguments.format;
  check_format(plan.format);
  try {
    const GracefulScope until_removed;
    quantize::OutputFolder output(arguments.out);
    ProgressBar bar("rotate");
    const quantize::RotationSummary summary = quantize::write_rotated_checkpoint(
        *checkpoint, folder, plan, output.file(""), [&](int64_t done, int64_t total) {
          if (interrupted()) throw Interrupted{};
          bar.update(done, total);
        });
    output.commit();
    bar.finish();
    print(summary, arguments.out);
  } catch (const Interrupted&) {
    end_if_interrupted();
  }
  return 0;
}

}  // namespace clinfer::cli
