#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/cl/opencl.h"

namespace clinfer::cl {

/// Platforms in the loader's order. `code` receives the loader's answer; no platform gives an empty list.
std::vector<cl_platform_id> platform_ids(cl_int& code);

/// All devices of a platform; CL_DEVICE_NOT_FOUND is an empty list with success.
std::vector<cl_device_id> device_ids(cl_platform_id platform, cl_int& code);

/// Throws Error(Fault::device) if there is no such device any more.
cl_device_id find_device(int platform_index, int device_index);

/// A text query; an empty text when the driver does not answer.
std::string platform_text(cl_platform_id platform, cl_platform_info what);
std::string device_text(cl_device_id device, cl_device_info what);

/// A number query; nothing when the driver does not know the enumerator.
template <class T>
std::optional<T> device_number(cl_device_id device, cl_device_info what) {
  T value{};
  if (clGetDeviceInfo(device, what, sizeof value, &value, nullptr) != CL_SUCCESS) return std::nullopt;
  return value;
}

}  // namespace clinfer::cl
