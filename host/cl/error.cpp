#include "host/cl/error.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace clinfer::cl {

namespace {

struct CodeName {
  cl_int code;
  const char* name;
};

#define CLINFER_CODE(name) \
  CodeName {               \
    name, #name            \
  }
constexpr std::array kCodes = {
    CLINFER_CODE(CL_DEVICE_NOT_FOUND),
    CLINFER_CODE(CL_DEVICE_NOT_AVAILABLE),
    CLINFER_CODE(CL_COMPILER_NOT_AVAILABLE),
    CLINFER_CODE(CL_MEM_OBJECT_ALLOCATION_FAILURE),
    CLINFER_CODE(CL_OUT_OF_RESOURCES),
    CLINFER_CODE(CL_OUT_OF_HOST_MEMORY),
    CLINFER_CODE(CL_PROFILING_INFO_NOT_AVAILABLE),
    CLINFER_CODE(CL_MEM_COPY_OVERLAP),
    CLINFER_CODE(CL_BUILD_PROGRAM_FAILURE),
    CLINFER_CODE(CL_MAP_FAILURE),
    CLINFER_CODE(CL_MISALIGNED_SUB_BUFFER_OFFSET),
    CLINFER_CODE(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
    CLINFER_CODE(CL_COMPILE_PROGRAM_FAILURE),
    CLINFER_CODE(CL_LINKER_NOT_AVAILABLE),
    CLINFER_CODE(CL_LINK_PROGRAM_FAILURE),
    CLINFER_CODE(CL_KERNEL_ARG_INFO_NOT_AVAILABLE),
    CLINFER_CODE(CL_INVALID_VALUE),
    CLINFER_CODE(CL_INVALID_DEVICE_TYPE),
    CLINFER_CODE(CL_INVALID_PLATFORM),
    CLINFER_CODE(CL_INVALID_DEVICE),
    CLINFER_CODE(CL_INVALID_CONTEXT),
    CLINFER_CODE(CL_INVALID_QUEUE_PROPERTIES),
    CLINFER_CODE(CL_INVALID_COMMAND_QUEUE),
    CLINFER_CODE(CL_INVALID_HOST_PTR),
    CLINFER_CODE(CL_INVALID_MEM_OBJECT),
    CLINFER_CODE(CL_INVALID_BINARY),
    CLINFER_CODE(CL_INVALID_BUILD_OPTIONS),
    CLINFER_CODE(CL_INVALID_PROGRAM),
    CLINFER_CODE(CL_INVALID_PROGRAM_EXECUTABLE),
    CLINFER_CODE(CL_INVALID_KERNEL_NAME),
    CLINFER_CODE(CL_INVALID_KERNEL_DEFINITION),
    CLINFER_CODE(CL_INVALID_KERNEL),
    CLINFER_CODE(CL_INVALID_ARG_INDEX),
    CLINFER_CODE(CL_INVALID_ARG_VALUE),
    CLINFER_CODE(CL_INVALID_ARG_SIZE),
    CLINFER_CODE(CL_INVALID_KERNEL_ARGS),
    CLINFER_CODE(CL_INVALID_WORK_DIMENSION),
    CLINFER_CODE(CL_INVALID_WORK_GROUP_SIZE),
    CLINFER_CODE(CL_INVALID_WORK_ITEM_SIZE),
    CLINFER_CODE(CL_INVALID_GLOBAL_OFFSET),
    CLINFER_CODE(CL_INVALID_EVENT_WAIT_LIST),
    CLINFER_CODE(CL_INVALID_EVENT),
    CLINFER_CODE(CL_INVALID_OPERATION),
    CLINFER_CODE(CL_INVALID_BUFFER_SIZE),
    CLINFER_CODE(CL_INVALID_GLOBAL_WORK_SIZE),
    CLINFER_CODE(CL_INVALID_COMPILER_OPTIONS),
    CodeName{-1001, "CL_PLATFORM_NOT_FOUND_KHR"},
};
#undef CLINFER_CODE

std::string message_of(cl_int code, const char* call, const std::string& subject) {
  std::string text = subject.empty() ? std::string() : subject + ": ";
  return text + code_name(code) + " from " + call;
}

/// The first line that speaks of an error, else the first line that is not empty.
std::string first_complaint(std::string_view log) {
  std::string_view fallback;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = log.substr(0, end);
    if (line.find("error") != std::string_view::npos) return std::string(line);
    if (fallback.empty()) fallback = line;
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  return fallback.empty() ? "the driver gave no log" : std::string(fallback);
}

}  // namespace

std::string code_name(cl_int code) {
  const auto* found =
      std::find_if(kCodes.begin(), kCodes.end(), [&](const CodeName& c) { return c.code == code; });
  if (found == kCodes.end()) return "OpenCL code " + std::to_string(code);
  return std::string(found->name) + " (" + std::to_string(code) + ")";
}

void check(cl_int code, const char* call, const std::string& subject) {
  if (code != CL_SUCCESS) throw Error(Fault::run, message_of(code, call, subject));
}

void check_allocation(cl_int code, const char* call, const std::string& subject) {
  if (code == CL_SUCCESS) return;
  const bool memory = code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_RESOURCES ||
                      code == CL_OUT_OF_HOST_MEMORY || code == CL_INVALID_BUFFER_SIZE;
  throw Error(memory ? Fault::memory : Fault::run, message_of(code, call, subject));
}

BuildError::BuildError(const std::string& stem, cl_int code, std::string log, std::string options)
    : Error(Fault::device,
            "kernel program '" + stem + "' does not build, " + code_name(code) + ": " + first_complaint(log)),
      log_(std::move(log)),
      options_(std::move(options)) {}

}  // namespace clinfer::cl
