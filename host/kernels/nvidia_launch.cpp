#include "host/kernels/nvidia_launch.h"

namespace clinfer::kernels {

Launch make_nvidia_launch(const std::string& stem, std::vector<std::string> defines,
                          std::vector<BufferRef> buffers, size_t local_size) {
  Launch launch;
  launch.program.stem = stem;
  launch.program.entry = "nvidia/" + stem + ".cl";
  launch.program.defines = std::move(defines);
  launch.kernel = stem;
  launch.buffers = std::move(buffers);
  launch.local_size = local_size;
  return launch;
}

}  // namespace clinfer::kernels
