#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "graph/cache_row.h"
#include "graph/passes/set_cache_format.h"
#include "host/kernels/value_bytes.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// Columns [offset, offset + cols) of a cache row are written.
struct Appended {
  graph::Cache cache;  ///< its format is the test's
  int64_t tokens = 1;
  int64_t offset = 0;
  int64_t cols = 1;
};

/// Positions run backwards from the last in steps of two.
Case append_case(const Appended& s, const std::string& format) {
  std::mt19937_64 random(static_cast<uint64_t>(s.tokens + s.cols));
  graph::Builder b("cache_append");
  const auto cache = b.cache("cache", s.cache.width, s.cache.head, s.cache.tail);
  const auto x = b.input("x", {graph::DType::f32, graph::kTokens, s.cols});
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  Case c;
  const auto written = b.add(graph::CacheAppend{s.offset}, "y", {cache, x, positions});
  // A cache is no output of a graph.
  c.graph = finish(b, b.add(graph::Slice{0, s.cache.width - s.cache.tail}, "read", {written}));
  for (graph::Value& value : c.graph.values) {
    if (auto* held = std::get_if<graph::Cache>(&value.source); held != nullptr) {
      held->ring = s.cache.ring;
      held->ring_first = s.cache.ring_first;
    }
  }
  graph::set_cache_format(c.graph, format);
  c.sizes = {s.tokens, s.tokens, 2 * s.tokens + 3};
  c.inputs = {integers(c.sizes.context, s.cache.width, -9, 9, random), normal(s.tokens, s.cols, random),
              graph::Array(s.tokens, 1)};
  for (int64_t t = 0; t < s.tokens; ++t)
    c.inputs[2].at(t, 0) = static_cast<double>(c.sizes.context - 1 - 2 * t);
  c.name = format + " tokens=" + std::to_string(s.tokens) + " cols=" + std::to_string(s.cols) + " at " +
           std::to_string(s.offset) + " of " + std::to_string(s.cache.width);
  return c;
}

/// What a row of values may hold at worst: a value for each 8 columns, the rest as it was.
void spoil(graph::Array& x) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  // Ties of halves, the largest half and what overflows it, its subnormals, float denormals, huge values.
  const double values[] = {1 + 0x1p-11, 1 + 3 * 0x1p-11, 65504,          65520,    0x1p-24, 0x1p-25,
                           0x1.8p-24,   -0x1p-15,        kInf,           -kInf,    kNan,    -0.0,
                           0x1p-140,    -0x1.8p-130,     0x1.fffffep127, -0x1p126, 448,     0x1p-126};
  for (int64_t t = 0; t < x.rows; ++t) {
    for (int64_t c = 0; c < x.cols; c += 8)
      x.at(t, c) = values[static_cast<size_t>(t * 5 + c / 8) % std::size(values)];
  }
  for (int64_t c = 0; c < x.cols; ++c) {
    x.at(0, c) = 0;                                                  // zeros only
    if (x.rows > 1) x.at(1, c) = 0x1p-149 * static_cast<double>(c);  // denormals only
    if (x.rows > 2) x.at(2, c) = 0x1p-120 * static_cast<double>(c % 7 - 3);
    if (x.rows > 3) x.at(3, c) = 5 + static_cast<double>(c % 5) / 8;  // all of one sign
  }
}

/// The cache's bytes before, with the rows written by the host's codec.
kernels::Bytes written_by_host(const Case& c, int64_t offset) {
  const graph::Value& cache = c.graph.value(c.graph.nodes.front().inputs[0]);
  const quant::CacheRow row = graph::row_of(*cache.cache());
  kernels::Bytes bytes = kernels::encode(cache, c.inputs[0]);
  const graph::Array& x = c.inputs[1];
  for (int64_t t = 0; t < x.rows; ++t) {
    const std::vector<float> values(x.row(t), x.row(t) + x.cols);
    auto* to = reinterpret_cast<uint8_t*>(bytes.data()) +
               graph::row_at(*cache.cache(), static_cast<int64_t>(c.inputs[2].at(t, 0))) * row.bytes;
    quant::encode_cache_columns(graph::format_of(*cache.cache()), row, values.data(), offset, x.cols, to);
  }
  return bytes;
}

