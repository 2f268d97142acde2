#include "tests/host_encode/targets.h"

#include "host/cl/platforms.h"

namespace clinfer::tests {

const std::vector<Target>& targets() {
  // Never destroyed: drivers may be gone by then.
  static const std::vector<Target>& all = *new std::vector<Target>([] {
    std::vector<Target> list;
    for (graph::DeviceInfo info : cl::list_devices().devices) {
      if (!info.usable) continue;
      list.push_back({info.id + " " + info.name, cl::Device(info)});
      info.probes.fp32_denormals = false;
      info.is_cpu = false;
      list.push_back({info.id + " as one with lanes that flushes", cl::Device(info)});
    }
    return list;
  }());
  return all;
}

cl::ProgramCache& programs() {
  // No disk cache: what is tested is built from today's sources.
  static cl::ProgramCache& cache = *new cl::ProgramCache({.folder = ""});
  return cache;
}

}  // namespace clinfer::tests
