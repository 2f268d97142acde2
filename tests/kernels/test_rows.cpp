#include <doctest/doctest.h>

#include "graph/passes/set_cache_format.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

Case slice_case(const std::string& format, int64_t rows, int64_t cols, int64_t offset, int64_t width) {
  std::mt19937_64 random(static_cast<uint64_t>(rows + cols + offset));
  graph::Builder b("slice");
  const auto x =
      format.empty() ? b.input("x", {graph::DType::f32, graph::kContext, cols}) : b.cache("x", cols);
  Case c;
  c.graph = finish(b, b.add(graph::Slice{offset, width}, "y", {x}));
  if (!format.empty()) graph::set_cache_format(c.graph, format);
  c.sizes = {1, 1, rows};
  c.inputs = {normal(rows, cols, random)};
  c.name = format + " [" + std::to_string(rows) + ", " + std::to_string(cols) + "] from " +
           std::to_string(offset) + ", " + std::to_string(width) + " columns";
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
