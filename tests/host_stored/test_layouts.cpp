#include <doctest/doctest.h>

#include "host/stored/stored_matrix.h"
#include "quant/half.h"
#include "tests/host_io/fault_message.h"
#include "tests/host_stored/memory_checkpoint.h"

using namespace clinfer;
using test::contains;
using test::MemoryCheckpoint;

namespace {

using Bytes = std::vector<uint8_t>;

std::vector<float> decoded(const io::Checkpoint& checkpoint, const std::string& name) {
  const stored::StoredMatrix m = stored::stored_matrix(checkpoint, name);
  const stored::StoredMatrix shape = stored::stored_shape(checkpoint, name);
  CHECK(shape.format == m.format);
  CHECK(shape.rows == m.rows);
  CHECK(shape.cols == m.cols);
  std::vector<float> values(static_cast<size_t>(m.rows * m.cols));
  stored::decode_rows(m, 0, m.rows, values.data());
  return values;
}

std::string format_of(const io::Checkpoint& checkpoint, const std::string& name) {
  return std::string(stored::stored_shape(checkpoint, name).format->name);
}

/// Bytes 0, step, 2 step, ...
Bytes ramp(size_t count, uint8_t step) {
  Bytes bytes(count);
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(i * step);
  return bytes;
}

std::string fault(const io::Checkpoint& checkpoint, const std::string& name) {
  return test::fault_message(Fault::model, [&] { stored::stored_matrix(checkpoint, name); });
}

}  // namespace

TEST_CASE("FP8: the shape of the scales says what they are for") {
  struct Row {
    const char* scale;
    std::vector<int64_t> shape;
    const char* format;
  };
  const Row rows[] = {{"_scale_inv", {2, 2}, "fp8_e4m3_128x128"}, {"_scale", {2, 2}, "fp8_e4m3_128x128"},
                      {"_scale", {}, "fp8_e4m3_tensor"},          {"_scale", {1}, "fp8_e4m3_tensor"},
                      {"_scale", {130, 1}, "fp8_e4m3_row"},       {"_scale", {130}, "fp8_e4m3_row"},
                      {"_scale", {130, 2}, "fp8_e4m3_1x128"}};
  for (const Row& row : rows) {
    MemoryCheckpoint checkpoint;
    checkpoint.add("x.weight", "f8_e4m3", {130, 160}, Bytes(130 * 160, 0x38));  // 1
    int64_t count = 1;
    for (const int64_t dim : row.shape) count *= dim;
    const std::vector<uint16_t> scales(static_cast<size_t>(count), quant::f32_to_bf16(0.5f));
    checkpoint.add(std::string("x.weight") + row.scale, "bf16", row.shape, scales);
    CHECK(format_of(checkpoint, "x.weight") == row.format);
    const std::vector<float> values = decoded(checkpoint, "x.weight");
    CHECK(std::all_of(values.begin(), values.end(), [](float value) { return value == 0.5f; }));
  }
  MemoryCheckpoint mx;
  mx.add("x.weight", "f8_e5m2", {2, 64}, Bytes(128, 0x3C));  // 1
  mx.add("x.weight_scale", "u8", {2, 2}, Bytes{127, 128, 129, 126});
  CHECK(format_of(mx, "x.weight") == "mxfp8_e5m2");
  CHECK(decoded(mx, "x.weight")[32] == 2.0f);
}

TEST_CASE("NVFP4: a multiplier in one convention, its reciprocal in the other") {
  const Bytes codes(2 * 16, 0x22);  // 1, 1
  const Bytes scales(4, 0x38);      // 1
  MemoryCheckpoint checkpoint;
  checkpoint.add("a.weight", "u8", {2, 16}, codes);
  checkpoint.add("a.weight_scale", "f8_e4m3", {2, 2}, scales);
  checkpoint.add("a.weight_scale_2", "f32", {}, std::vector<float>{0.25f});
  checkpoint.add("b.weight_packed", "u8", {2, 16}, codes);
  checkpoint.add("b.weight_scale", "f8_e4m3", {2, 2}, scales);
  checkpoint.add("b.weight_global_scale", "f32", {1}, std::vector<float>{4.0f});
  for (const char* name : {"a.weight", "b.weight"}) {
    CHECK(format_of(checkpoint, name) == "nvfp4");
    CHECK(decoded(checkpoint, name) == std::vector<float>(64, 0.25f));
  }
  MemoryCheckpoint lacks;
  lacks.add("a.weight", "u8", {2, 16}, codes);
  lacks.add("a.weight_scale", "f8_e4m3", {2, 2}, scales);
  CHECK(contains(fault(lacks, "a.weight"), "a.weight_scale_2"));
}

