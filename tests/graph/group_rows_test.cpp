#include "graph/passes/group_rows.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {

int64_t group_of(const Graph& graph, const std::string& tensor) {
  for (const Value& value : graph.values) {
    if (value.weight() != nullptr && value.weight()->tensors.front() == tensor)
      return value.weight()->row_group;
  }
  return 0;
}

}  // namespace

TEST_CASE("group_rows: matrices that all their linear layers multiply with what suits") {
  Builder builder("layers");
  const ValueId ids = builder.input("ids", {DType::i32, kTokens, 1});
  const ValueId table = builder.weight("table", 64, 32);
  const ValueId x = builder.add(Embedding{}, "x", {ids, table});
  const ValueId q = builder.add(Quantize{"int8_g32"}, "q", {x});
  const ValueId a = builder.add(Linear{}, "a", {q, builder.weight("suited", 32, 32)});
  const ValueId both = builder.weight("both", 32, 32);
  const ValueId b = builder.add(Linear{}, "b", {q, both});
  const ValueId c = builder.add(Linear{}, "c", {x, both});
  const ValueId d = builder.add(Linear{}, "d", {q, builder.weight("too narrow", 8, 32)});
  const ValueId head = builder.add(Linear{}, "head", {q, builder.weight("table", 64, 32)});
  for (const ValueId out : {a, b, c, d, head}) builder.output(out, "out " + std::to_string(out));
  Graph graph = builder.finish(0);
  const int64_t count = group_rows(graph, 16, [](const Value& weight, const Type& type) {
    return !type.format.empty() && weight.weight()->rows >= 16;
  });
  CHECK(count == 2);
  CHECK(group_of(graph, "table") == 16);
  CHECK(group_of(graph, "suited") == 16);
  CHECK(group_of(graph, "both") == 1);
  CHECK(group_of(graph, "too narrow") == 1);
}
