#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "host/stored/scale_faults.h"
#include "quant/half.h"
#include "tests/host_stored/memory_checkpoint.h"

using namespace clinfer;
using test::MemoryCheckpoint;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

void check(const io::Checkpoint& checkpoint, const std::string& name, int64_t scales, int64_t zero,
           int64_t infinite, int64_t nan) {
  CAPTURE(name);
  const stored::ScaleFaults faults = stored::scale_faults(stored::stored_matrix(checkpoint, name));
  CHECK(faults.scales == scales);
  CHECK(faults.zero == zero);
  CHECK(faults.infinite == infinite);
  CHECK(faults.nan == nan);
}

}  // namespace

TEST_CASE("scales of 0, Inf and NaN are counted and multiplied with") {
  MemoryCheckpoint checkpoint;
  checkpoint.add("row.weight", "f8_e4m3", {4, 16}, std::vector<uint8_t>(64, 0x38));
  checkpoint.add("row.weight_scale", "f32", {4, 1}, std::vector<float>{0, kInf, kNan, -2});
  check(checkpoint, "row.weight", 4, 1, 1, 1);
  const stored::StoredMatrix m = stored::stored_matrix(checkpoint, "row.weight");
  std::vector<float> values(64);
  stored::decode_rows(m, 0, 4, values.data());
  CHECK(values[0] == 0.0f);
  CHECK(values[16] == kInf);
  CHECK(std::isnan(values[32]));
  CHECK(values[48] == -2.0f);

  checkpoint.add("mx.weight_packed", "u8", {1, 32}, std::vector<uint8_t>(32));
  checkpoint.add("mx.weight_scale", "u8", {1, 2}, std::vector<uint8_t>{0, 255});
  check(checkpoint, "mx.weight", 2, 1, 0, 1);
  checkpoint.add("nv.weight_packed", "u8", {2, 8}, std::vector<uint8_t>(16));
  checkpoint.add("nv.weight_scale", "f8_e4m3", {2, 1}, std::vector<uint8_t>{0x7F, 0x00});
  checkpoint.add("nv.weight_global_scale", "f32", {1}, std::vector<float>{0});
  check(checkpoint, "nv.weight", 3, 1, 1, 1);  // the reciprocal of 0 is Inf
}

TEST_CASE("scales inside GGUF's blocks") {
  MemoryCheckpoint checkpoint;
  std::vector<uint8_t> blocks(2 * 34);
  const uint16_t inf = quant::f32_to_f16(kInf);
  blocks[34] = static_cast<uint8_t>(inf & 255);
  blocks[35] = static_cast<uint8_t>(inf >> 8);
  checkpoint.add("q.weight", "q8_0", {2, 32}, blocks);
  check(checkpoint, "q.weight", 2, 1, 1, 0);
  checkpoint.add("mx.weight", "gguf_mxfp4", {1, 32}, std::vector<uint8_t>(17, 255));
  check(checkpoint, "mx.weight", 1, 0, 0, 1);
  checkpoint.add("f.weight", "f32", {1, 1}, std::vector<float>{0});
  check(checkpoint, "f.weight", 0, 0, 0, 0);
}
