#pragma once

#include <fstream>
#include <functional>
#include <vector>

#include "host/cl/context.h"
#include "host/cl/program_cache.h"

namespace clinfer::bench {

enum class Kind { gpus, cpus, all };

/// What a benchmark is given for each device.
struct Bench {
  const cl::Device& device;
  cl::ProgramCache& programs;
  std::ofstream& json;  ///< lines go to the file CLINFER_BENCH_JSON, if that is set
};

/// A benchmark's main: `body` for each usable device of a kind, with programs that are built anew. The exit
/// code: of an Error its fault, which is printed behind the program's name.
int run(const char* name, Kind kind, const std::function<void(const Bench&)>& body);

/// Numbers of the command line from argument `first` on, each brought into [1, most]; without any the
/// defaults.
std::vector<int64_t> numbers(int argc, char** argv, int first, int64_t most, std::vector<int64_t> defaults);

}  // namespace clinfer::bench
