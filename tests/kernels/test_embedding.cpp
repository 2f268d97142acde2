#include <doctest/doctest.h>

#include "quant/format.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

TEST_CASE("embedding: every format, whole and ragged rows") {
  uint64_t seed = 400;
  for (const quant::Format& format : quant::device_formats()) {
    for (const int64_t wanted : {1, 31, 64, 112, 576}) {
      const int64_t cols = (wanted + format.group_elems - 1) / format.group_elems * format.group_elems;
      const int64_t tokens = 1 + static_cast<int64_t>(seed % 70);
      std::mt19937_64 random(++seed);
      graph::Builder builder("embedding");
      const auto ids = builder.input("ids", {graph::DType::i32, graph::kTokens, 1});
      const auto table = builder.weight("table", 301, cols);
      const auto y = builder.add(graph::Embedding{seed % 3 == 0 ? 12.5f : 1.0f}, "y", {ids, table});
      Case c;
      c.graph = finish(builder, y, std::string(format.name));
      c.sizes = {tokens, tokens, tokens};
      c.inputs = {integers(tokens, 1, 0, 300, random), normal(301, cols, random)};
      c.inputs[0].at(0, 0) = 300;
      c.name =
          std::string(format.name) + " tokens=" + std::to_string(tokens) + " cols=" + std::to_string(cols);
      c.seed = seed;
      check(c);
    }
  }
  summarise(graph::Embedding{});
}
