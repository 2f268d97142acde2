#include "host/cl/kernel.h"

#include <algorithm>
#include <utility>

#include "host/cl/error.h"

namespace clinfer::cl {

NdRange::NdRange(std::initializer_list<size_t> global_size, std::initializer_list<size_t> local_size)
    : dimensions(static_cast<cl_uint>(global_size.size())) {
  if (global_size.size() < 1 || global_size.size() > 3 || local_size.size() != global_size.size()) {
    throw Error(Fault::run, "a launch needs 1 to 3 global sizes and as many local sizes");
  }
  std::copy(global_size.begin(), global_size.end(), global.begin());
  std::copy(local_size.begin(), local_size.end(), local.begin());
  for (size_t i = 0; i < 3; ++i) {
    if (local[i] == 0 || global[i] == 0 || global[i] % local[i] != 0) {
      throw Error(Fault::run, "a launch of " + std::to_string(global[i]) + " work-items in groups of " +
                                  std::to_string(local[i]) + " is not whole groups");
    }
  }
}

Kernel::Kernel(const Program& program, const std::string& name) : program_(program), name_(name) {
  cl_int code = CL_SUCCESS;
  handle_ = KernelHandle(clCreateKernel(program.raw(), name.c_str(), &code));
  if (code != CL_SUCCESS) {
    throw Error(Fault::device, "program '" + program.stem() + "': " + code_name(code) +
                                   " from clCreateKernel(" + name + ")");
  }
}

void Kernel::set(cl_uint index, const Buffer& buffer) {
  const cl_mem raw = buffer.raw();
  set_raw(index, sizeof(cl_mem), &raw);
}

void Kernel::set(cl_uint index, LocalBytes local) {
  set_raw(index, local.bytes, nullptr);
}

void Kernel::set_raw(cl_uint index, size_t bytes, const void* value) {
  const cl_int code = clSetKernelArg(handle_.get(), index, bytes, value);
  if (code != CL_SUCCESS)
    check(code, "clSetKernelArg", "kernel " + name_ + ", argument " + std::to_string(index));
}

void Kernel::enqueue(const Device& device, const NdRange& range, EventHandle* event) const {
  cl_event raw = nullptr;
  const cl_int code =
      clEnqueueNDRangeKernel(device.queue(), handle_.get(), range.dimensions, nullptr, range.global.data(),
                             range.local.data(), 0, nullptr, event != nullptr ? &raw : nullptr);
  if (code != CL_SUCCESS) check(code, "clEnqueueNDRangeKernel", "kernel " + name_);
  if (event != nullptr) *event = EventHandle(raw);
  program_.mark_launched();
  if (device.options().debug_sync) check(clFinish(device.queue()), "clFinish", "kernel " + name_);
}

int64_t Kernel::max_work_group(const Device& device) const {
  size_t size = 0;
  check(clGetKernelWorkGroupInfo(handle_.get(), device.raw(), CL_KERNEL_WORK_GROUP_SIZE, sizeof size, &size,
                                 nullptr),
        "clGetKernelWorkGroupInfo", "kernel " + name_);
  return static_cast<int64_t>(size);
}

int64_t Kernel::local_bytes(const Device& device) const {
  cl_ulong size = 0;
  check(clGetKernelWorkGroupInfo(handle_.get(), device.raw(), CL_KERNEL_LOCAL_MEM_SIZE, sizeof size, &size,
                                 nullptr),
        "clGetKernelWorkGroupInfo", "kernel " + name_);
  return static_cast<int64_t>(size);
}

}  // namespace clinfer::cl
