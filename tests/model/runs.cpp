#include "tests/model/runs.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "graph/passes/choose_formats.h"
#include "graph/passes/set_cache_format.h"
#include "host/run/rope_factors.h"
#include "host/run/weight_source.h"
#include "tests/model/reference.h"

namespace clinfer::tests {
namespace {

graph::Array column(std::span<const int32_t> values) {
  graph::Array array(static_cast<int64_t>(values.size()), 1);
  std::copy(values.begin(), values.end(), array.data.begin());
  return array;
}

std::vector<int32_t> counting(size_t count) {
  std::vector<int32_t> values(count);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

/// Makes logits, choice biases and ids of the routers outputs, so that they can be looked at.
void expose_routers(graph::Graph& graph) {
  for (const graph::Node& node : graph.nodes) {
    if (!std::holds_alternative<graph::Router>(node.op)) continue;
    graph.outputs.push_back(node.outputs[0]);
    graph.outputs.push_back(node.inputs[0]);
  }
}

graph::Interpreter::Arrays inputs_of(std::span<const int32_t> ids) {
  const std::vector<int32_t> order = counting(ids.size());
  return {{"ids", column(ids)}, {"positions", column(order)}, {"output_rows", column(order)}};
}

graph::Sizes sizes_of(size_t tokens) {
  const auto n = static_cast<int64_t>(tokens);
  return {n, n, n};
}

/// The gap between the k-th and the next largest.
double gap_after(std::vector<double> values, int64_t k) {
  if (static_cast<int64_t>(values.size()) <= k) return 1;
  std::sort(values.begin(), values.end(), std::greater<>());
  return values[static_cast<size_t>(k - 1)] - values[static_cast<size_t>(k)];
}

/// How far one token's choice is from another: by groups, then by experts inside the kept groups.
double margin_of(const graph::Router& op, std::vector<double> choice) {
  double margin = 1;
  const auto size = static_cast<size_t>(op.experts / op.groups);
  if (op.groups > 1) {
    std::vector<double> scores;
    for (auto at = choice.begin(); at != choice.end(); at += static_cast<std::ptrdiff_t>(size)) {
      std::vector<double> group(at, at + static_cast<std::ptrdiff_t>(size));
      std::sort(group.begin(), group.end(), std::greater<>());
      scores.push_back(op.group_score == graph::GroupScore::max ? group[0] : group[0] + group[1]);
    }
    margin = gap_after(scores, op.keep_groups);
    std::vector<double> sorted = scores;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    const double least = sorted[static_cast<size_t>(op.keep_groups - 1)];
    for (size_t i = 0; i < choice.size(); ++i) {
      if (scores[i / size] < least) choice[i] = -1e9;
    }
  }
  return std::min(margin, gap_after(choice, op.top_k));
}

}  // namespace

Truth::Truth(const io::Checkpoint& checkpoint, bool draft, const std::string& weights_format, int64_t context,
             const std::string& cache_format)
    : checkpoint_(checkpoint), model_(graph::build_model(checkpoint.config(), {draft, context})) {
  run::apply_rope_factors(model_, checkpoint);
  const graph::StoredFormat stored = [&](const std::string& tensor) {
    return std::string(run::stored_matrix(checkpoint, tensor).format->name);
  };
  graph::choose_formats(model_.main, weights_format, stored);
  graph::set_cache_format(model_.main, cache_format);
  expose_routers(model_.main);
  main_.emplace(model_.main, provider());
  if (!model_.draft) return;
  graph::choose_formats(*model_.draft, weights_format, stored);
  graph::set_cache_format(*model_.draft, cache_format);
  draft_.emplace(*model_.draft, provider());
}

graph::WeightProvider Truth::provider() {
  return [this](const graph::Value& value) {
    std::shared_ptr<const graph::Array>& held = decoded_[value.name];
    if (held != nullptr) return held;
    const graph::Weight& weight = *value.weight();
    const std::vector<float> values = run::decode_weight(weight, checkpoint_);
    auto array = std::make_shared<graph::Array>(weight.experts * weight.rows, weight.cols);
    std::copy(values.begin(), values.end(), array->data.begin());
    held = array;
    return held;
  };
}

graph::Array Truth::logits(std::span<const int32_t> ids) {
  main_->reset();
  outputs_ = main_->run(inputs_of(ids), sizes_of(ids.size()));
  return outputs_.at("logits");
}

graph::Array Truth::logits(std::span<const int32_t> ids, size_t chunk) {
  main_->reset();
  graph::Array all(static_cast<int64_t>(ids.size()), model_.vocab_size);
  for (size_t at = 0; at < ids.size(); at += chunk) {
    const size_t count = std::min(chunk, ids.size() - at);
    const auto tokens = static_cast<int64_t>(count);
    const std::vector<int32_t> rows = counting(count);
    std::vector<int32_t> positions = rows;
    for (int32_t& position : positions) position += static_cast<int32_t>(at);
    const graph::Interpreter::Arrays outputs =
        main_->run({{"ids", column(ids.subspan(at, count))},
                    {"positions", column(positions)},
                    {"output_rows", column(rows)}},
                   {tokens, tokens, static_cast<int64_t>(at) + tokens});
    const graph::Array& logits = outputs.at("logits");
    std::copy(logits.data.begin(), logits.data.end(), all.row(static_cast<int64_t>(at)));
  }
  return all;
}

graph::Array Truth::draft_logits(std::span<const int32_t> ids) {
  draft_->reset();
  const std::span<const int32_t> next = ids.subspan(1);
  graph::Interpreter::Arrays inputs = inputs_of(next);
  inputs["hidden"] = rows_of(outputs_.at("hidden"), 0, static_cast<int64_t>(next.size()));
  return draft_->run(inputs, sizes_of(next.size())).at("logits");
}

std::string Truth::router_of(const std::string& layer) const {
  for (const graph::Node& node : model_.main.nodes) {
    if (std::holds_alternative<graph::Router>(node.op) && node.name.starts_with(layer + "."))
      return node.name;
  }
  return "";
}

graph::Array Truth::chosen(const std::string& router) const {
  graph::Array ids = outputs_.at(router);
  for (int64_t r = 0; r < ids.rows; ++r) std::sort(ids.row(r), ids.row(r) + ids.cols);
  return ids;
}

std::vector<double> Truth::routing_margins() const {
  std::vector<double> margins(static_cast<size_t>(outputs_.at("logits").rows), 1);
  for (const graph::Node& node : model_.main.nodes) {
    const auto* op = std::get_if<graph::Router>(&node.op);
    if (op == nullptr) continue;
    const graph::Array& logits = outputs_.at(model_.main.value(node.inputs[0]).name);
    const graph::Array* bias =
        node.inputs.size() > 1 ? decoded_.at(model_.main.value(node.inputs[1]).name).get() : nullptr;
    for (int64_t t = 0; t < logits.rows; ++t) {
      std::vector<double> choice;
      for (int64_t e = 0; e < logits.cols; ++e)
        choice.push_back(1 / (1 + std::exp(-logits.at(t, e))) + (bias != nullptr ? bias->at(0, e) : 0));
      double& margin = margins[static_cast<size_t>(t)];
      margin = std::min(margin, margin_of(*op, choice));
    }
  }
  return margins;
}

run::EngineOptions float_options(std::vector<graph::DeviceInfo> devices, bool draft) {
  run::EngineOptions options;
  options.devices = std::move(devices);
  options.cache_format = "f32";
  options.batch_tokens = options.prefill_outputs = 64;
  options.draft = draft;
  return options;
}

std::unique_ptr<run::Engine> make_engine(const io::Checkpoint& checkpoint,
                                         const run::EngineOptions& options) {
  cl::ProgramCache programs;
  return std::make_unique<run::Engine>(checkpoint, options, programs, run::Progress{});
}

graph::Array engine_logits(run::Engine& engine, std::span<const int32_t> ids, size_t chunk) {
  const int64_t vocab = engine.model().vocab_size;
  graph::Array all(static_cast<int64_t>(ids.size()), vocab);
  for (size_t at = 0; at < ids.size(); at += chunk) {
    const size_t count = std::min(chunk, ids.size() - at);
    const auto logits = engine.forward(ids.subspan(at, count), static_cast<int64_t>(at), counting(count));
    std::copy(logits.begin(), logits.end(), all.row(static_cast<int64_t>(at)));
  }
  return all;
}

graph::Array engine_draft_logits(run::Engine& engine, std::span<const int32_t> ids) {
  graph::Array all(static_cast<int64_t>(ids.size()) - 1, engine.model().vocab_size);
  const int32_t row = 0;
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    const auto position = static_cast<int64_t>(i);
    engine.forward(ids.subspan(i, 1), position, std::span(&row, 1));
    const auto logits = engine.draft(ids.subspan(i + 1, 1), position);
    std::copy(logits.begin(), logits.end(), all.row(position));
  }
  return all;
}

}  // namespace clinfer::tests
