#include "host/stored/quantization_config.h"

#include <algorithm>
#include <array>

#include "quant/error.h"

namespace clinfer::stored {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {"fp8",  "compressed-tensors", "modelopt", "gptq", "awq",
                                                      "mxfp4"};

graph::Meta section(const io::Checkpoint& checkpoint) {
  return checkpoint.config().object("quantization_config");
}

[[noreturn]] void fail(const io::Checkpoint& checkpoint, const std::string& what) {
  throw Error(Fault::model, checkpoint.config().file() + ": quantization_config." + what);
}

void check_packed(const io::Checkpoint& checkpoint, const graph::Meta& config) {
  const int64_t bits = config.integer_or(config.has("w_bit") ? "w_bit" : "bits", 4, 1, 64);
  if (bits != 4) fail(checkpoint, "bits is " + std::to_string(bits) + ", expected 4");
  const std::string version = config.string_or("version", "gemm");
  if (config.string_or("quant_method", "") == "awq" && version != "gemm" && version != "GEMM")
    fail(checkpoint, "version is \"" + version + "\", expected gemm");
}

}  // namespace

void check_quantization(const io::Checkpoint& checkpoint) {
  const graph::Meta config = section(checkpoint);
  if (config.empty()) return;
  const std::string method = config.string_or("quant_method", "compressed-tensors");
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
    std::string known;
    for (const std::string_view name : kMethods) known.append(known.empty() ? "" : ", ").append(name);
    fail(checkpoint, "quant_method \"" + method + "\" is not supported; known: " + known);
  }
  if (method == "gptq" || method == "awq") check_packed(checkpoint, config);
  if (!config.object("transform_config").object("config_groups").empty())
    fail(checkpoint, "transform_config: rotations of activations are not supported");
  const std::string sparse = config.object("sparsity_config").string_or("format", "dense");
  if (sparse != "dense") fail(checkpoint, "sparsity_config.format is \"" + sparse + "\", expected dense");
}

quant::PackedInt4 packed_int4(const io::Checkpoint& checkpoint) {
  const graph::Meta config = section(checkpoint);
  const std::string method = config.string_or("quant_method", "");
  if (method != "gptq" && method != "awq")
    fail(checkpoint, "quant_method is \"" + method + "\", expected gptq or awq for tensors X.qweight");
  check_packed(checkpoint, config);
  if (method == "awq") return quant::PackedInt4::awq;
  const std::string format = config.string_or("checkpoint_format", "gptq");
  if (format == "gptq") return quant::PackedInt4::gptq;
  if (format == "gptq_v2") return quant::PackedInt4::gptq_v2;
  fail(checkpoint, "checkpoint_format is \"" + format + "\", expected gptq or gptq_v2");
}

std::string method_hint(const io::Checkpoint& checkpoint) {
  const graph::Meta config = section(checkpoint);
  if (!config.has("quant_method")) return "";
  return " (quantization_config.quant_method is \"" + config.string_or("quant_method", "") + "\")";
}

}  // namespace clinfer::stored
