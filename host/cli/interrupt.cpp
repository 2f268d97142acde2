#include "host/cli/interrupt.h"

#include <unistd.h>
#include <csignal>

namespace clinfer::cli {
namespace {

std::atomic<bool> stop{false};
std::atomic<int> caught{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int number) {
  if (stop.exchange(true)) _exit(128 + number);
  caught = number;
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

const std::atomic<bool>& interrupted() {
  return stop;
}

int signal_exit_code() {
  return caught == 0 ? 0 : 128 + caught;
}

}  // namespace clinfer::cli
