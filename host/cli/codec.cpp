#include "host/quantize/codec.h"

#include "host/cli/arguments.h"
#include "host/cli/output.h"
#include "host/cli/progress.h"
#include "quant/catalogue.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

void require(const char* option, const std::string& value) {
  if (value.empty()) throw Error(Fault::usage, std::string("codec: expected ") + option + ", or --list");
}

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
  if (!arguments.device.empty()) {
    throw Error(Fault::usage, "--device " + arguments.device + ": format " + arguments.format +
                                  " has no quantiser kernel; without --device the host codec encodes it");
  }
  check_output_path("--out", arguments.out);
  ProgressBar bar("codec");
  quantize::encode_file(encoding, arguments.in, arguments.out,
                        [&](int64_t done, int64_t total) { bar.update(done, total); });
  return 0;
}

}  // namespace clinfer::cli
