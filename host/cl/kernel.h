#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>

#include "host/cl/buffer.h"
#include "host/cl/context.h"
#include "host/cl/program.h"

namespace clinfer::cl {

/// Work-items in all and per group; 1 to 3 dimensions. Each global size is a multiple of its local size.
struct NdRange {
  NdRange(std::initializer_list<size_t> global_size, std::initializer_list<size_t> local_size);

  cl_uint dimensions = 1;
  std::array<size_t, 3> global{1, 1, 1};
  std::array<size_t, 3> local{1, 1, 1};
};

/// Local memory handed to a kernel as an argument.
struct LocalBytes {
  size_t bytes = 0;
};

/// One kernel object: arguments are part of it, so it belongs to one thread at a time.
class Kernel {
 public:
  /// Throws Error(Fault::device) if the program has no kernel of that name.
  Kernel(const Program& program, const std::string& name);

  const std::string& name() const { return name_; }

  void set(cl_uint index, const Buffer& buffer);
  void set(cl_uint index, LocalBytes local);
  /// A scalar or a struct of cl_kernels/args/, by value.
  template <class T>
  requires(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>) void set(cl_uint index, const T& value) {
    set_raw(index, sizeof value, &value);
  }
  /// The same from the bytes of a struct.
  void set_bytes(cl_uint index, std::span<const std::byte> value) {
    set_raw(index, value.size(), value.data());
  }

  /// Sets arguments 0, 1, 2...
  template <class... Args>
  void set_all(const Args&... args) {
    cl_uint index = 0;
    (set(index++, args), ...);
  }

  /// Queues one launch; `event` receives its event if asked for. Throws Error(Fault::run) naming the kernel.
  void enqueue(const Device& device, const NdRange& range, EventHandle* event = nullptr) const;

  int64_t max_work_group(const Device& device) const;  ///< work-items, for this kernel
  int64_t local_bytes(const Device& device) const;     ///< per group, with the arguments set so far

 private:
  void set_raw(cl_uint index, size_t bytes, const void* value);

  Program program_;
  KernelHandle handle_;
  std::string name_;
};

}  // namespace clinfer::cl
