#include <doctest/doctest.h>

#include <random>

#include "host/stored/stored_matrix.h"
#include "tests/host_io/fault_message.h"
#include "tests/host_stored/memory_checkpoint.h"

using namespace clinfer;
using test::MemoryCheckpoint;

namespace {

/// A weight [n, k] of 4-bit codes in groups, and its values.
struct Weight {
  int64_t n, k, group;
  std::vector<int> codes, zeros, order;  ///< [n, k], [n, groups]; the group of each column
  std::vector<float> scales;             ///< [n, groups]

  Weight(int64_t rows, int64_t cols, int64_t of) : n(rows), k(cols), group(of) {
    std::mt19937 random(7);
    for (int64_t i = 0; i < n * k; ++i) codes.push_back(static_cast<int>(random() % 16));
    for (int64_t i = 0; i < n * (k / group); ++i) {
      zeros.push_back(static_cast<int>(random() % 16));
      scales.push_back(static_cast<float>(1 + random() % 100) / 64);
    }
    for (int64_t i = 0; i < k; ++i) order.push_back(static_cast<int>(i / group));
  }
  int64_t groups() const { return k / group; }
  std::vector<float> values() const {
    std::vector<float> all;
    for (int64_t i = 0; i < n * k; ++i) {
      const auto g = static_cast<size_t>(i / k * groups() + order[static_cast<size_t>(i % k)]);
      all.push_back(static_cast<float>(codes[static_cast<size_t>(i)] - zeros[g]) * scales[g]);
    }
    return all;
  }
};

void put_nibble(std::vector<int32_t>& words, int64_t word, int64_t nibble, int code) {
  auto bits = static_cast<uint32_t>(words[static_cast<size_t>(word)]);
  words[static_cast<size_t>(word)] =
      static_cast<int32_t>(bits | static_cast<uint32_t>(code & 15) << (4 * nibble));
}

/// Words along the columns n of a matrix [rows, n] that is the transpose of values [n, rows].
std::vector<int32_t> along_n(const std::vector<int>& values, int64_t n, int64_t rows, bool awq, int add) {
  constexpr int kColumn[8] = {0, 2, 4, 6, 1, 3, 5, 7};
  std::vector<int32_t> words(static_cast<size_t>(rows * n / 8));
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t word = 0; word < n / 8; ++word) {
      for (int64_t i = 0; i < 8; ++i) {
        const int64_t col = 8 * word + (awq ? kColumn[i] : i);
        put_nibble(words, row * (n / 8) + word, i, values[static_cast<size_t>(col * rows + row)] + add);
      }
    }
  }
  return words;
}

graph::MetaValue::Object method(const std::string& name) {
  return {{"quant_method", graph::MetaValue(name)}, {"bits", graph::MetaValue(int64_t{4})}};
}

MemoryCheckpoint gptq(const Weight& w) {
  MemoryCheckpoint checkpoint(method("gptq"));
  std::vector<int32_t> codes(static_cast<size_t>(w.k / 8 * w.n));
  std::vector<float> scales;
  for (int64_t k = 0; k < w.k; ++k) {
    for (int64_t n = 0; n < w.n; ++n)
      put_nibble(codes, k / 8 * w.n + n, k % 8, w.codes[static_cast<size_t>(n * w.k + k)]);
  }
  for (int64_t g = 0; g < w.groups(); ++g) {
    for (int64_t n = 0; n < w.n; ++n) scales.push_back(w.scales[static_cast<size_t>(n * w.groups() + g)]);
  }
  checkpoint.add("x.qweight", "i32", {w.k / 8, w.n}, codes);
  checkpoint.add("x.qzeros", "i32", {w.groups(), w.n / 8}, along_n(w.zeros, w.n, w.groups(), false, -1));
  checkpoint.add("x.scales", "f32", {w.groups(), w.n}, scales);
  checkpoint.add("x.g_idx", "i32", {w.k}, w.order);
  return checkpoint;
}

MemoryCheckpoint awq(const Weight& w) {
  MemoryCheckpoint checkpoint(method("awq"));
  std::vector<float> scales;
  for (int64_t g = 0; g < w.groups(); ++g) {
    for (int64_t n = 0; n < w.n; ++n) scales.push_back(w.scales[static_cast<size_t>(n * w.groups() + g)]);
  }
  checkpoint.add("x.qweight", "i32", {w.k, w.n / 8}, along_n(w.codes, w.n, w.k, true, 0));
  checkpoint.add("x.qzeros", "i32", {w.groups(), w.n / 8}, along_n(w.zeros, w.n, w.groups(), true, 0));
  checkpoint.add("x.scales", "f32", {w.groups(), w.n}, scales);
  return checkpoint;
}

void check(const io::Checkpoint& checkpoint, const Weight& w, const std::string& format) {
  const stored::StoredMatrix m = stored::stored_matrix(checkpoint, "x.weight");
  CHECK(m.format->name == format);
  REQUIRE(m.rows == w.n);
  REQUIRE(m.cols == w.k);
  std::vector<float> values(static_cast<size_t>(w.n * w.k));
  stored::decode_rows(m, 0, w.n, values.data());
  CHECK(values == w.values());
}

}  // namespace

TEST_CASE("GPTQ and AWQ checkpoints: every group size, with the values of the file") {
  for (const auto& [group, format] : {std::pair<int64_t, const char*>{128, "int4_g128_asym"},
                                      {256, "int4_g128_asym"},
                                      {64, "int8_g32"},
                                      {32, "int8_g32"},
                                      {16, "f32"}}) {
    CAPTURE(group);
    const Weight weight(24, 256, group);
    check(gptq(weight), weight, format);
    check(awq(weight), weight, format);
  }
}

TEST_CASE("GPTQ with reordered columns is decoded") {
  Weight weight(16, 256, 128);
  for (size_t i = 0; i < weight.order.size(); ++i) weight.order[i] = i % 2 == 0;
  check(gptq(weight), weight, "f32");
  weight.order[3] = 2;
  const std::string message =
      test::fault_message(Fault::model, [&] { stored::stored_matrix(gptq(weight), "x.weight"); });
  CHECK(message.find("x.g_idx names a group that is not there") != std::string::npos);
}

TEST_CASE("4-bit words need a method that says how they lie") {
  const Weight weight(16, 256, 128);
  MemoryCheckpoint checkpoint;
  checkpoint.add("x.qweight", "i32", {32, 16}, std::vector<int32_t>(512));
  checkpoint.add("x.qzeros", "i32", {2, 2}, std::vector<int32_t>(4));
  checkpoint.add("x.scales", "f32", {2, 16}, std::vector<float>(32));
  const std::string message =
      test::fault_message(Fault::model, [&] { stored::stored_matrix(checkpoint, "x.weight"); });
  CHECK(message.find("expected gptq or awq") != std::string::npos);
}
