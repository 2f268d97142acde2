#include "host/io/mapped_registry.h"

#include <unistd.h>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <mutex>

#include "quant/error.h"

namespace clinfer::io {
namespace {

/// `end` is written last and cleared first: a slot with end == 0 is not looked at.
struct Slot {
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  std::atomic<int> descriptor{-1};
  std::atomic<const char*> path{nullptr};
};

std::array<Slot, 4096> slots;
std::mutex slots_mutex;

void write_stderr(const char* text) {
  const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
  static_cast<void>(written);
}

void on_bus_error(int signal, siginfo_t* info, void*) {
  MappedRange range;
  if (find_mapping(reinterpret_cast<uintptr_t>(info->si_addr), &range)) {
    write_stderr("clinfer: ");
    write_stderr(range.path);
    write_stderr(": the file was cut or became unreadable while it was in use\n");
    _exit(static_cast<int>(Fault::model));
  }
  // Not ours: with the default action back, the faulting instruction raises the signal again.
  std::signal(signal, SIG_DFL);
}

/// Does nothing where the program (or an earlier call) has set a handler.
void install_handler() {
  struct sigaction present = {};
  if (sigaction(SIGBUS, nullptr, &present) != 0) return;
  if ((present.sa_flags & SA_SIGINFO) != 0 || present.sa_handler != SIG_DFL) return;
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

int register_mapping(const MappedRange& range) {
  install_handler();
  const std::lock_guard lock(slots_mutex);
  for (size_t i = 0; i < slots.size(); ++i) {
    Slot& slot = slots[i];
    if (slot.end.load() != 0) continue;
    slot.begin = range.begin;
    slot.descriptor = range.descriptor;
    slot.path = range.path;
    slot.end = range.end;
    return static_cast<int>(i);
  }
  return -1;
}

void unregister_mapping(int slot) {
  const std::lock_guard lock(slots_mutex);
  slots[static_cast<size_t>(slot)].end = 0;
}

bool find_mapping(uintptr_t address, MappedRange* found) {
  for (const Slot& slot : slots) {
    const uintptr_t end = slot.end.load();
    if (end == 0 || address >= end || address < slot.begin.load()) continue;
    *found = {slot.begin.load(), end, slot.descriptor.load(), slot.path.load()};
    return true;
  }
  return false;
}

}  // namespace clinfer::io
