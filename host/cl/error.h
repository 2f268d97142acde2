#pragma once

#include <string>

#include "host/cl/opencl.h"
#include "quant/error.h"

namespace clinfer::cl {

/// "CL_OUT_OF_RESOURCES (-5)"; a code that OpenCL 3.0 does not name gives "OpenCL code -9999".
std::string code_name(cl_int code);

/// Throws Error(Fault::run) naming `call`, and `subject` (a kernel, a buffer) if there is one, unless all is
/// well.
void check(cl_int code, const char* call, const std::string& subject = {});

/// Like check, but for calls that allocate: codes -4, -5, -6 and -61 give Error(Fault::memory).
void check_allocation(cl_int code, const char* call, const std::string& subject);

/// Runs an OpenCL call that returns its code; the message of the Error shows the text of the call.
#define CL_CHECK(call) ::clinfer::cl::check((call), #call)

/// A kernel program that the driver's compiler refused. what() is one line with the first error of the log.
class BuildError : public Error {
 public:
  BuildError(const std::string& stem, cl_int code, std::string log, std::string options);
  const std::string& log() const { return log_; }          ///< the whole log of the compiler
  const std::string& options() const { return options_; }  ///< compiler options and definitions

 private:
  std::string log_;
  std::string options_;
};

}  // namespace clinfer::cl