TEST_CASE("MX codes beside E8M0 bytes, packed by name or in blocks") {
  MemoryCheckpoint checkpoint;
  checkpoint.add("a.weight_packed", "u8", {1, 32}, ramp(32, 7));
  checkpoint.add("a.weight_scale", "u8", {1, 2}, Bytes{127, 128});
  checkpoint.add("a6.weight_packed", "u8", {1, 48}, ramp(48, 5));
  checkpoint.add("a6.weight_scale", "u8", {1, 2}, Bytes{127, 128});
  checkpoint.add("experts.up_blocks", "u8", {2, 1, 2, 16}, ramp(64, 3));
  checkpoint.add("experts.up_scales", "u8", {2, 1, 2}, Bytes{127, 127, 127, 128});
  CHECK(format_of(checkpoint, "a.weight") == "mxfp4");
  CHECK(decoded(checkpoint, "a.weight").size() == 64);
  CHECK(decoded(checkpoint, "a.weight")[2] == 6.0f);   // byte 7, low nibble first
  CHECK(decoded(checkpoint, "a.weight")[4] == -4.0f);  // byte 14
  CHECK(format_of(checkpoint, "a6.weight") == "mxfp6_e2m3");
  CHECK(decoded(checkpoint, "a6.weight").size() == 64);
  const stored::StoredMatrix stack = stored::stored_shape(checkpoint, "experts.up.weight");
  CHECK(stack.matrices == 2);
  CHECK(stack.rows == 2);
  CHECK(stack.cols == 64);
}

TEST_CASE("a parameter [experts, in, out] of floats is a stack of [out, in]") {
  MemoryCheckpoint checkpoint;
  checkpoint.add("experts.up", "f32", {2, 3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const stored::StoredMatrix shape = stored::stored_shape(checkpoint, "experts.up.weight");
  CHECK(shape.matrices == 2);
  CHECK(shape.rows == 4);
  CHECK(shape.cols == 3);
  CHECK(format_of(checkpoint, "experts.up.weight") == "f32");
  CHECK(decoded(checkpoint, "experts.up.weight") ==
        std::vector<float>{1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12});
  checkpoint.add("flat", "f32", {2, 2}, std::vector<float>{1, 2, 3, 4});
  CHECK(!stored::find_shape(checkpoint, "flat.weight"));
}

TEST_CASE("int8: groups that no format has become smaller ones with the same values") {
  std::vector<int8_t> codes(2 * 192);
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<int8_t>(i * 5);
  struct Row {
    int64_t groups;
    const char* format;
  };
  for (const Row& row : {Row{1, "int8_row"}, Row{3, "int8_g32"}, Row{6, "int8_g32"}, Row{12, "f32"}}) {
    MemoryCheckpoint checkpoint;
    std::vector<float> scales;
    for (int64_t i = 0; i < 2 * row.groups; ++i) scales.push_back(0.5f + static_cast<float>(i));
    checkpoint.add("x.weight", "i8", {2, 192}, codes);
    checkpoint.add("x.weight_scale", "f32", {2, row.groups}, scales);
    CHECK(format_of(checkpoint, "x.weight") == row.format);
    const std::vector<float> values = decoded(checkpoint, "x.weight");
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t group =
          i / 192 * static_cast<size_t>(row.groups) + i % 192 / (192 / static_cast<size_t>(row.groups));
      REQUIRE(values[i] == static_cast<float>(codes[i]) * scales[group]);
    }
  }
}

TEST_CASE("parts that do not fit are named with what was expected") {
  MemoryCheckpoint checkpoint;
  checkpoint.add("a.weight", "f8_e4m3", {4, 64}, Bytes(256));
  checkpoint.add("a.weight_scale", "f32", {3}, std::vector<float>(3));
  CHECK(contains(fault(checkpoint, "a.weight"), "a.weight_scale must be F32"));
  checkpoint.add("b.weight_packed", "u8", {1, 32}, Bytes(32));
  checkpoint.add("b.weight_scale", "u8", {1, 3}, Bytes(3));
  CHECK(contains(fault(checkpoint, "b.weight"), "b.weight_scale must be u8 or f8_e8m0 [1, 2]"));
  checkpoint.add("c.weight_packed", "i32", {1, 8}, std::vector<int32_t>(8));
  checkpoint.add("c.weight_scale", "f32", {1, 1}, std::vector<float>(1));
  CHECK(contains(fault(checkpoint, "c.weight"), "weight_shape"));
  checkpoint.add("c.weight_shape", "i64", {2}, std::vector<int64_t>{1, 1000});
  CHECK(contains(fault(checkpoint, "c.weight"), "says [1, 1000]"));
  checkpoint.add("e8.weight", "f8_e4m3", {}, Bytes(1));
  checkpoint.add("e8.weight_scale", "f32", {}, std::vector<float>(1));
  CHECK(contains(fault(checkpoint, "e8.weight"), "expected a matrix of codes"));
  checkpoint.add("e0.weight", "i8", {0, 4}, Bytes());
  checkpoint.add("e0.weight_scale", "f32", {0, 1}, std::vector<float>());
  CHECK(contains(fault(checkpoint, "e0.weight"), "is [0, 4], expected a matrix of codes"));
  checkpoint.add("d.weight", "i64", {2}, std::vector<int64_t>(2));
  CHECK(contains(fault(checkpoint, "d.weight"), "is i64, which is not a weight format"));
  CHECK(contains(fault(checkpoint, "e.weight"), "needs tensor e.weight"));
  checkpoint.add("f.weight", "i8", {2, 32}, std::vector<int8_t>(64));
  checkpoint.add("f.weight_scale", "f32", {2, 1}, std::vector<float>(2));
  checkpoint.add("f.weight_zero_point", "i8", {2, 1}, std::vector<int8_t>{0, 1});
  CHECK(contains(fault(checkpoint, "f.weight"), "expected symmetric int8"));
}
