#include "bench/program.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "host/cl/platforms.h"
#include "quant/error.h"

namespace clinfer::bench {

int run(const char* name, Kind kind, const std::function<void(const Bench&)>& body) try {
  const char* path = std::getenv("CLINFER_BENCH_JSON");
  std::ofstream json(path == nullptr ? "/dev/null" : path);
  cl::ProgramCache programs({.folder = ""});
  for (const graph::DeviceInfo& info : cl::list_devices().devices) {
    if (!info.usable || (kind != Kind::all && info.is_cpu != (kind == Kind::cpus))) continue;
    const cl::Device device(info);
    body({device, programs, json});
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "%s: %s\n", name, error.what());
  return static_cast<int>(error.fault());
}

std::vector<int64_t> numbers(int argc, char** argv, int first, int64_t most, std::vector<int64_t> defaults) {
  if (argc <= first) return defaults;
  std::vector<int64_t> result;
  for (int i = first; i < argc; ++i) result.push_back(std::clamp<int64_t>(std::atoll(argv[i]), 1, most));
  return result;
}

}  // namespace clinfer::bench
