#include "host/cl/device_speed.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>

#include "cl_kernels/embedded.h"
#include "host/cl/kernel.h"
#include "host/cl/program_cache.h"
#include "host/cl/source_loader.h"

namespace clinfer::cl {
namespace {

constexpr const char* kOptions = "-cl-std=CL1.2";
constexpr int kRounds = 5;

/// How a kind of device is asked: a CPU's worker is one item that reads a piece of its own, others have
/// groups of lanes that read side by side.
struct Shape {
  size_t lanes;
  int64_t groups;
  int64_t elements;  ///< of a vector, of 4 bytes each
};

Shape shape_of(const graph::DeviceInfo& info) {
  const int64_t units = std::max<int64_t>(1, info.compute_units);
  if (info.is_cpu) return {1, units * 4, 16};
  return {static_cast<size_t>(std::min<int64_t>(256, info.max_work_group)), units * 64, 4};
}

Kernel build(const Device& device, const std::string& name, const std::string& type, const Shape& shape) {
  static const SourceLoader loader(cl_kernels::embedded_files());
  const std::string define = "VECTOR=" + type + std::to_string(shape.elements);
  const std::string text = loader.resolve("speed/" + name + ".cl", {&define, 1});
  return {build_from_source(device, "speed/" + name, text, kOptions, std::string(kOptions) + " -D" + define),
          name};
}

/// The shortest of some runs, in seconds; the first does not count.
double seconds_of(const Device& device, const std::function<void()>& enqueue) {
  double best = 0;
  for (int round = 0; round <= kRounds; ++round) {
    device.finish();
    const auto start = std::chrono::steady_clock::now();
    enqueue();
    device.finish();
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (round == 1 || (round > 1 && took < best)) best = took;
  }
  return best;
}

double read_speed(const Device& device) {
  const Shape shape = shape_of(device.info());
  Kernel kernel = build(device, "read", "uint", shape);
  const int64_t vector = shape.elements * 4;
  const int64_t items = shape.groups * static_cast<int64_t>(shape.lanes);
  const int64_t most =
      std::min({int64_t{512} << 20, device.info().max_alloc_bytes, device.info().global_bytes / 8});
  const int64_t count = std::max<int64_t>(4, most / (items * vector) / 4 * 4);
  const int64_t bytes = count * items * vector;
  const Buffer in = device.allocate_touched(bytes);
  const Buffer out = device.allocate(4);
  kernel.set_all(in, out, static_cast<uint32_t>(count), static_cast<uint32_t>(shape.lanes));
  const NdRange range({static_cast<size_t>(items)}, {shape.lanes});
  return static_cast<double>(bytes) / seconds_of(device, [&] { kernel.enqueue(device, range); });
}

double multiply_speed(const Device& device) {
  constexpr uint32_t kSteps = 1 << 14;
  constexpr double kChains = 8;
  const Shape shape = shape_of(device.info());
  Kernel kernel = build(device, "multiply", "float", shape);
  const Buffer out = device.allocate(4);
  kernel.set_all(out, kSteps, 0.5f);
  const auto items = static_cast<size_t>(shape.groups) * shape.lanes;
  const double flops =
      2 * kChains * kSteps * static_cast<double>(items) * static_cast<double>(shape.elements);
  return flops / seconds_of(device, [&] { kernel.enqueue(device, NdRange({items}, {shape.lanes})); });
}

/// 0 where no instruction for it is known to work.
double byte_speed(const Device& device) {
  if (!device.info().probes.x86_vnni_asm) return 0;
  constexpr uint32_t kSteps = 1 << 14;
  constexpr double kProducts = 8 * 64;
  const Shape shape = shape_of(device.info());
  Kernel kernel = build(device, "multiply_bytes", "int", shape);
  const Buffer out = device.allocate(4);
  kernel.set_all(out, kSteps, uint32_t{0x01010101});
  const auto items = static_cast<size_t>(shape.groups) * shape.lanes;
  const double ops = 2 * kProducts * kSteps * static_cast<double>(items);
  return ops / seconds_of(device, [&] { kernel.enqueue(device, NdRange({items}, {shape.lanes})); });
}

Digest key_of(const graph::DeviceInfo& device) {
  return program_key(device, "clinfer device speed 2", std::to_string(device.compute_units));
}

}  // namespace

DeviceSpeed measure_speed(const Device& device) {
  return {read_speed(device), multiply_speed(device), byte_speed(device)};
}

std::optional<DeviceSpeed> known_speed(const graph::DeviceInfo& device, const DiskCache& cache) {
  const auto payload = cache.load(key_of(device));
  DeviceSpeed speed;
  if (!payload || payload->size() != sizeof speed) return std::nullopt;
  std::memcpy(&speed, payload->data(), sizeof speed);
  if (!(speed.bytes_per_second > 0 && speed.flops > 0)) return std::nullopt;
  return speed;
}

void remember_speed(const graph::DeviceInfo& device, const DeviceSpeed& speed, DiskCache& cache) {
  cache.store(key_of(device), std::as_bytes(std::span(&speed, 1)));
}

DeviceSpeed known_or_measured_speed(const graph::DeviceInfo& device, DiskCache& cache) {
  if (const auto known = known_speed(device, cache)) return *known;
  const DeviceSpeed speed = measure_speed(Device(device));
  remember_speed(device, speed, cache);
  return speed;
}

}  // namespace clinfer::cl
