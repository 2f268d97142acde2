#include <doctest/doctest.h>

#include "host/stored/quantization_config.h"
#include "tests/host_io/fault_message.h"
#include "tests/host_stored/memory_checkpoint.h"

using namespace clinfer;
using graph::MetaValue;
using test::contains;
using Object = MetaValue::Object;

namespace {

std::string fault(Object section) {
  const test::MemoryCheckpoint checkpoint(std::move(section));
  return test::fault_message(Fault::model, [&] { stored::check_quantization(checkpoint); });
}

MetaValue text(const std::string& value) {
  return MetaValue(value);
}

}  // namespace

TEST_CASE("methods that are read, and what is refused by key") {
  for (const char* known : {"fp8", "compressed-tensors", "modelopt", "gptq", "awq", "mxfp4"})
    CHECK_NOTHROW(stored::check_quantization(test::MemoryCheckpoint(Object{{"quant_method", text(known)}})));
  CHECK_NOTHROW(stored::check_quantization(test::MemoryCheckpoint()));
  CHECK(contains(fault({{"quant_method", text("bitsandbytes")}}), "known: fp8, compressed-tensors"));
  CHECK(contains(fault({{"quant_method", text("gptq")}, {"bits", MetaValue(int64_t{3})}}),
                 "bits is 3, expected 4"));
  CHECK(contains(fault({{"quant_method", text("awq")}, {"version", text("gemv")}}), "expected gemm"));
  const Object sparse = {{"format", text("sparse-bitmask")}};
  CHECK(
      contains(fault({{"quant_method", text("compressed-tensors")}, {"sparsity_config", MetaValue(sparse)}}),
               "sparsity_config.format"));
  const Object group = {{"R1", MetaValue(Object{{"type", text("hadamard")}})}};
  const Object transforms = {{"config_groups", MetaValue(group)}};
  CHECK(contains(
      fault({{"quant_method", text("compressed-tensors")}, {"transform_config", MetaValue(transforms)}}),
      "rotations"));
}
