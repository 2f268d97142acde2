#include <doctest/doctest.h>

#include "graph/passes/find_rotations.h"
#include "quant/error.h"

using namespace clinfer;
using namespace clinfer::graph;

namespace {

/// A stream of 16 columns, and what `build` makes of it as logits.
template <class Build>
Graph stream(const Build& build) {
  Builder b("main");
  const ValueId ids = b.input("ids", {DType::i32, kTokens, 1});
  const ValueId table = b.weight("table", 10, 16);
  const ValueId x = b.add(Embedding{}, "embed", {ids, table});
  b.output(build(b, x, table), "logits");
  return b.finish(0);
}

std::string refusal(const Graph& graph) {
  Rotations rotations;
  try {
    add_residual_rotation(graph, rotations);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("rotations: a normed stream, its writers and a tied head") {
  const Graph graph = stream([](Builder& b, ValueId x, ValueId table) {
    const ValueId normed = b.add(RmsNorm{1e-6f}, "norm", {x, b.vector("norm.weight", 16)});
    const ValueId y =
        b.add(Linear{}, "linear", {normed, b.weight("linear.weight", 16, 16), b.vector("linear.bias", 16)});
    const ValueId sum = b.add(Add{}, "sum", {x, y});
    const ValueId last = b.add(RmsNorm{1e-6f}, "last", {sum, b.vector("last.weight", 16)});
    return b.add(Linear{}, "head", {last, table});
  });
  Rotations rotations;
  add_residual_rotation(graph, rotations);
  const quant::Rotation stream{16, 0, 16};
  CHECK(rotations.tensors.at("table") == TensorChange{false, "", stream, {}});
  CHECK(rotations.tensors.at("linear.weight") == TensorChange{false, "norm.weight", stream, stream});
  CHECK(rotations.tensors.at("linear.bias") == TensorChange{false, "", {}, stream});
  CHECK(rotations.tensors.at("norm.weight").ones);
  CHECK(rotations.tensors.at("last.weight").ones);
  REQUIRE(rotations.untied.size() == 1);
  CHECK(rotations.untied[0].name == "head.weight");
  CHECK(rotations.untied[0].source == "table");
  CHECK(rotations.untied[0].change == TensorChange{false, "last.weight", stream, {}});
}

TEST_CASE("rotations: other uses of the stream are refused by name") {
  CHECK(refusal(stream([](Builder& b, ValueId x, ValueId) {
          return b.add(Linear{}, "bare", {x, b.weight("w", 8, 16)});
        })) == "the residual stream cannot be rotated: bare reads it without a norm");
  CHECK(refusal(stream([](Builder&, ValueId x, ValueId) { return x; })) ==
        "the residual stream cannot be rotated: embed is an output of the graph");
  CHECK(refusal(stream([](Builder& b, ValueId x, ValueId) {
          return b.add(RmsNorm{1e-6f}, "norm", {x, b.vector("n", 16)});
        })) == "the residual stream cannot be rotated: norm is an output of the graph");
  CHECK(refusal(stream([](Builder& b, ValueId x, ValueId) {
          return b.add(RmsNorm{1e-6f}, "heads", {x, b.vector("n", 4)});
        })) == "the residual stream cannot be rotated: heads norms parts of it");
  CHECK(refusal(stream([](Builder& b, ValueId x, ValueId table) {
          const ValueId normed = b.add(RmsNorm{1e-6f}, "norm", {x, b.vector("n", 16)});
          const ValueId y = b.add(RmsNorm{1e-6f}, "post", {normed, b.vector("p", 16)});
          return b.add(Linear{}, "head", {b.add(Add{}, "sum", {x, y}), table});
        })) == "the residual stream cannot be rotated: post reads it, and is no linear layer");
}
