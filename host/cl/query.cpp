#include "host/cl/query.h"

#include "host/cl/error.h"

namespace clinfer::cl {

namespace {

template <class Query>
std::string text_of(Query query) {
  size_t bytes = 0;
  if (query(0, nullptr, &bytes) != CL_SUCCESS || bytes == 0 || bytes > (size_t{1} << 20)) return {};
  std::string text(bytes, '\0');
  if (query(bytes, text.data(), nullptr) != CL_SUCCESS) return {};
  text.resize(text.find('\0') == std::string::npos ? bytes : text.find('\0'));
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

std::vector<cl_platform_id> platform_ids(cl_int& code) {
  cl_uint count = 0;
  code = clGetPlatformIDs(0, nullptr, &count);
  if (code != CL_SUCCESS || count == 0) return {};
  std::vector<cl_platform_id> platforms(count);
  code = clGetPlatformIDs(count, platforms.data(), nullptr);
  if (code != CL_SUCCESS) return {};
  return platforms;
}

std::vector<cl_device_id> device_ids(cl_platform_id platform, cl_int& code) {
  cl_uint count = 0;
  code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count);
  if (code == CL_DEVICE_NOT_FOUND) code = CL_SUCCESS;
  if (code != CL_SUCCESS || count == 0) return {};
  std::vector<cl_device_id> devices(count);
  code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, devices.data(), nullptr);
  if (code != CL_SUCCESS) return {};
  return devices;
}

cl_device_id find_device(int platform_index, int device_index) {
  cl_int code = CL_SUCCESS;
  const auto platforms = platform_ids(code);
  if (platform_index >= 0 && static_cast<size_t>(platform_index) < platforms.size()) {
    const auto devices = device_ids(platforms[static_cast<size_t>(platform_index)], code);
    if (device_index >= 0 && static_cast<size_t>(device_index) < devices.size()) {
      return devices[static_cast<size_t>(device_index)];
    }
  }
  throw Error(Fault::device, "there is no OpenCL device " + std::to_string(platform_index) + ":" +
                                 std::to_string(device_index));
}

std::string platform_text(cl_platform_id platform, cl_platform_info what) {
  return text_of([&](size_t size, void* data, size_t* needed) {
    return clGetPlatformInfo(platform, what, size, data, needed);
  });
}

std::string device_text(cl_device_id device, cl_device_info what) {
  return text_of([&](size_t size, void* data, size_t* needed) {
    return clGetDeviceInfo(device, what, size, data, needed);
  });
}

}  // namespace clinfer::cl
