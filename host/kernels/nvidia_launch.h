#pragma once

#include "host/kernels/program.h"

namespace clinfer::kernels {

/// A program of cl_kernels/nvidia/<stem>.cl whose one kernel has the stem's name, in groups of `local_size`.
/// `buffers` are its arguments in order. Unlike make_launch() it defines nothing besides `defines`.
Launch make_nvidia_launch(const std::string& stem, std::vector<std::string> defines,
                          std::vector<BufferRef> buffers, size_t local_size);

}  // namespace clinfer::kernels
