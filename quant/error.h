#pragma once

#include <stdexcept>
#include <string>

namespace clinfer {

/// What kind of fault ended the work; the value is the exit code of the program.
enum class Fault {
  run = 1,     ///< the run failed (I/O, driver)
  usage = 2,   ///< command line or configuration
  device = 3,  ///< no usable device, or no kernel could be built
  model = 4,   ///< a model file is invalid or unsupported
  memory = 5,  ///< not enough memory for the plan
  gate = 6,    ///< a verification or accuracy gate failed
};

/// The one exception type for faults of users, files and drivers. The message is one line that names the
/// file, key, tensor or kernel at fault and says what was expected.
class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& message) : std::runtime_error(message), fault_(fault) {}
  Fault fault() const { return fault_; }

 private:
  Fault fault_;
};

}  // namespace clinfer
