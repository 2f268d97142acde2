#pragma once

#include <cstddef>
#include <cstdint>

namespace clinfer::io {

/// A mapped range that the SIGBUS handler knows. `path` lives as long as the mapping does.
struct MappedRange {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  int descriptor = -1;
  const char* path = nullptr;
};

/// Enters a range, and installs the SIGBUS handler where SIGBUS has none. Returns its slot, or -1 when the
/// table (4096 files) is full.
int register_mapping(const MappedRange& range);
void unregister_mapping(int slot);

/// Finds the range that holds the address. Lock-free, safe in a signal handler.
bool find_mapping(uintptr_t address, MappedRange* found);

}  // namespace clinfer::io
