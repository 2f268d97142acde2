#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/cl/kernel_text.h"

namespace clinfer::cl {

/// How kernels become functions of another program: pieces of its text.
class JoinForm {
 public:
  virtual ~JoinForm() = default;

  /// Before all units.
  virtual std::string head() const = 0;
  /// Parameters of CHAIN_CALL and of the functions behind it, the number first.
  virtual std::string_view call_parameters() const = 0;
  /// Macros around a unit with groups of so many work-items, and those gone again.
  virtual std::string unit_begin(size_t local_size) const = 0;
  virtual std::string unit_end() const = 0;
  /// A unit's text with its kernels as functions.
  virtual std::string functions(const std::string& text, const std::vector<KernelText>& kernels) const = 0;
  /// The function chain_call_<number>, which unpacks a kernel's arguments; `begins`: another may have begun
  /// it.
  virtual std::string caller(int number, size_t local_size, const KernelText& kernel, bool begins) const = 0;
  /// Parameters of CHAIN_BEGIN, or nothing where nothing can begin before it is called.
  virtual std::string_view begin_parameters() const { return {}; }
  /// Whether a worker of such groups has one for itself, so that what begins it can.
  virtual bool can_begin(size_t) const { return false; }
  /// The function chain_begin_<number> of a kernel that begins another.
  virtual std::string beginner(int, const KernelText&) const { return {}; }
};

/// Kernels of one work-item a group.
class JoinItems : public JoinForm {
 public:
  std::string head() const override { return {}; }
  std::string_view call_parameters() const override { return "worker, workers, pointers, args, scratch"; }
  std::string unit_begin(size_t local_size) const override;
  std::string unit_end() const override;
  std::string functions(const std::string& text, const std::vector<KernelText>& kernels) const override;
  std::string caller(int number, size_t local_size, const KernelText& kernel, bool begins) const override;
};

/// Kernels of groups, by groups of `threads` work-items.
class JoinGroups : public JoinForm {
 public:
  explicit JoinGroups(size_t threads) : threads_(threads) {}
  std::string head() const override;
  std::string_view call_parameters() const override {
    return "group, groups, workers, pointers, args, memory, scratch, begun";
  }
  std::string_view begin_parameters() const override { return "group, workers, pointers, args, memory"; }
  bool can_begin(size_t local_size) const override { return local_size == threads_; }
  std::string beginner(int number, const KernelText& kernel) const override;
  std::string unit_begin(size_t local_size) const override;
  std::string unit_end() const override;
  std::string functions(const std::string& text, const std::vector<KernelText>& kernels) const override;
  std::string caller(int number, size_t local_size, const KernelText& kernel, bool begins) const override;

 private:
  size_t threads_;
};

}  // namespace clinfer::cl
