#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace clinfer::cli {

/// A bar on standard error, drawn at most ten times a second and only when that is a terminal.
class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar() { finish(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(int64_t done, int64_t total);  ///< bytes or steps
  void finish();                             ///< wipes the bar

 private:
  std::string label_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace clinfer::cli
