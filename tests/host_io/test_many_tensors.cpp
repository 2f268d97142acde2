#include <doctest/doctest.h>

#include "host/io/safetensors.h"
#include "tests/host_io/safetensors_image.h"

using namespace clinfer;
using namespace clinfer::test;

TEST_CASE("a million tensors are read") {
  std::string entries;
  constexpr int kCount = 1'000'000;
  for (int i = 0; i < kCount; ++i) {
    const std::string at = std::to_string(i);
    entries += (i == 0 ? "" : ",") + entry(at, "U8", "[1]", "[" + at + "," + std::to_string(i + 1) + "]");
  }
  const std::string image = safetensors_of(entries, kCount);
  CHECK(io::parse_safetensors(std::as_bytes(std::span(image)), "x", nullptr).size() == kCount);
}
