#include "host/run/kernel_question.h"

#include <algorithm>
#include <random>

#include "host/kernels/tolerance.h"
#include "host/kernels/value_bytes.h"

namespace clinfer::run {
namespace {

using graph::Array;
using graph::Graph;
using graph::Value;

constexpr int64_t kMostRows = 48;  ///< of a weight: some tiles, and the rest of one
constexpr int64_t kMostBlockRows = 128;
constexpr int64_t kMostHeads = 4;

void set_rows(Value& value, int64_t rows) {
  auto& weight = std::get<graph::Weight>(value.source);
  weight.rows = rows;
  value.type.rows.factor = weight.experts * rows;
}

// shrink(op, operands) makes the operands of a node small where the op allows it.

template <typename Op>
void shrink(Op&, const std::vector<Value*>&) {}

void shrink(graph::Embedding&, const std::vector<Value*>& in) {
  set_rows(*in[1], std::min(in[1]->weight()->rows, kMostRows));
}

void shrink(graph::Linear&, const std::vector<Value*>& in) {
  const int64_t rows = std::min(in[1]->weight()->rows, kMostRows);
  set_rows(*in[1], rows);
  if (in.size() < 3) return;
  std::get<graph::Weight>(in[2]->source).cols = rows;
  in[2]->type.cols = rows;
}

/// Two matrices to whole blocks of every format of activations.
void shrink(graph::Glu&, const std::vector<Value*>& in) {
  for (size_t i = 1; in.size() == 3 && i < 3; ++i)
    set_rows(*in[i], std::min(in[i]->weight()->rows, kMostBlockRows));
}

void shrink(graph::ExpertLinear&, const std::vector<Value*>& in) {
  auto& weight = std::get<graph::Weight>(in[2]->source);
  weight.experts = std::min(weight.experts, std::max<int64_t>(in[1]->type.cols + 1, kMostHeads));
  weight.tensors.resize(1);
  set_rows(*in[2], std::min(weight.rows, kMostRows));
  if (in.size() < 4) return;
  auto& bias = std::get<graph::Weight>(in[3]->source);
  bias.cols = in[3]->type.cols = weight.rows;
  set_rows(*in[3], weight.experts);
}

void shrink(graph::HeadLinear& op, const std::vector<Value*>& in) {
  op.heads = std::min(op.heads, kMostHeads);
  in[0]->type.cols = op.heads * (op.in_dim + op.tail_dim);
  set_rows(*in[1], op.heads * op.row_stride);
}

void shrink(graph::Attention& op, const std::vector<Value*>& in) {
  if (op.sinks || op.alibi || op.selection.sets > 1) return;
  const int64_t group = op.heads / op.kv_heads;
  op.kv_heads = std::min(op.kv_heads, kMostHeads);
  op.heads = op.kv_heads * group;
  in[0]->type.cols = graph::count_of(op.views) * op.heads * (op.key_dim + op.shared_dim);
}

void shrink_state(Value& state, int64_t rows) {
  std::get<graph::Cache>(state.source).state_rows = rows;
  state.type.rows.factor = rows;
}

void shrink(graph::LinearAttention& op, const std::vector<Value*>& in) {
  const int64_t group = op.heads / op.key_heads;
  const int64_t decays = in[3]->type.cols / op.heads;
  op.key_heads = std::min(op.key_heads, kMostHeads);
  op.heads = op.key_heads * group;
  in[3]->type.cols = decays * op.heads;
  if (auto* constant = std::get_if<graph::Constant>(&in[3]->source))
    constant->data.resize(static_cast<size_t>(in[3]->type.cols));
  shrink_state(*in[4], op.heads * op.key_dim);
  if (op.delta) in[6]->type.cols = op.heads;
}

/// The first operand that is the same value as operand i.
size_t first_operand(const std::vector<graph::ValueId>& inputs, size_t i) {
  return static_cast<size_t>(std::find(inputs.begin(), inputs.end(), inputs[i]) - inputs.begin());
}

/// Copies the node's operands into a graph of their own; results of other nodes become inputs. What is an
/// operand twice, as a cache whose rows are keys and values, stays one value.
Graph lone_node(const Graph& from, const graph::Node& node) {
  Graph graph;
  graph.name = "trial";
  graph::Node alone = node;
  for (size_t i = 0; i < alone.inputs.size(); ++i) {
    const size_t first = first_operand(node.inputs, i);
    if (first < i) {
      alone.inputs[i] = alone.inputs[first];
      continue;
    }
    Value value = from.value(node.inputs[i]);
    value.name = std::to_string(graph.values.size()) + " " + value.name;
    value.alias_of = -1;
    if (value.is_result()) value.source = graph::Input{};
    graph.values.push_back(std::move(value));
    alone.inputs[i] = static_cast<graph::ValueId>(graph.values.size()) - 1;
  }
  std::vector<Value*> operands;
  for (const graph::ValueId id : alone.inputs) operands.push_back(&graph.value(id));
  std::visit([&](auto& op) { shrink(op, operands); }, alone.op);
  const std::vector<const Value*> in(operands.begin(), operands.end());
  const std::vector<graph::Type> types = std::visit([&](const auto& op) { return op.infer(in); }, alone.op);
  for (size_t i = 0; i < alone.outputs.size(); ++i) {
    Value value = from.value(node.outputs[i]);
    value.type = types[i];
    const int written = graph::written_operand(alone.op, i);
    value.alias_of = written < 0 ? -1 : alone.inputs[static_cast<size_t>(written)];
    if (value.is_result()) value.source = graph::Result{0};
    graph.values.push_back(std::move(value));
    alone.outputs[i] = static_cast<graph::ValueId>(graph.values.size()) - 1;
  }
  graph.nodes.push_back(std::move(alone));
  return graph;
}

/// Few tokens of each phase; a context that is longer than one block of every kernel that splits it.
graph::Sizes small_sizes(const graph::Sizes& most) {
  const bool decode = most.tokens <= kernels::kSmallBatch;
  graph::Sizes sizes;
  sizes.tokens = std::min<int64_t>(most.tokens, decode ? 3 : 11);
  sizes.outputs = std::min<int64_t>({most.outputs, sizes.tokens, 3});
  sizes.context = std::min<int64_t>(most.context, decode ? 300 : 75);
  return sizes;
}

/// Integers below this are valid for an index operand; 0: it holds positions.
int64_t index_limit(const Graph& graph, const graph::Node& node, const graph::Sizes& sizes) {
  const auto rows = [&](size_t i) { return sizes.of(graph.value(node.inputs[i]).type.rows); };
  if (std::holds_alternative<graph::Embedding>(node.op)) return graph.value(node.inputs[1]).weight()->rows;
  if (std::holds_alternative<graph::ExpertLinear>(node.op))
    return graph.value(node.inputs[2]).weight()->experts;
  return std::holds_alternative<graph::SelectRows>(node.op) ? rows(0) : 0;
}

/// Blocks that attention is to look at: each of the context's once, then none.
Array make_selection(Array array, const graph::Selection& selection, const graph::Sizes& sizes) {
  const int64_t blocks = (sizes.context + selection.block - 1) / selection.block;
  for (int64_t r = 0; r < array.rows; ++r) {
    for (int64_t c = 0; c < array.cols; ++c) {
      const int64_t i = c % selection.count;
      array.at(r, c) = static_cast<double>(i < blocks ? (7 * r + i) % blocks : -1);
    }
  }
  return array;
}

Array make_integers(Array array, int64_t limit, const graph::Sizes& sizes) {
  for (int64_t r = 0; r < array.rows; ++r) {
    // 7 r + c: the experts of a row differ.
    for (int64_t c = 0; c < array.cols; ++c)
      array.at(r, c) =
          static_cast<double>(limit == 0 ? sizes.context - sizes.tokens + r : (7 * r + c) % limit);
  }
  return array;
}

Array make_input(const KernelQuestion& question, const Value& value, std::mt19937_64& random) {
  const bool stack = value.weight() != nullptr;
  Array array(stack ? value.type.rows.factor : question.sizes.of(value.type.rows), value.type.cols);
  const graph::Node& node = question.graph.nodes.front();
  if (value.type.dtype == graph::DType::i32) {
    const auto* attention = std::get_if<graph::Attention>(&node.op);
    if (attention != nullptr && attention->selected_operand() >= 0 &&
        &value == &question.graph.value(node.inputs[static_cast<size_t>(attention->selected_operand())]))
      return make_selection(std::move(array), attention->selection, question.sizes);
    const int64_t limit = index_limit(question.graph, node, question.sizes);
    return make_integers(std::move(array), limit, question.sizes);
  }
  if (const graph::Constant* constant = value.constant()) {
    std::copy(constant->data.begin(), constant->data.end(), array.data.begin());
    return array;
  }
  for (double& x : array.data) x = static_cast<double>(random() >> 11) * 0x1p-52 - 1;
  return array;
}

std::vector<const Array*> pointers(const std::vector<Array>& arrays) {
  std::vector<const Array*> result;
  result.reserve(arrays.size());
  for (const Array& array : arrays) result.push_back(&array);
  return result;
}

/// The reference on the inputs as their formats hold them.
void answer(KernelQuestion& question) {
  const graph::Node& node = question.graph.nodes.front();
  std::vector<Array> in;
  for (size_t i = 0; i < node.inputs.size(); ++i)
    in.push_back(kernels::decode(question.graph.value(node.inputs[i]), question.inputs[i], question.sizes));
  std::vector<Array*> out;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const Value& value = question.graph.value(node.outputs[i]);
    const int written = graph::written_operand(node.op, i);
    question.expected.push_back(written < 0 ? Array(question.sizes.of(value.type.rows), value.type.cols)
                                            : in[static_cast<size_t>(written)]);
  }
  for (Array& array : question.expected) out.push_back(&array);
  const auto inputs = pointers(in);
  std::visit([&](const auto& op) { op.reference(inputs, out); }, node.op);
  const auto expected = pointers(question.expected);
  for (size_t i = 0; i < expected.size(); ++i)
    question.limits.push_back(kernels::error_limits(node.op, inputs, expected, i));
}

std::string number(double value) {
  return graph::format_number(static_cast<double>(static_cast<float>(value)));
}

}  // namespace

