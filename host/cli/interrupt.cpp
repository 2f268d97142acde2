#include "host/cli/interrupt.h"

#include <unistd.h>
#include <csignal>
#include <cstdio>

namespace clinfer::cli {
namespace {

std::atomic<bool> graceful{false};
std::atomic<bool> stop{false};
std::atomic<int> caught{0};
std::atomic<const char*> overdue_text{nullptr};
std::atomic<size_t> overdue_bytes{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
              std::atomic<const char*>::is_always_lock_free && std::atomic<size_t>::is_always_lock_free);

extern "C" void on_signal(int number) {
  if (!graceful || stop.exchange(true)) _exit(128 + number);
  caught = number;
  if (overdue_text != nullptr) alarm(1);
}

extern "C" void on_alarm(int) {
  const char* text = overdue_text;
  if (text == nullptr) return;  // the work ended, or prints text by now
  // The process ends whether or not this can be written.
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, text, overdue_bytes);
  _exit(128 + caught);
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);  // without SA_RESTART: a wait for the user's next line ends
}

}  // namespace

void install_signal_handlers() {
  handle(SIGINT, on_signal);
  handle(SIGTERM, on_signal);
  handle(SIGALRM, on_alarm);
  std::signal(SIGPIPE, SIG_DFL);
}

GracefulScope::GracefulScope(std::string overdue) : overdue_(std::move(overdue)) {
  overdue_bytes = overdue_.size();
  overdue_text = overdue_.empty() ? nullptr : overdue_.c_str();
  graceful = true;
}

GracefulScope::~GracefulScope() {
  never_overdue();
  graceful = false;
}

void GracefulScope::never_overdue() {
  overdue_text = nullptr;
  alarm(0);
}

const std::atomic<bool>& interrupted() {
  return stop;
}

void forget_interrupt() {
  caught = 0;
  stop = false;
}

void end_if_interrupted() {
  if (caught == 0) return;
  std::fflush(stdout);
  std::fflush(stderr);
  _exit(128 + caught);
}

}  // namespace clinfer::cli
