#pragma once

#include <utility>

#include "host/cl/opencl.h"

namespace clinfer::cl {

/// Owns one reference of an OpenCL object; copies retain, destructors release and never throw.
template <class Traits>
class Handle {
 public:
  using Raw = typename Traits::Raw;

  Handle() = default;
  explicit Handle(Raw owned) : raw_(owned) {}  ///< takes over the reference that clCreate* gave
  Handle(const Handle& other) : raw_(other.raw_) {
    if (raw_ != nullptr) Traits::retain(raw_);
  }
  Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Handle& operator=(Handle other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Handle() {
    if (raw_ != nullptr) Traits::release(raw_);
  }

  Raw get() const { return raw_; }
  explicit operator bool() const { return raw_ != nullptr; }

 private:
  Raw raw_ = nullptr;
};

struct ContextTraits {
  using Raw = cl_context;
  static void retain(Raw raw) { clRetainContext(raw); }
  static void release(Raw raw) { clReleaseContext(raw); }
};
struct QueueTraits {
  using Raw = cl_command_queue;
  static void retain(Raw raw) { clRetainCommandQueue(raw); }
  static void release(Raw raw) { clReleaseCommandQueue(raw); }
};
struct MemoryTraits {
  using Raw = cl_mem;
  static void retain(Raw raw) { clRetainMemObject(raw); }
  static void release(Raw raw) { clReleaseMemObject(raw); }
};
struct ProgramTraits {
  using Raw = cl_program;
  static void retain(Raw raw) { clRetainProgram(raw); }
  static void release(Raw raw) { clReleaseProgram(raw); }
};
struct KernelTraits {
  using Raw = cl_kernel;
  static void retain(Raw raw) { clRetainKernel(raw); }
  static void release(Raw raw) { clReleaseKernel(raw); }
};
struct EventTraits {
  using Raw = cl_event;
  static void retain(Raw raw) { clRetainEvent(raw); }
  static void release(Raw raw) { clReleaseEvent(raw); }
};

using ContextHandle = Handle<ContextTraits>;
using QueueHandle = Handle<QueueTraits>;
using MemoryHandle = Handle<MemoryTraits>;
using ProgramHandle = Handle<ProgramTraits>;
using KernelHandle = Handle<KernelTraits>;
using EventHandle = Handle<EventTraits>;

}  // namespace clinfer::cl
