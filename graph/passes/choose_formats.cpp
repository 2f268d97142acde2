#include "graph/passes/choose_formats.h"

#include <optional>
#include <set>

#include "graph/verify.h"
#include "graph/weight_roles.h"
#include "quant/error.h"
#include "quant/format.h"

namespace clinfer::graph {
namespace {

/// Matrices that stay as stored: embedding tables (and heads tied to them) and what decides the router's
/// choice.
std::set<ValueId> kept_matrices(const Graph& graph) {
  std::set<ValueId> kept;
  std::set<ValueId> router_logits;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<Embedding>(node.op)) kept.insert(node.inputs[1]);
    if (std::holds_alternative<Router>(node.op)) router_logits.insert(node.inputs[0]);
  }
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<Linear>(node.op) && router_logits.contains(node.outputs[0]))
      kept.insert(node.inputs[1]);
  }
  return kept;
}

std::string stored_format(const Weight& weight, const StoredFormat& stored) {
  const std::string format = stored(weight.tensors.front());
  for (const std::string& tensor : weight.tensors) {
    if (stored(tensor) != format) {
      throw Error(Fault::model, "tensor " + tensor + " is " + stored(tensor) + ", but " +
                                    weight.tensors.front() + " is " + format +
                                    ": the experts of a layer must have one format");
    }
  }
  return format;
}

const quant::Format* require_format(const std::string& name) {
  const quant::Format* format = name == "keep" ? nullptr : quant::find_format(name);
  if (format == nullptr && name != "keep")
    throw Error(Fault::usage, "weights.format \"" + name + "\" is not a format");
  return format;
}

/// What the rules say of the weight: of all its tensors the same.
std::optional<FormatRule> rule_of(const Weight& weight, const std::string& role, const FormatRules& rules) {
  if (!rules || weight.vector) return std::nullopt;
  const std::optional<FormatRule> first = rules(weight.tensors.front(), role);
  for (const std::string& tensor : weight.tensors) {
    const std::optional<FormatRule> other = rules(tensor, role);
    if (other.has_value() == first.has_value() &&
        (!first || (other->format == first->format && other->scale == first->scale)))
      continue;
    throw Error(Fault::usage, "weights.rules: tensor " + tensor + " would get another format than " +
                                  weight.tensors.front() + ": the experts of a layer must have one format");
  }
  return first;
}

void apply_rule(Weight& weight, const FormatRule& rule, const std::string& held) {
  const quant::Format* format = require_format(rule.format);
  weight.format = format == nullptr ? held : rule.format;
  weight.scale = rule.scale;
  if (format == nullptr || weight.cols % format->group_elems == 0) return;
  throw Error(Fault::usage, "weights.rules: tensor " + weight.tensors.front() + " has " +
                                std::to_string(weight.cols) + " columns, which groups of " +
                                std::to_string(format->group_elems) + " (" + rule.format +
                                ") do not divide; give it another format in a rule before");
}

}  // namespace

void choose_formats(Graph& graph, const std::string& wanted, const FormatRules& rules,
                    const StoredFormat& stored) {
  const quant::Format* target = require_format(wanted);
  const std::set<ValueId> kept = kept_matrices(graph);
  const std::map<ValueId, WeightRole> roles = weight_roles(graph);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    auto* weight = std::get_if<Weight>(&graph.values[i].source);
    if (weight == nullptr) continue;
    const auto id = static_cast<ValueId>(i);
    const std::string held = stored_format(*weight, stored);
    const auto role = roles.find(id);
    const auto rule = rule_of(*weight, role == roles.end() ? "" : role->second.name, rules);
    if (rule) {
      apply_rule(*weight, *rule, held);
      continue;
    }
    const bool convert = target != nullptr && !kept.contains(id) && weight->cols % target->group_elems == 0;
    weight->format = weight->vector ? "f32" : convert ? wanted : held;
  }
  verify(graph);
}

void choose_formats(Graph& graph, const std::string& wanted, const StoredFormat& stored) {
  choose_formats(graph, wanted, {}, stored);
}

}  // namespace clinfer::graph
