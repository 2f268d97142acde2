#include "host/cl/context.h"

#include <string>
#include <utility>

#include "host/cl/error.h"
#include "host/cl/event_times.h"
#include "host/cl/huge_pages.h"
#include "host/cl/query.h"

namespace clinfer::cl {

namespace {

void expect_inside(const Buffer& buffer, int64_t offset, int64_t bytes, const char* what) {
  if (offset >= 0 && bytes >= 0 && offset <= buffer.bytes() && bytes <= buffer.bytes() - offset) return;
  throw Error(Fault::run, std::string(what) + " of " + std::to_string(bytes) + " bytes at offset " +
                              std::to_string(offset) + " does not fit a buffer of " +
                              std::to_string(buffer.bytes()) + " bytes");
}

std::string allocation_text(const graph::DeviceInfo& info, int64_t bytes) {
  return "a buffer of " + std::to_string(bytes) + " bytes on " + info.id + " (largest buffer " +
         std::to_string(info.max_alloc_bytes) + ", device memory " + std::to_string(info.global_bytes) + ")";
}

}  // namespace

Mapping::Mapping(QueueHandle queue, Buffer buffer, void* data)
    : queue_(std::move(queue)), buffer_(std::move(buffer)), data_(data) {}

Mapping::Mapping(Mapping&& other) noexcept
    : queue_(std::move(other.queue_)),
      buffer_(std::move(other.buffer_)),
      data_(std::exchange(other.data_, nullptr)) {}

Mapping::~Mapping() {
  if (data_ != nullptr) clEnqueueUnmapMemObject(queue_.get(), buffer_.raw(), data_, 0, nullptr, nullptr);
}

Device::Device(const graph::DeviceInfo& info, Options options)
    : info_(std::make_shared<const graph::DeviceInfo>(info)), options_(options) {
  device_ = find_device(info.platform_index, info.device_index);
  const std::string subject = "device " + info.id + " (" + info.name + ")";
  const auto expect = [&](cl_int code, const char* call) {
    if (code != CL_SUCCESS) throw Error(Fault::device, subject + ": " + code_name(code) + " from " + call);
  };
  cl_int code = CL_SUCCESS;
  context_ = ContextHandle(clCreateContext(nullptr, 1, &device_, nullptr, nullptr, &code));
  expect(code, "clCreateContext");
  const cl_command_queue_properties properties = options.profiling ? CL_QUEUE_PROFILING_ENABLE : 0;
  queue_ = QueueHandle(clCreateCommandQueue(context_.get(), device_, properties, &code));
  expect(code, "clCreateCommandQueue");
}

Buffer Device::allocate(int64_t bytes) const {
  if (bytes <= 0) throw Error(Fault::run, "a buffer of " + std::to_string(bytes) + " bytes was asked for");
  if (bytes > info_->max_alloc_bytes) {
    throw Error(Fault::memory, allocation_text(*info_, bytes) + " is larger than one buffer can be");
  }
  cl_int code = CL_SUCCESS;
  MemoryHandle memory(
      clCreateBuffer(context_.get(), CL_MEM_READ_WRITE, static_cast<size_t>(bytes), nullptr, &code));
  if (code != CL_SUCCESS) check_allocation(code, "clCreateBuffer", allocation_text(*info_, bytes));
  if (info_->is_cpu && bytes >= kHugeFrom) ask_huge_pages(queue_.get(), memory.get(), bytes);
  return Buffer(std::move(memory), bytes, info_->base_align_bytes);
}

Buffer Device::allocate_touched(int64_t bytes) const {
  Buffer buffer = allocate(bytes);
  const cl_uchar zero = 0;
  const std::string subject = allocation_text(*info_, bytes);
  check_allocation(clEnqueueFillBuffer(queue_.get(), buffer.raw(), &zero, sizeof zero, 0,
                                       static_cast<size_t>(bytes), 0, nullptr, nullptr),
                   "clEnqueueFillBuffer", subject);
  check_allocation(clFinish(queue_.get()), "clFinish", subject);
  return buffer;
}

void Device::write(const Buffer& target, std::span<const std::byte> data, int64_t offset_bytes) const {
  expect_inside(target, offset_bytes, static_cast<int64_t>(data.size()), "a write");
  if (data.empty()) return;
  CL_CHECK(clEnqueueWriteBuffer(queue_.get(), target.raw(), CL_TRUE, static_cast<size_t>(offset_bytes),
                                data.size(), data.data(), 0, nullptr, nullptr));
}

void Device::read(const Buffer& source, std::span<std::byte> data, int64_t offset_bytes) const {
  expect_inside(source, offset_bytes, static_cast<int64_t>(data.size()), "a read");
  if (data.empty()) return;
  CL_CHECK(clEnqueueReadBuffer(queue_.get(), source.raw(), CL_TRUE, static_cast<size_t>(offset_bytes),
                               data.size(), data.data(), 0, nullptr, nullptr));
}

void Device::copy(const Buffer& source, int64_t source_offset, const Buffer& target, int64_t target_offset,
                  int64_t bytes) const {
  expect_inside(source, source_offset, bytes, "a copy from");
  expect_inside(target, target_offset, bytes, "a copy to");
  if (bytes == 0) return;
  CL_CHECK(clEnqueueCopyBuffer(queue_.get(), source.raw(), target.raw(), static_cast<size_t>(source_offset),
                               static_cast<size_t>(target_offset), static_cast<size_t>(bytes), 0, nullptr,
                               nullptr));
}

void Device::fill(const Buffer& target, uint8_t value, int64_t offset_bytes, int64_t bytes) const {
  expect_inside(target, offset_bytes, bytes, "a fill");
  if (bytes == 0) return;
  CL_CHECK(clEnqueueFillBuffer(queue_.get(), target.raw(), &value, sizeof value,
                               static_cast<size_t>(offset_bytes), static_cast<size_t>(bytes), 0, nullptr,
                               nullptr));
}

Mapping Device::map(const Buffer& buffer, MapFor use) const {
  const cl_map_flags flags = use == MapFor::read ? CL_MAP_READ : CL_MAP_WRITE_INVALIDATE_REGION;
  cl_int code = CL_SUCCESS;
  void* data = clEnqueueMapBuffer(queue_.get(), buffer.raw(), CL_TRUE, flags, 0,
                                  static_cast<size_t>(buffer.bytes()), 0, nullptr, nullptr, &code);
  check_allocation(code, "clEnqueueMapBuffer", "a mapping of " + std::to_string(buffer.bytes()) + " bytes");
  return Mapping(queue_, buffer, data);
}

void Device::flush() const {
  CL_CHECK(clFlush(queue_.get()));
}

void Device::finish() const {
  CL_CHECK(clFinish(queue_.get()));
}

int64_t elapsed_nanoseconds(const EventHandle& event) {
  const EventTimes times = event_times(event);
  return times.end - times.start;
}

}  // namespace clinfer::cl
