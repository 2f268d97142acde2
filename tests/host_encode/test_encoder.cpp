#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <set>

#include "host/encode/encoder.h"
#include "quant/error.h"
#include "tests/host_encode/targets.h"
#include "tests/quant/golden.h"
#include "tests/quant/matrix.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// A matrix to encode, and where it came from.
struct Input {
  std::string name;
  int64_t rows, cols;
  std::vector<float> values;
  std::optional<float> amax;  ///< of the matrix it is part of
};

Input golden_input(const char* file) {
  const auto golden = quant::test::read_golden(file);
  const auto& x = golden.tensors.at("x");
  Input input{file, x.shape.at(0), x.shape.at(1), x.floats(), {}};
  const auto amax = golden.tensors.find("amax");
  if (amax != golden.tensors.end()) input.amax = amax->second.floats().at(0);
  return input;
}

/// Magnitudes from denormals to the largest float, in rows of one magnitude and in mixed ones, with ties,
/// zeros of both signs, Inf and NaN in some.
Input wide_input(int64_t rows, int64_t cols) {
  std::mt19937_64 random(static_cast<uint64_t>(rows * 1000 + cols));
  Input input{"wide", rows, cols, quant::test::gaussian(rows * cols, 1, 41), {}};
  for (int64_t r = 0; r < rows; ++r) {
    const int exponent = static_cast<int>(random() % 290) - 160;
    for (int64_t c = 0; c < cols; ++c) {
      float& v = input.values[static_cast<size_t>(r * cols + c)];
      v = std::ldexp(v, exponent - (r % 3 == 0 ? static_cast<int>(random() % 40) : 0));
      if (r % 4 == 1) v = std::ldexp(std::round(std::ldexp(v, -exponent) * 4), exponent - 2);
      if (random() % 97 == 0) v = std::copysign(0.0f, v);
      if (!std::isfinite(v)) v = std::copysign(0x1.fffffep127f, v);
      if (r % 8 == 7 && random() % 61 == 0) v = random() % 2 != 0 ? INFINITY : -INFINITY;
      if (r % 16 == 9 && random() % 61 == 0) v = random() % 2 != 0 ? NAN : -NAN;
    }
  }
  return input;
}

const std::vector<Input>& inputs() {
  static const std::vector<Input> all = [] {
    std::vector<Input> list;
    for (const char* file : {"mxint8", "mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4",
                             "nvfp4_mod", "nvfp4_wide", "fp8_1x128", "fp8_whole_rows", "fp8_128x128",
                             "integers", "gguf_32", "gguf_256", "gguf_last_step", "gguf_mxfp4"})
      list.push_back(golden_input(file));
    for (const auto& [rows, cols] : {std::pair{131, 77}, {140, 256}, {5, 333}, {257, 512}, {1, 1}, {3, 17}})
      list.push_back(wide_input(rows, cols));
    list.push_back({"gaussian", 200, 768, quant::test::gaussian(200 * 768, 0.02, 43), {}});
    return list;
  }();
  return all;
}

/// The default rule and every combination of one word of each kind.
std::vector<std::string> rules_of(const quant::Format& format) {
  std::vector<std::string> rules = {""};
  for (unsigned kind = 1; kind <= format.options; kind *= 2) {
    if ((format.options & kind) == 0) continue;
    const std::vector<std::string> before = rules;
    for (const std::string_view word : quant::words_of(kind)) {
      if (word == "mse") continue;  // searched on the host only
      for (const std::string& rule : before)
        rules.push_back(rule + (rule.empty() ? "" : ",") + std::string(word));
    }
  }
  return rules;
}

void check_input(encode::Encoder& encoder, const quant::Format& format, const std::string& rule,
                 const Input& input) {
  if (format.scale_type == quant::ScaleType::none && input.cols % format.group_elems != 0) return;
  quant::EncodeOptions options = quant::parse_encode_options(rule);
  options.matrix_amax = input.amax;
  const auto host = quant::test::encode_with(format, options, input.values, input.rows, input.cols);
  quant::test::Encoded device;
  device.codes.assign(host.codes.size(), 0xA5);
  device.scales.assign(host.scales.size(), 0xA5);
  encoder.encode(options, input.values.data(), input.rows, input.cols, device.codes.data(),
                 device.scales.data());
  CAPTURE(input.name);
  CAPTURE(input.rows);
  CAPTURE(input.cols);
  const auto first = [&](const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
    return std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin();
  };
  const auto code = first(host.codes, device.codes);
  const auto scale = first(host.scales, device.scales);
  CHECK_MESSAGE(code == std::ssize(host.codes), "code byte ", code, " of row ",
                code * input.rows / std::max<int64_t>(1, std::ssize(host.codes)));
  CHECK_MESSAGE(scale == std::ssize(host.scales), "scale byte ", scale);
}

void check_format(const quant::Format& format) {
  CAPTURE(format.name);
  REQUIRE(!targets().empty());
  for (const Target& target : targets()) {
    CAPTURE(target.name);
    encode::Encoder encoder(target.device, programs(), format);
    for (const std::string& rule : rules_of(format)) {
      CAPTURE(rule);
      for (const Input& input : inputs()) check_input(encoder, format, rule, input);
    }
  }
}

/// Formats whose scales lie inside their blocks (GGUF).
bool is_inline(const quant::Format& format) {
  return !format.inline_scale.empty();
}

}  // namespace

TEST_CASE("encoder: scaled formats have the host's bits on every device, for every option") {
  for (const quant::Format& format : quant::formats()) {
    if (format.scale_type != quant::ScaleType::none) check_format(format);
  }
}

TEST_CASE("encoder: GGUF blocks have the host's bits on every device, for every option") {
  for (const quant::Format& format : quant::formats()) {
    if (is_inline(format)) check_format(format);
  }
}
