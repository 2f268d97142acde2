#include "tests/kernels/check_tuned.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <map>

#include "host/cl/platforms.h"
#include "host/kernels/tolerance.h"
#include "host/kernels/value_bytes.h"
#include "quant/error.h"

namespace clinfer::tests {

namespace {

using kernels::Bytes;

/// Cases run and refused, by "variant on target" and by reason.
struct Counts {
  int64_t ran = 0;
  std::map<std::string, int64_t> refused;
};
std::map<std::string, std::map<std::string, Counts>>& counts() {
  static std::map<std::string, std::map<std::string, Counts>> all;
  return all;
}

std::vector<const graph::Array*> pointers(const std::vector<graph::Array>& arrays) {
  std::vector<const graph::Array*> result;
  for (const graph::Array& array : arrays) result.push_back(&array);
  return result;
}

/// The reference on the inputs as formats hold them.
struct Expectation {
  std::vector<Bytes> input_bytes;
  std::vector<graph::Array> outputs;
  std::vector<graph::Array> limits;
};

Expectation expect(const Case& c) {
  const graph::Node& node = c.graph.nodes.front();
  Expectation result;
  std::vector<graph::Array> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const graph::Value& value = c.graph.value(node.inputs[i]);
    result.input_bytes.push_back(kernels::encode(value, c.inputs.at(i)));
    inputs.push_back(kernels::decode(value, result.input_bytes.back(), c.sizes));
  }
  std::vector<graph::Array*> outputs;
  for (const graph::ValueId id : node.outputs) {
    const graph::Value& value = c.graph.value(id);
    result.outputs.emplace_back(c.sizes.of(value.type.rows), value.type.cols);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (value.alias_of == node.inputs[i]) result.outputs.back() = inputs[i];
    }
  }
  for (graph::Array& array : result.outputs) outputs.push_back(&array);
  const auto in = pointers(inputs);
  std::visit([&](const auto& op) { op.reference(in, outputs); }, node.op);
  const auto expected = pointers(result.outputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    result.limits.push_back(kernels::error_limits(node.op, in, expected, i));
  }
  return result;
}

bool is_written(const Case& c, size_t input) {
  for (const graph::ValueId id : c.graph.nodes.front().outputs) {
    if (c.graph.value(id).alias_of == c.graph.nodes.front().inputs[input]) return true;
  }
  return false;
}

std::string describe(const kernels::Comparison& worst, size_t output) {
  char text[256];
  std::snprintf(
      text, sizeof text,
      "output %zu: %lld wrong; worst at [%lld, %lld]: expected %.9g, got %.9g, off by %.3g, limit %.3g",
      output, static_cast<long long>(worst.failures), static_cast<long long>(worst.row),
      static_cast<long long>(worst.col), worst.expected, worst.actual, worst.actual - worst.expected,
      worst.limit);
  return text;
}

/// What is wrong with a result; empty when nothing is.
std::string fault_of(const Case& c, const Expectation& expected, const kernels::TrialResult& actual) {
  if (!actual.overrun.empty()) return "wrote outside " + actual.overrun;
  for (size_t i = 0; i < actual.inputs.size(); ++i) {
    if (!is_written(c, i) && actual.inputs[i] != expected.input_bytes[i]) {
      return "changed input " + std::to_string(i);
    }
  }
  for (size_t i = 0; i < actual.outputs.size(); ++i) {
    const graph::Value& value = c.graph.value(c.graph.nodes.front().outputs[i]);
    const graph::Array got = kernels::decode(value, actual.outputs[i], c.sizes);
    const kernels::Comparison worst = kernels::compare(expected.outputs[i], got, expected.limits[i]);
    if (!worst.ok) return describe(worst, i);
  }
  return {};
}

Target as_lanes(const Target& cpu) {
  Target lanes = cpu;
  lanes.name += " (lanes)";
  lanes.info.is_cpu = false;
  lanes.info.is_gpu = true;
  lanes.info.probes = {};
  return lanes;
}

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target>& all = *new std::vector<Target>([] {
    std::vector<Target> found;
    for (const graph::DeviceInfo& info : cl::list_devices().devices) {
      if (!info.usable) continue;
      found.push_back({info.id + " " + info.name, cl::Device(info), info});
      if (info.is_cpu) found.push_back(as_lanes(found.back()));
    }
    return found;
  }());
  return all;
}

