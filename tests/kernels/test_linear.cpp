#include <doctest/doctest.h>

#include "quant/format.h"
#include "tests/kernels/linear_case.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// The formats of include/units.clh, which few tokens on a GPU are computed with.
constexpr const char* kWithUnits[] = {"f32",    "f16",  "bf16", "fp8_e4m3_128x128",
                                      "mxint8", "q8_0", "q4_0", "q4_1"};

/// Columns a format can hold: a multiple of its group.
int64_t fit(const quant::Format& format, int64_t cols) {
  return (cols + format.group_elems - 1) / format.group_elems * format.group_elems;
}

}  // namespace

TEST_CASE("linear: shapes round the tiles' edges") {
  const LinearShape shapes[] = {{1, 1, 1},    {1, 7, 24},   {2, 31, 32},   {3, 33, 112},  {8, 65, 130},
                                {9, 64, 256}, {17, 63, 48}, {67, 129, 33}, {64, 64, 128}, {11, 200, 576}};
  uint64_t seed = 1;
  for (const std::string name : kWithUnits) {
    for (LinearShape shape : shapes) {
      shape.cols = fit(*quant::find_format(name), shape.cols);
      ++seed;
      check(linear_case(name, "", shape, seed % 2 == 0, seed));
    }
  }
  summarise(graph::Linear{},
            {"for int8 activations", "for 2^26 multiplications or more", "for up to 8 tokens",
             "for weights in fp8_e4m3_128x128 and activations in fp8_e4m3_1x128"});
}

TEST_CASE("linear: every format, few tokens and many, whole blocks and ragged rows") {
  uint64_t seed = 100;
  for (const quant::Format& format : quant::device_formats()) {
    for (LinearShape shape : {LinearShape{3, 33, 144}, LinearShape{67, 66, 333}}) {
      shape.cols = fit(format, shape.cols);
      ++seed;
      check(linear_case(std::string(format.name), "", shape, seed % 2 == 0, seed));
    }
  }
}

TEST_CASE("linear: special values of codes and scales") {
  for (const quant::Format& format : quant::device_formats()) {
    const int64_t cols = fit(format, 64);
    for (const int64_t tokens : {int64_t{1}, int64_t{9}}) {
      Case c = linear_case(std::string(format.name), "", {tokens, 6, cols}, false, 77);
      graph::Array& w = c.inputs[1];
      w.at(0, 3) = std::numeric_limits<double>::quiet_NaN();
      w.at(1, 40) = std::numeric_limits<double>::infinity();
      for (int64_t col = 0; col < cols; ++col) w.at(2, col) = 0.0;
      for (int64_t col = 0; col < cols; ++col) w.at(3, col) = 1e-4 * static_cast<double>(col);
      w.at(3, 0) = 1.0;  // leaves subnormal codes for the rest
      check(c);
    }
  }
}

TEST_CASE("linear/rows: a token's bits do not depend on the other tokens") {
  for (const std::string name : kWithUnits) {
    for (const int64_t tokens : {int64_t{2}, int64_t{3}, int64_t{7}}) {
      const Case together = linear_case(name, "", {tokens, 37, 1184}, true, 5);
      for (const Target& target : targets()) {
        const auto all = run(together, target, "linear/rows").outputs[0];
        for (const int64_t t : {int64_t{0}, tokens - 1}) {
          Case alone = linear_case(name, "", {1, 37, 1184}, true, 5);
          alone.inputs = together.inputs;
          alone.inputs[0] = graph::Array(1, 1184);
          std::copy_n(together.inputs[0].row(t), 1184, alone.inputs[0].row(0));
          const auto one = run(alone, target, "linear/rows").outputs[0];
          const auto bytes = static_cast<ptrdiff_t>(one.size());
          CHECK_MESSAGE(std::equal(one.begin(), one.end(), all.begin() + t * bytes),
                        target.name << ", " << name << ", token " << t << " of " << tokens);
        }
      }
    }
  }
}

TEST_CASE("linear/rows: long rows, every number of tokens") {
  uint64_t seed = 500;
  for (const std::string format : kWithUnits) {
    for (int64_t tokens = 1; tokens <= 8; tokens += seed % 3 + 1) {
      ++seed;
      check(linear_case(format, "", {tokens, 21, 2336 + 32 * (tokens % 2)}, tokens % 2 == 0, seed));
    }
  }
}
