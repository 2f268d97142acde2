#include "host/run/kernel_error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "host/kernels/value_bytes.h"
#include "host/run/kernel_question.h"

namespace clinfer::run {
namespace {

std::string formats_of(const graph::Graph& graph, const graph::Node& node) {
  std::set<std::string> formats;
  for (const graph::ValueId id : node.inputs) {
    const graph::Value& value = graph.value(id);
    if (value.weight() != nullptr && !value.weight()->vector) formats.insert(value.weight()->format);
    if (value.cache() != nullptr) formats.insert(value.cache()->format);
  }
  std::string list;
  for (const std::string& format : formats) list += (list.empty() ? "" : " ") + format;
  return list;
}

double in_units(double expected, double actual, double limit) {
  if (expected == actual || (std::isnan(expected) && std::isnan(actual))) return 0;
  const double error = std::fabs(expected - actual);
  return limit > 0 && !std::isnan(error) ? error / limit : std::numeric_limits<double>::infinity();
}

void add_output(const graph::Array& expected, const graph::Array& actual, const graph::Array& limits,
                KernelError& error) {
  double squares = error.rms * error.rms * static_cast<double>(error.elements);
  for (size_t i = 0; i < expected.data.size(); ++i) {
    const double units = in_units(expected.data[i], actual.data[i], limits.data[i]);
    error.worst = std::max(error.worst, units);
    squares += units * units;
  }
  error.elements += static_cast<int64_t>(expected.data.size());
  error.rms = std::sqrt(squares / static_cast<double>(std::max<int64_t>(error.elements, 1)));
}

void ask(const cl::Device& device, cl::ProgramCache& programs, const plan::Plan& plan, const plan::Step& step,
         KernelError& error) {
  const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
  const KernelQuestion question = make_question(plan.graph, node, plan.most);
  const graph::Node& alone = question.graph.nodes.front();
  const kernels::OpContext context{question.graph, alone, device.info(), plan.most};
  const kernels::TrialResult answer =
      kernels::run_trial(device, programs, *step.variant, context, question.inputs, question.sizes);
  for (size_t i = 0; i < alone.outputs.size(); ++i)
    add_output(question.expected[i],
               kernels::decode(question.graph.value(alone.outputs[i]), answer.outputs[i], question.sizes),
               question.limits[i], error);
}

}  // namespace

std::vector<KernelError> kernel_errors(const Engine& engine, cl::ProgramCache& programs,
                                       std::set<std::string>& asked) {
  std::vector<KernelError> errors;
  for (const auto& plan : engine.plans().list) {
    for (const plan::Step& step : plan->steps) {
      if (step.variant == nullptr) continue;
      const graph::Node& node = plan->graph.nodes[static_cast<size_t>(step.node)];
      const cl::Device& device = engine.device(static_cast<size_t>(node.device));
      KernelError error{device.info().id,
                        std::string(step.variant->name),
                        plan->phase,
                        formats_of(plan->graph, node),
                        0,
                        0,
                        0};
      if (!asked.insert(error.device + "|" + error.variant + "|" + error.phase + "|" + error.formats).second)
        continue;
      ask(device, programs, *plan, step, error);
      errors.push_back(std::move(error));
    }
  }
  return errors;
}

}  // namespace clinfer::run
