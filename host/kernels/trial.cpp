#include "host/kernels/trial.h"

#include <algorithm>
#include <cstring>

#include "host/kernels/weight_layout.h"

namespace clinfer::kernels {

namespace {

constexpr std::byte kGuard{0xA5};
constexpr uint32_t kUnwritten = 0x7FC0DEADu;  // a NaN

int64_t guard_bytes(const cl::Device& device) {
  return std::max<int64_t>(256, device.info().base_align_bytes);
}

/// A piece of memory with guards before and behind it.
struct Guarded {
  std::string name;
  cl::Buffer whole;
  cl::Buffer view;
};

Guarded make_guarded(const cl::Device& device, std::string name, std::span<const std::byte> data) {
  const auto guard = static_cast<size_t>(guard_bytes(device));
  Bytes image(data.size() + 2 * guard, kGuard);
  std::copy(data.begin(), data.end(), image.begin() + static_cast<ptrdiff_t>(guard));
  Guarded result;
  result.name = std::move(name);
  result.whole = device.allocate(static_cast<int64_t>(image.size()));
  device.write(result.whole, image);
  result.view = result.whole.sub(static_cast<int64_t>(guard), static_cast<int64_t>(data.size()));
  return result;
}

Bytes nan_bytes(int64_t bytes) {
  Bytes result(static_cast<size_t>(bytes));
  for (size_t at = 0; at < result.size(); at += 4) {
    std::memcpy(result.data() + at, &kUnwritten, std::min<size_t>(4, result.size() - at));
  }
  return result;
}

/// Reads the piece back; notes in `overrun` if a guard has changed.
Bytes read_guarded(const cl::Device& device, const Guarded& from, std::string& overrun) {
  const auto guard = static_cast<ptrdiff_t>(guard_bytes(device));
  Bytes image(static_cast<size_t>(from.whole.bytes()));
  device.read(from.whole, image);
  const auto is_guard = [](std::byte b) { return b == kGuard; };
  if (!std::all_of(image.begin(), image.begin() + guard, is_guard))
    overrun = from.name + ", before its start";
  if (!std::all_of(image.end() - guard, image.end(), is_guard)) overrun = from.name + ", behind its end";
  return {image.begin() + guard, image.end() - guard};
}

/// The node's input whose memory an output is, or -1.
int aliased_input(const OpContext& context, size_t output) {
  const graph::ValueId alias = context.output(output).alias_of;
  const auto& inputs = context.node.inputs;
  const auto at = std::find(inputs.begin(), inputs.end(), alias);
  return alias < 0 || at == inputs.end() ? -1 : static_cast<int>(at - inputs.begin());
}

std::vector<cl::Buffer> views(std::span<const Guarded> pieces) {
  std::vector<cl::Buffer> result;
  for (const Guarded& piece : pieces) result.push_back(piece.view);
  return result;
}

}  // namespace

void enqueue(const cl::Device& device, cl::Kernel& kernel, const Launch& launch,
             std::span<const cl::Buffer> inputs, std::span<const cl::Buffer> outputs,
             const cl::Buffer& scratch, const graph::Sizes& sizes) {
  const Work work = launch.work(sizes);
  if (work.groups == 0) return;
  cl_uint index = 0;
  for (const BufferRef& ref : launch.buffers) {
    const bool is_input = ref.kind == BufferRef::Kind::input;
    kernel.set(index++, is_input                              ? inputs[ref.index]
                        : ref.kind == BufferRef::Kind::output ? outputs[ref.index]
                                                              : scratch);
  }
  kernel.set_bytes(index++, work.args);
  if (launch.local_bytes > 0) kernel.set(index++, cl::LocalBytes{launch.local_bytes});
  kernel.enqueue(device,
                 cl::NdRange({static_cast<size_t>(work.groups) * launch.local_size}, {launch.local_size}));
}

TrialResult run_trial(const cl::Device& device, cl::ProgramCache& programs, const Variant& variant,
                      const OpContext& context, std::span<const Bytes> inputs, const graph::Sizes& sizes) {
  const Prepared prepared = variant.prepare(context);
  std::vector<Guarded> in;
  std::vector<Guarded> out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    in.push_back(make_guarded(device, "input " + std::to_string(i), inputs[i]));
  }
  for (size_t i = 0; i < context.node.outputs.size(); ++i) {
    const int alias = aliased_input(context, i);
    out.push_back(alias >= 0 ? in[static_cast<size_t>(alias)]
                             : make_guarded(device, "output " + std::to_string(i),
                                            nan_bytes(device_bytes(context.output(i), sizes))));
  }
  const Guarded scratch =
      make_guarded(device, "scratch", nan_bytes(std::max<int64_t>(4, prepared.scratch_bytes)));

  const std::vector<cl::Buffer> in_views = views(in);
  const std::vector<cl::Buffer> out_views = views(out);
  if (prepared.library_call) {
    std::vector<cl::Buffer> all = in_views;
    all.insert(all.end(), out_views.begin(), out_views.end());
    prepared.library_call(device, all, sizes);
  }
  for (const Launch& launch : prepared.launches) {
    cl::Kernel kernel(programs.build(device, launch.program), launch.kernel);
    enqueue(device, kernel, launch, in_views, out_views, scratch.view, sizes);
  }
  device.finish();

  TrialResult result;
  for (const Guarded& piece : out) result.outputs.push_back(read_guarded(device, piece, result.overrun));
  for (const Guarded& piece : in) result.inputs.push_back(read_guarded(device, piece, result.overrun));
  read_guarded(device, scratch, result.overrun);
  return result;
}

}  // namespace clinfer::kernels
