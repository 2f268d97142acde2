#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/cl/context.h"
#include "host/cl/handle.h"

namespace clinfer::cl {

/// Kernels of one file and one set of constants, to be called as functions by another program.
struct JoinedUnit {
  std::string entry;                 ///< as ProgramSource has it
  std::vector<std::string> defines;  ///< the same; WG_SIZE=1 is among them where the file asks for it
  std::vector<std::string> kernels;

  bool operator==(const JoinedUnit&) const = default;
};

/// What is to be built: an entry file of cl_kernels/ and the constants it is specialised with.
struct ProgramSource {
  std::string stem;                       ///< name in messages, e.g. "rms_norm"
  std::string entry;                      ///< "rms_norm.cl", relative to cl_kernels/
  std::vector<std::string> defines;       ///< "NAME" or "NAME=VALUE"
  std::string options = "-cl-std=CL1.2";  ///< for the driver's compiler
  bool sm_90a = false;                    ///< has marked instructions of sm_90a: see sm_90a.h
  std::vector<JoinedUnit> units{};        ///< programs whose kernels the entry calls as functions

  bool operator==(const ProgramSource&) const = default;
};

/// A built program; copies share it.
class Program {
 public:
  Program() = default;
  Program(ProgramHandle handle, std::string stem, bool from_cache);

  cl_program raw() const { return handle_.get(); }
  const std::string& stem() const { return stem_; }
  bool from_cache() const { return from_cache_; }  ///< built from a stored binary

  /// Some drivers finish compiling at the first launch only; their binary is complete once this is true.
  bool launched() const { return launched_->load(std::memory_order_relaxed); }
  void mark_launched() const { launched_->store(true, std::memory_order_relaxed); }

 private:
  ProgramHandle handle_;
  std::string stem_;
  bool from_cache_ = false;
  std::shared_ptr<std::atomic<bool>> launched_ = std::make_shared<std::atomic<bool>>(false);
};

/// Throws BuildError. `shown_options` is what the error tells the user (options and constants).
Program build_from_source(const Device& device, const std::string& stem, const std::string& text,
                          const std::string& options, const std::string& shown_options);

/// Nothing if the driver does not take the binary.
std::optional<Program> build_from_binary(const Device& device, const std::string& stem,
                                         std::span<const std::byte> binary, const std::string& options);

/// The driver's binary of a built program; empty if it gives none.
std::vector<std::byte> binary_of(const Program& program);

}  // namespace clinfer::cl
