#include "host/quantize/codec.h"

#include <spdlog/spdlog.h>

#include <optional>

#include "host/cl/platforms.h"
#include "host/cl/selector.h"
#include "host/cli/arguments.h"
#include "host/cli/output.h"
#include "host/cli/progress.h"
#include "host/encode/encoder.h"
#include "quant/catalogue.h"
#include "quant/error.h"
#include "quant/importance.h"

namespace clinfer::cli {
namespace {

void require(const char* option, const std::string& value) {
  if (value.empty()) throw Error(Fault::usage, std::string("codec: expected ") + option + ", or --list");
}

/// An encoder on the device that --device selects.
class DeviceEncoder {
 public:
  DeviceEncoder(const std::string& selector, const quantize::Encoding& encoding)
      : device_(chosen(selector)), encoder_(device_, programs_, *encoding.format) {
    encoder_.check(encoding.options);
  }

  quantize::RowEncoder rows() {
    return [this](const quant::EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                  uint8_t* codes,
                  uint8_t* scales) { encoder_.encode(options, values, rows, cols, codes, scales); };
  }

 private:
  static graph::DeviceInfo chosen(const std::string& selector) {
    const cl::Inventory inventory = cl::list_devices();
    const cl::Choice choice = cl::select_device(selector, inventory.devices, cl::install_advice(inventory));
    if (!choice.warning.empty()) spdlog::warn("{}", choice.warning);
    return choice.device;
  }

  cl::Device device_;
  cl::ProgramCache programs_;
  encode::Encoder encoder_;
};

}  // namespace

int codec(const Arguments& arguments) {
  if (arguments.list) {
    write_out(quant::catalogue_table());
    return 0;
  }
  require("--format NAME", arguments.format);
  require("--in FILE", arguments.in);
  require("--out FILE", arguments.out);
  const quantize::Encoding encoding = quantize::parse_encoding("--format", arguments.format, arguments.scale);
  check_output_path("--out", arguments.out);
  std::optional<DeviceEncoder> device;
  if (!arguments.device.empty() && quant::searches(encoding.options)) {
    throw Error(Fault::usage, "--device " + arguments.device + ": scales are searched (--scale " +
                                  arguments.scale + ") by the host codec only; leave one of the two out");
  }
  if (!arguments.device.empty()) device.emplace(arguments.device, encoding);
  ProgressBar bar("codec");
  quantize::encode_file(
      encoding, arguments.in, arguments.out, [&](int64_t done, int64_t total) { bar.update(done, total); },
      device ? device->rows() : quantize::RowEncoder{});
  return 0;
}

}  // namespace clinfer::cli
