#include "host/cl/huge_pages.h"

#if defined(__linux__)
#include <sys/mman.h>
#include <memory>
#endif

namespace clinfer::cl {

void ask_huge_pages(cl_command_queue queue, cl_mem buffer, int64_t bytes) {
#if defined(__linux__)
  constexpr size_t kHuge = size_t{2} << 20;
  cl_int code = CL_SUCCESS;
  void* mapped = clEnqueueMapBuffer(queue, buffer, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, 0,
                                    static_cast<size_t>(bytes), 0, nullptr, nullptr, &code);
  if (code != CL_SUCCESS || mapped == nullptr) return;
  void* begin = mapped;
  auto space = static_cast<size_t>(bytes);
  if (std::align(kHuge, kHuge, begin, space) != nullptr) madvise(begin, space / kHuge * kHuge, MADV_HUGEPAGE);
  clEnqueueUnmapMemObject(queue, buffer, mapped, 0, nullptr, nullptr);
  clFinish(queue);
#else
  (void)queue, (void)buffer, (void)bytes;
#endif
}

}  // namespace clinfer::cl
