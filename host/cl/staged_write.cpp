#include "host/cl/staged_write.h"

#include <string>

#include "host/cl/error.h"

namespace clinfer::cl {

StagedWrite::~StagedWrite() {
  const cl_event raw = done_.get();
  if (raw != nullptr) clWaitForEvents(1, &raw);
}

std::vector<std::byte>& StagedWrite::bytes() {
  const cl_event raw = done_.get();
  if (raw != nullptr) check(clWaitForEvents(1, &raw), "clWaitForEvents", "a write");
  done_ = {};
  return bytes_;
}

void StagedWrite::enqueue(const Device& device, const Buffer& target) {
  if (bytes_.empty()) return;
  if (static_cast<int64_t>(bytes_.size()) > target.bytes())
    throw Error(Fault::run, "a write of " + std::to_string(bytes_.size()) +
                                " bytes does not lie in a buffer of " + std::to_string(target.bytes()));
  cl_event event = nullptr;
  check(clEnqueueWriteBuffer(device.queue(), target.raw(), CL_FALSE, 0, bytes_.size(), bytes_.data(), 0,
                             nullptr, &event),
        "clEnqueueWriteBuffer", "a write");
  done_ = EventHandle(event);
}

}  // namespace clinfer::cl
