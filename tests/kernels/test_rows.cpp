#include <doctest/doctest.h>

#include "host/kernels/value_bytes.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

void hold_caches_as(graph::Graph& graph, const std::string& format) {
  for (graph::Value& value : graph.values) {
    if (auto* cache = std::get_if<graph::Cache>(&value.source)) cache->format = format;
  }
}

Case slice_case(const std::string& format, int64_t rows, int64_t cols, int64_t offset, int64_t width) {
  std::mt19937_64 random(static_cast<uint64_t>(rows + cols + offset));
  graph::Builder b("slice");
  const auto x =
      format.empty() ? b.input("x", {graph::DType::f32, graph::kContext, cols}) : b.cache("x", cols);
  Case c;
  c.graph = finish(b, b.add(graph::Slice{offset, width}, "y", {x}));
  hold_caches_as(c.graph, format);
  c.sizes = {1, 1, rows};
  c.inputs = {normal(rows, cols, random)};
  c.name = format + " [" + std::to_string(rows) + ", " + std::to_string(cols) + "] from " +
           std::to_string(offset) + ", " + std::to_string(width) + " columns";
  return c;
}

/// Positions run backwards from `last` in steps of two.
Case append_case(const std::string& format, int64_t tokens, int64_t width, int64_t offset, int64_t cols) {
  std::mt19937_64 random(static_cast<uint64_t>(tokens + cols));
  graph::Builder b("cache_append");
  const auto cache = b.cache("cache", width);
  const auto x = b.input("x", {graph::DType::f32, graph::kTokens, cols});
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  Case c;
  const auto written = b.add(graph::CacheAppend{offset}, "y", {cache, x, positions});
  c.graph = finish(b, b.add(graph::Slice{0, width}, "read", {written}));  // a cache is no output of a graph
  hold_caches_as(c.graph, format);
  c.sizes = {tokens, tokens, 2 * tokens + 3};
  c.inputs = {integers(c.sizes.context, width, -9, 9, random), normal(tokens, cols, random),
              graph::Array(tokens, 1)};
  for (int64_t t = 0; t < tokens; ++t)
    c.inputs[2].at(t, 0) = static_cast<double>(c.sizes.context - 1 - 2 * t);
  c.name = format + " tokens=" + std::to_string(tokens) + " cols=" + std::to_string(cols) + " at " +
           std::to_string(offset) + " of " + std::to_string(width);
  return c;
}

}  // namespace

TEST_CASE("slice: matrices and caches") {
  for (const std::string format : {"", "f32", "f16"}) {
    check(slice_case(format, 1, 1, 0, 1));
    check(slice_case(format, 5, 33, 16, 17));
    check(slice_case(format, 300, 576, 0, 512));
    check(slice_case(format, 7, 576, 512, 64));
    check(slice_case(format, 3, 80, 7, 31));
  }
  summarise(graph::Slice{});
}

TEST_CASE("cache_append: f32 caches are exact") {
  check(append_case("f32", 1, 1, 0, 1));
  check(append_case("f32", 3, 80, 64, 16));
  check(append_case("f32", 7, 100, 13, 33));
  check(append_case("f32", 40, 192, 0, 192));
  summarise(graph::CacheAppend{});
}

TEST_CASE("cache_append: f16 caches round to nearest even") {
  Case c = append_case("f16", 5, 100, 13, 33);
  // Ties to even at 1 + 2^-11 and 1 + 3 * 2^-11, the largest half, what overflows, subnormals, half the
  // least.
  const double hard[] = {1 + 0x1p-11, 1 + 3 * 0x1p-11, 65504, 65520, 0x1p-24, 0x1p-25, 0x1.8p-24, -0x1p-15};
  for (int64_t i = 0; i < 8; ++i) c.inputs[1].at(2, i) = hard[i];
  graph::Array expected = c.inputs[0];
  for (int64_t t = 0; t < 5; ++t) {
    for (int64_t i = 0; i < 33; ++i) {
      expected.at(static_cast<int64_t>(c.inputs[2].at(t, 0)), 13 + i) = c.inputs[1].at(t, i);
    }
  }
  const graph::Value& cache = c.graph.value(c.graph.nodes.front().outputs[0]);
  for (const Target& target : targets()) {
    CAPTURE(target.name);
    CHECK(run(c, target, "cache_append/rows").outputs[0] == kernels::encode(cache, expected));
  }
}

TEST_CASE("select_rows") {
  uint64_t seed = 1500;
  for (const int64_t cols : {1, 17, 64, 576}) {
    std::mt19937_64 random(++seed);
    graph::Builder b("select_rows");
    const auto x = b.input("x", {graph::DType::f32, graph::kTokens, cols});
    const auto rows = b.input("rows", {graph::DType::i32, graph::kOutputs, 1});
    Case c;
    c.graph = finish(b, b.add(graph::SelectRows{}, "y", {x, rows}));
    c.sizes = {9, 3, 9};
    c.inputs = {normal(9, cols, random), integers(3, 1, 0, 8, random)};
    c.name = "cols=" + std::to_string(cols);
    check(c);
  }
  summarise(graph::SelectRows{});
}
