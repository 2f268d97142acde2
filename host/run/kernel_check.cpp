#include "host/run/kernel_check.h"

#include <array>

#include "host/cl/error.h"
#include "host/run/kernel_question.h"
#include "quant/error.h"

namespace clinfer::run {
namespace {

/// What makes two steps the same question in this process.
std::string name_of(const cl::Device& device, const plan::Step& step) {
  std::string name = device.info().id + "\n" + std::string(step.variant->name);
  for (const kernels::Launch& launch : step.prepared.launches) {
    name += "\n" + launch.kernel + "\n" + launch.program.entry + "\n" + launch.program.options;
    for (const std::string& define : launch.program.defines) name += " " + define;
  }
  return name;
}

}  // namespace

const std::string& KernelCheck::fault_of(const cl::Device& device, const plan::Plan& plan,
                                         const plan::Step& step) {
  const auto [known, fresh] = faults_.try_emplace(name_of(device, step));
  if (fresh) known->second = examine(device, plan, step);
  return known->second;
}

std::string KernelCheck::examine(const cl::Device& device, const plan::Plan& plan, const plan::Step& step) {
  try {
    for (const kernels::Launch& launch : step.prepared.launches) programs_.build(device, launch.program);
  } catch (const cl::BuildError& error) {
    return std::string("does not build: ") + error.what();
  }
  if (!ask_) return {};
  constexpr std::array<std::byte, 1> kPassed{std::byte{1}};
  const cl::Digest key = key_of(device, step);
  if (programs_.disk().load(key)) return {};
  std::string fault = ask(device, plan, step);
  if (fault.empty()) programs_.disk().store(key, kPassed);
  return fault;
}

std::string KernelCheck::ask(const cl::Device& device, const plan::Plan& plan, const plan::Step& step) {
  const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
  try {
    const KernelQuestion question = make_question(plan.graph, node, plan.most);
    const kernels::OpContext context{question.graph, question.graph.nodes.front(), device.info(), plan.most};
    const std::string fault = run::fault_of(
        question,
        kernels::run_trial(device, programs_, *step.variant, context, question.inputs, question.sizes));
    return fault.empty() ? fault : "answers wrongly: " + fault;
  } catch (const Error& error) {
    if (error.fault() == Fault::memory) throw;
    return std::string("fails its trial: ") + error.what();
  }
}

cl::Digest KernelCheck::key_of(const cl::Device& device, const plan::Step& step) const {
  cl::Sha256 hash;
  hash.field("clinfer trial 1").field(step.variant->name);
  // A library's kernels have no key of ours; the device and driver still count.
  const cl::Digest none = cl::program_key(device.info(), "", "");
  hash.bytes(std::as_bytes(std::span(none)));
  for (const kernels::Launch& launch : step.prepared.launches) {
    const cl::Digest program = programs_.key(device, launch.program);
    hash.field(launch.kernel).bytes(std::as_bytes(std::span(program)));
  }
  return hash.digest();
}

}  // namespace clinfer::run
