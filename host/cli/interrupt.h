#pragma once

#include <atomic>
#include <string>

namespace clinfer::cli {

/// SIGINT and SIGTERM end the process at once with 128 + their number (files are written under temporary
/// names, so nothing is left half done), except while a GracefulScope lives. SIGPIPE has its default effect.
void install_signal_handlers();

/// While it lives the first SIGINT or SIGTERM only sets interrupted(): the work ends at the next token. The
/// second ends the process at once. One at a time.
class GracefulScope {
 public:
  /// `overdue`, where not empty: when the first signal's work has not ended within a second, this text goes
  /// to stderr and the process ends all the same. For calls that look at interrupted() too seldom.
  explicit GracefulScope(std::string overdue = {});
  ~GracefulScope();
  GracefulScope(const GracefulScope&) = delete;
  GracefulScope& operator=(const GracefulScope&) = delete;

  void never_overdue();  ///< from now on the work looks often enough

 private:
  std::string overdue_;
};

const std::atomic<bool>& interrupted();
void forget_interrupt();  ///< the signal has been answered; the next one is a first again

/// Ends the process with 130 after SIGINT, 143 after SIGTERM, without the time that saving compiled kernels
/// may take. Returns when there was no signal.
void end_if_interrupted();

}  // namespace clinfer::cli
