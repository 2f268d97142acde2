#pragma once

#include <cstddef>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/cl/sha256.h"

namespace clinfer::cl {

/// A folder of checked blobs named by their key, shared by any number of processes without locks.
///
/// An entry is: magic, format version, payload length, SHA-256 of key and payload, payload. Entries are
/// written to a temporary name, synced and renamed. Whatever is wrong with an entry (cut, changed, linked,
/// somebody else's) makes it a miss. A folder that another user owns, or that others may write, is not used:
/// its entries are code.
class DiskCache {
 public:
  /// An empty path gives a cache that is off: every load misses, every store is ignored.
  explicit DiskCache(const std::filesystem::path& folder);

  /// $CLINFER_CACHE_DIR ("off" disables), else $XDG_CACHE_HOME/clinfer, else $HOME/.cache/clinfer, else
  /// empty.
  static std::filesystem::path folder_from_environment();

  bool enabled() const { return !folder_.empty(); }
  const std::filesystem::path& folder() const { return folder_; }

  std::optional<std::vector<std::byte>> load(const Digest& key) const;
  bool has(const Digest& key) const;  ///< a file of that name, which load() may still refuse
  bool store(const Digest& key, std::span<const std::byte> payload);  ///< false: not stored, see warning()

  /// Why the cache is off or could not be written; empty when all is well.
  std::string warning() const;

 private:
  std::filesystem::path entry_path(const Digest& key) const;
  void warn(const std::string& text);

  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::string warning_;
};

}  // namespace clinfer::cl