KernelQuestion make_question(const Graph& graph, const graph::Node& node, const graph::Sizes& most) {
  KernelQuestion question;
  question.graph = lone_node(graph, node);
  question.sizes = small_sizes(most);
  std::mt19937_64 random(1);
  const std::vector<graph::ValueId>& ids = question.graph.nodes.front().inputs;
  for (size_t i = 0; i < ids.size(); ++i) {
    const Value& value = question.graph.value(ids[i]);
    const size_t first = first_operand(ids, i);
    question.inputs.push_back(first < i ? question.inputs[first]
                                        : kernels::encode(value, make_input(question, value, random)));
  }
  answer(question);
  return question;
}

std::string fault_of(const KernelQuestion& question, const kernels::TrialResult& answer) {
  if (!answer.overrun.empty()) return "wrote outside " + answer.overrun;
  const graph::Node& node = question.graph.nodes.front();
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const Array got =
        kernels::decode(question.graph.value(node.outputs[i]), answer.outputs[i], question.sizes);
    const kernels::Comparison worst = kernels::compare(question.expected[i], got, question.limits[i]);
    if (worst.ok) continue;
    return "gave " + number(worst.actual) + " for " + number(worst.expected) + " in row " +
           std::to_string(worst.row) + ", column " + std::to_string(worst.col) + " (" +
           std::to_string(worst.failures) + " wrong)";
  }
  return {};
}

}  // namespace clinfer::run
