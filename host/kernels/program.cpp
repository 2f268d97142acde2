#include "host/kernels/program.h"

namespace clinfer::kernels {

Launch make_launch(std::string_view stem, std::vector<std::string> defines, std::vector<BufferRef> buffers,
                   int64_t local_size) {
  Launch launch;
  launch.program.stem = std::string(stem);
  launch.program.entry = std::string(stem) + ".cl";
  launch.program.defines = std::move(defines);
  launch.program.defines.push_back(constant("WG_SIZE", local_size));
  launch.kernel = std::string(stem);
  launch.buffers = std::move(buffers);
  launch.local_size = static_cast<size_t>(local_size);
  return launch;
}

}  // namespace clinfer::kernels