cl::ProgramCache& programs() {
  // No disk cache: what is tested is built from today's sources.
  static cl::ProgramCache& cache = *new cl::ProgramCache({.folder = ""});
  return cache;
}

kernels::OpContext context_of(const Case& c, const graph::DeviceInfo& info) {
  return {c.graph, c.graph.nodes.front(), info, c.sizes};
}

kernels::TrialResult run(const Case& c, const Target& target, std::string_view name) {
  const Expectation expected = expect(c);
  for (const kernels::Variant& variant : kernels::variants_of(c.graph.nodes.front().op)) {
    if (variant.name != name) continue;
    const kernels::OpContext context = context_of(c, target.info);
    const kernels::Support support = variant.supports(context);
    if (!support.ok) throw Error(Fault::run, std::string(name) + " refuses: " + support.reason);
    return run_trial(target.device, programs(), variant, context, expected.input_bytes, c.sizes);
  }
  throw Error(Fault::run, "no variant is named " + std::string(name));
}

void check(const Case& c) {
  check_tuned(c, {});
}

void check_tuned(const Case& c, const std::map<std::string, int64_t>& constants) {
  REQUIRE_MESSAGE(!targets().empty(), "no usable OpenCL device");
  const Expectation expected = expect(c);
  for (const Target& target : targets()) {
    graph::DeviceInfo info = target.info;
    info.tuning = constants;
    for (const kernels::Variant& variant : kernels::variants_of(c.graph.nodes.front().op)) {
      const kernels::OpContext context = context_of(c, info);
      Counts& count = counts()[std::string(variant.name)][target.name];
      const kernels::Support support = variant.supports(context);
      if (!support.ok) {
        ++count.refused[support.reason];
        continue;
      }
      ++count.ran;
      std::string fault;
      try {
        fault =
            fault_of(c, expected,
                     run_trial(target.device, programs(), variant, context, expected.input_bytes, c.sizes));
      } catch (const Error& error) {
        fault = error.what();
      }
      if (!fault.empty()) {
        FAIL_CHECK(variant.name << " on " << target.name << ", " << c.name << ", seed " << c.seed << ": "
                                << fault);
      }
    }
  }
}

void summarise(const graph::Op& op, const std::set<std::string>& elsewhere) {
  for (const kernels::Variant& variant : kernels::variants_of(op)) {
    int64_t ran = 0;
    std::set<std::string> reasons = elsewhere;
    reasons.insert({"the device has no wgmma", "the device has no AMX"});
    bool excused = false;
    for (const auto& [target, count] : counts()[std::string(variant.name)]) {
      std::printf("%-24s %-44s ran %lld", std::string(variant.name).c_str(), target.c_str(),
                  static_cast<long long>(count.ran));
      for (const auto& [reason, times] : count.refused) {
        std::printf(", refused %lld (%s)", static_cast<long long>(times), reason.c_str());
      }
      std::printf("\n");
      ran += count.ran;
      for (const auto& [reason, times] : count.refused) excused |= reasons.contains(reason);
    }
    CHECK_MESSAGE((ran > 0 || excused), variant.name << " has run on no device");
  }
  counts().clear();
}

graph::Graph finish(graph::Builder& builder, graph::ValueId result, const std::string& format) {
  builder.output(result, "result");
  graph::Graph graph = builder.finish(0);
  for (graph::Value& value : graph.values) {
    auto* weight = std::get_if<graph::Weight>(&value.source);
    if (weight != nullptr) weight->format = weight->vector ? "f32" : format;
  }
  return graph;
}

graph::Array normal(int64_t rows, int64_t cols, std::mt19937_64& random) {
  std::normal_distribution<float> distribution;
  graph::Array array(rows, cols);
  for (double& value : array.data) value = distribution(random);
  return array;
}

graph::Array integers(int64_t rows, int64_t cols, int64_t low, int64_t high, std::mt19937_64& random) {
  std::uniform_int_distribution<int64_t> distribution(low, high);
  graph::Array array(rows, cols);
  for (double& value : array.data) value = static_cast<double>(distribution(random));
  return array;
}

}  // namespace clinfer::tests
