#include <doctest/doctest.h>

#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

TEST_CASE("gated_sum: one to three branches, heads of odd sizes") {
  uint64_t seed = 60;
  for (const int64_t branches : {1, 2, 3}) {
    for (const int64_t dim : {1, 7, 64, 100}) {
      std::mt19937_64 random(++seed);
      constexpr int64_t kHeads = 3, kRows = 5;
      graph::Builder b("gated_sum");
      Case c;
      std::vector<graph::ValueId> inputs = {
          b.input("gates", {graph::DType::f32, graph::kTokens, branches * kHeads})};
      c.inputs.push_back(normal(kRows, branches * kHeads, random));
      for (int64_t i = 0; i < branches; ++i) {
        inputs.push_back(b.input("y" + std::to_string(i), {graph::DType::f32, graph::kTokens, kHeads * dim}));
        c.inputs.push_back(normal(kRows, kHeads * dim, random));
      }
      c.graph = finish(b, b.add(graph::GatedSum{kHeads}, "y", inputs));
      c.sizes = {kRows, kRows, kRows};
      c.name = std::to_string(branches) + " branches, dim " + std::to_string(dim);
      c.seed = seed;
      check(c);
    }
  }
  summarise(graph::GatedSum{});
}
