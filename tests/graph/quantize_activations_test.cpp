#include "graph/passes/quantize_activations.h"

#include <doctest/doctest.h>

#include "graph/passes/choose_formats.h"
#include "graph/passes/join_residuals.h"
#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {

/// x [tokens, 128] is read by layers "a" and "b" and by "head"; b's result by experts, by way of a router.
Graph layers(const std::string& head_format = "bf16") {
  Builder builder("layers");
  const ValueId x = builder.input("x", {DType::f32, kTokens, 128});
  const ValueId a = builder.add(Linear{}, "a", {x, builder.weight("a.weight", 128, 128)});
  const ValueId b = builder.add(Linear{}, "b", {x, builder.weight("b.weight", 128, 128)});
  const ValueId head = builder.add(Linear{}, "head", {x, builder.weight("head.weight", 8, 128)});
  const ValueId ids = builder.input("ids", {DType::i32, kTokens, 2});
  const ValueId e =
      builder.add(ExpertLinear{}, "e", {b, ids, builder.expert_weight("e.weights", {"e"}, 4, 64, 128)});
  const ValueId f = builder.add(ExpertLinear{.per_slot = true}, "f",
                                {e, ids, builder.expert_weight("f.weights", {"f"}, 4, 128, 64)});
  builder.output(a, "a");
  builder.output(head, "head");
  builder.output(f, "f");
  Graph graph = builder.finish(0);
  choose_formats(graph, "keep",
                 [&](const std::string& tensor) { return tensor == "head.weight" ? head_format : "mxint8"; });
  return graph;
}

const Value& operand_of(const Graph& graph, const std::string& name) {
  for (const Node& node : graph.nodes) {
    if (node.name == name) return graph.value(node.inputs[0]);
  }
  throw clinfer::Error(clinfer::Fault::run, "no node " + name);
}

}  // namespace

TEST_CASE("quantize_activations: one for all that read a value, none where weights are plain") {
  Graph graph = layers();
  const size_t nodes = graph.nodes.size();
  CHECK(quantize_activations(graph, "int8_g32") == 3);
  CHECK(graph.nodes.size() == nodes + 3);
  CHECK(operand_of(graph, "a").name == "x.quantized");
  CHECK(operand_of(graph, "b").name == "x.quantized");
  CHECK(operand_of(graph, "head").name == "x");
  CHECK(operand_of(graph, "e").type.format == "int8_g32");
  CHECK(operand_of(graph, "f").type.format == "int8_g32");
}

TEST_CASE("quantize_activations: slots that do not fill blocks stay plain") {
  Graph graph = layers();
  CHECK(quantize_activations(graph, "fp8_e4m3_1x128") == 2);
  CHECK(operand_of(graph, "e").type.format == "fp8_e4m3_1x128");
  CHECK(operand_of(graph, "f").type.format.empty());
}

TEST_CASE("quantize_activations: bf16 is also for weights of 16 bits, and for slots of any width") {
  Graph graph = layers();
  CHECK(quantize_activations(graph, "bf16") == 3);
  for (const char* name : {"a", "head", "e", "f"}) CHECK(operand_of(graph, name).type.format == "bf16");
  graph = layers("f32");
  CHECK(quantize_activations(graph, "bf16") == 3);
  CHECK(operand_of(graph, "a").type.format == "bf16");
  CHECK(operand_of(graph, "head").type.format.empty());
}

TEST_CASE("quantize_activations refuses what is not a format of activations") {
  Graph graph = layers();
  CHECK(error_of([&] { quantize_activations(graph, "q4_0"); }) ==
        "activations.format \"q4_0\" is not a format of activations");
}

TEST_CASE("quantize_activations: norms and gated units round their own results") {
  Builder builder("block");
  const ValueId x = builder.input("x", {DType::f32, kTokens, 64});
  const ValueId other = builder.input("other", {DType::f32, kTokens, 64});
  const ValueId weight = builder.vector("norm", 64);
  const auto layer = [&](const char* name, ValueId from) {
    return builder.add(Linear{}, name, {from, builder.weight(std::string(name) + ".weight", 64, 64)});
  };
  const ValueId sum = builder.add(Add{}, "sum", {x, other});
  const ValueId shared = builder.add(RmsNorm{}, "shared", {sum, weight});
  const ValueId gated = builder.add(Glu{}, "gated", {layer("gate", shared), layer("up", shared)});
  const ValueId down = layer("down", gated);
  const ValueId lone = builder.add(RmsNorm{}, "lone", {down, weight});
  const ValueId seen = builder.add(Glu{}, "seen", {layer("last", lone), shared});
  builder.output(layer("end", seen), "end");
  builder.output(seen, "seen");
  Graph graph = builder.finish(0);
  choose_formats(graph, "keep", [](const std::string&) { return std::string("q8_0"); });

  CHECK(quantize_activations(graph, "int8_g32") == 4);
  for (const char* name : {"gate", "up", "down", "last", "end"})
    CHECK(operand_of(graph, name).type.format == "int8_g32");
  CHECK(operand_of(graph, "gate").name == "shared.quantized");
  CHECK(operand_of(graph, "down").name == "gated");
  CHECK(operand_of(graph, "last").name == "lone");
  CHECK(operand_of(graph, "end").name == "seen.quantized");
  std::vector<std::string> quantizes;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<Quantize>(node.op)) quantizes.push_back(node.name);
  }
  CHECK(quantizes == std::vector<std::string>{"seen.quantized"});

  CHECK(join_residuals(graph) == 1);
  const Node& joined = graph.nodes.front();
  CHECK(joined.outputs.size() == 3);
  CHECK(graph.value(joined.outputs[0]).name == "shared.quantized");
  CHECK(graph.value(joined.outputs[1]).name == "sum");
  CHECK(graph.value(joined.outputs[2]).name == "shared");
}