std::string first_difference(const kernels::Bytes& a, const kernels::Bytes& b, int64_t row_bytes) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    return "row " + std::to_string(static_cast<int64_t>(i) / row_bytes) + ", byte " +
           std::to_string(static_cast<int64_t>(i) % row_bytes) + ": " +
           std::to_string(std::to_integer<int>(a[i])) + ", the host's " +
           std::to_string(std::to_integer<int>(b[i]));
  }
  return {};
}

void check_bytes(const Appended& shape, const std::string& format, bool nasty) {
  Case c = append_case(shape, format);
  if (nasty) spoil(c.inputs[1]);
  const graph::Cache& cache = *c.graph.value(c.graph.nodes.front().inputs[0]).cache();
  const kernels::Bytes expected = written_by_host(c, shape.offset);
  for (const Target& target : targets()) {
    const kernels::TrialResult result = run(c, target, "cache_append/rows");
    CHECK_MESSAGE(result.overrun.empty(), c.name << " on " << target.name << ": " << result.overrun);
    const std::string difference = first_difference(result.outputs[0], expected, graph::row_of(cache).bytes);
    CHECK_MESSAGE(difference.empty(),
                  c.name << (nasty ? " nasty" : "") << " on " << target.name << ": " << difference);
  }
}

}  // namespace

TEST_CASE("cache_append writes the bytes of the host's codec, in every format") {
  const Appended shapes[] = {
      {{.width = 128, .head = 64}, 5, 0, 128},                // heads side by side
      {{.width = 120, .head = 40}, 3, 0, 120},                // groups of 8
      {{.width = 320, .head = 256, .tail = 64}, 4, 0, 256},   // a latent
      {{.width = 320, .head = 256, .tail = 64}, 4, 256, 64},  // its rotary part
      {{.width = 144, .head = 128, .tail = 16}, 19, 0, 128},
      {{.width = 128, .head = 64, .ring = 11, .ring_first = 3}, 5, 0, 128},
  };
  for (const quant::CacheFormat& format : quant::cache_formats()) {
    for (const Appended& shape : shapes) {
      check_bytes(shape, std::string(format.name), false);
      check_bytes(shape, std::string(format.name), true);
    }
  }
}

TEST_CASE("cache_append gives the reference's values") {
  for (const quant::CacheFormat& format : quant::cache_formats()) {
    const std::string name(format.name);
    check(append_case({{.width = 192, .head = 96}, 7, 0, 192}, name));
    check(append_case({{.width = 96, .head = 64, .tail = 32}, 3, 64, 32}, name));
  }
  for (const std::string plain : {"f32", "f16", "bf16"}) {
    check(append_case({{.width = 1}, 1, 0, 1}, plain));
    check(append_case({{.width = 100}, 7, 13, 33}, plain));
  }
  summarise(graph::CacheAppend{});
}

TEST_CASE("slice reads the codes and the tail of caches of every format") {
  for (const quant::CacheFormat& format : quant::cache_formats()) {
    for (const auto& [offset, width] : {std::pair{0, 128}, {32, 72}, {128, 24}, {131, 5}}) {
      std::mt19937_64 random(static_cast<uint64_t>(offset));
      graph::Builder b("slice");
      const auto x = b.cache("x", 152, 128, 24);
      Case c;
      c.graph = finish(b, b.add(graph::Slice{offset, width}, "y", {x}));
      graph::set_cache_format(c.graph, std::string(format.name));
      c.sizes = {1, 1, 9};
      c.inputs = {normal(9, 152, random)};
      c.name = std::string(format.name) + " from " + std::to_string(offset);
      check(c);
    }
  }
  summarise(graph::Slice{});
}
