#include "host/cl/program.h"

#include <utility>

#include "host/cl/build_log.h"
#include "host/cl/error.h"

namespace clinfer::cl {

namespace {

std::string build_log(cl_program program, cl_device_id device) {
  size_t bytes = 0;
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &bytes) != CL_SUCCESS)
    return {};
  std::string log(bytes, '\0');
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, log.data(), nullptr) !=
      CL_SUCCESS) {
    return {};
  }
  while (!log.empty() && (log.back() == '\0' || log.back() == '\n')) log.pop_back();
  return log;
}

}  // namespace

Program::Program(ProgramHandle handle, std::string stem, bool from_cache)
    : handle_(std::move(handle)), stem_(std::move(stem)), from_cache_(from_cache) {}

Program build_from_source(const Device& device, const std::string& stem, const std::string& text,
                          const std::string& options, const std::string& shown_options) {
  const char* data = text.data();
  const size_t bytes = text.size();
  cl_int code = CL_SUCCESS;
  ProgramHandle handle(clCreateProgramWithSource(device.context(), 1, &data, &bytes, &code));
  check(code, "clCreateProgramWithSource", stem);
  const cl_device_id id = device.raw();
  code = clBuildProgram(handle.get(), 1, &id, options.c_str(), nullptr, nullptr);
  if (code != CL_SUCCESS)
    throw BuildError(stem, code, named_log(build_log(handle.get(), id), text), shown_options);
  return Program(std::move(handle), stem, false);
}

std::optional<Program> build_from_binary(const Device& device, const std::string& stem,
                                         std::span<const std::byte> binary, const std::string& options) {
  const auto* data = reinterpret_cast<const unsigned char*>(binary.data());
  const size_t bytes = binary.size();
  const cl_device_id id = device.raw();
  cl_int status = CL_SUCCESS;
  cl_int code = CL_SUCCESS;
  ProgramHandle handle(clCreateProgramWithBinary(device.context(), 1, &id, &bytes, &data, &status, &code));
  if (code != CL_SUCCESS || status != CL_SUCCESS) return std::nullopt;
  if (clBuildProgram(handle.get(), 1, &id, options.c_str(), nullptr, nullptr) != CL_SUCCESS)
    return std::nullopt;
  return Program(std::move(handle), stem, true);
}

std::vector<std::byte> binary_of(const Program& program) {
  size_t bytes = 0;
  if (clGetProgramInfo(program.raw(), CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, nullptr) != CL_SUCCESS)
    return {};
  std::vector<std::byte> binary(bytes);
  auto* data = reinterpret_cast<unsigned char*>(binary.data());
  if (bytes == 0 ||
      clGetProgramInfo(program.raw(), CL_PROGRAM_BINARIES, sizeof data, &data, nullptr) != CL_SUCCESS) {
    return {};
  }
  return binary;
}

}  // namespace clinfer::cl
