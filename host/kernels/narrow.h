#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "cl_kernels/args/scalars.h"
#include "quant/error.h"

namespace clinfer::kernels {

/// A size as kernels take it. Throws Error(Fault::model) naming it when it does not fit 32 bits.
inline i32 narrow(int64_t size, std::string_view what) {
  if (size < 0 || size > std::numeric_limits<i32>::max()) {
    throw Error(Fault::model, std::string(what) + ": " + std::to_string(size) + " does not fit 32 bits");
  }
  return static_cast<i32>(size);
}

}  // namespace clinfer::kernels
