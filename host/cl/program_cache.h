#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/cl/disk_cache.h"
#include "host/cl/program.h"
#include "host/cl/source_loader.h"

namespace clinfer::cl {

/// A program that a builder made ready, from disk or from its source.
struct ProgramReady {
  std::string stem;
  bool from_disk = false;
  std::chrono::steady_clock::time_point start;
  std::chrono::steady_clock::time_point end;
};

struct CacheOptions {
  std::filesystem::path folder = DiskCache::folder_from_environment();  ///< empty: no disk cache
  SourceLoader loader = SourceLoader::from_environment();
  int threads = 2;                                   ///< background builders, at least 1
  double exit_save_seconds = 20;                     ///< how long the destructor may go on fetching binaries
  std::function<void(const ProgramReady&)> watch{};  ///< called by the builders' threads; may be empty
};

/// Counts and seconds summed over threads, since construction.
struct CacheStatistics {
  int64_t memory_hits = 0;  ///< the same request again
  int64_t disk_hits = 0;
  int64_t misses = 0;  ///< built from source, also when the build failed
  int64_t saved = 0;   ///< binaries written
  double build_seconds = 0;
  double load_seconds = 0;
  double save_seconds = 0;
};

/// Builds programs in background threads and keeps their binaries on disk.
///
/// Key of an entry: SHA-256 over the resolved source, options, platform, device, driver, for CPU devices the
/// flags of the processor, and the format version. Binaries are fetched late, when nothing is being built and
/// the program has been launched: PoCL compiles per work-group size at the first launch, and only a binary
/// fetched after that spares the next process all compilation; fetching it costs PoCL as much again as the
/// build.
class ProgramCache {
 public:
  using Options = CacheOptions;
  using Statistics = CacheStatistics;

  explicit ProgramCache(Options options = {});
  ~ProgramCache();  ///< drops requests that no builder has begun, saves launched programs while there is time
  ProgramCache(const ProgramCache&) = delete;
  ProgramCache& operator=(const ProgramCache&) = delete;

  /// The same request twice gives the same future and one build. The future throws BuildError or
  /// Error; std::future_error if the cache is destroyed before the build began.
  std::shared_future<Program> build_async(const Device& device, const ProgramSource& source);
  /// Whether the program need not be compiled: its binary is on disk, or it was asked for. Builders tell,
  /// before what waits for them.
  std::shared_future<bool> stored_async(const Device& device, const ProgramSource& source);
  Program build(const Device& device, const ProgramSource& source) {
    return build_async(device, source).get();
  }

  /// The key under which the program's binary is stored; of a program that was asked for it is known.
  Digest key(const Device& device, const ProgramSource& source) const;
  /// Where binaries lie, for what else is to be remembered about a program under a key of its own.
  DiskCache& disk() { return disk_; }

  /// Saves every binary that is not on disk yet, launched or not.
  void flush();

  /// Whether the end will store programs, which can take PoCL as long as building them did.
  bool has_unsaved() const;

  Statistics statistics() const;
  std::string warning() const {
    return disk_.warning();
  }  ///< why the disk cache is not used; empty when all is well

 private:
  struct Unsaved {
    Program program;
    Digest key;
  };

  struct Request {
    Device device;  ///< keeps the context alive, so that no later context can have the same request key
    std::shared_future<Program> program;
  };

  void build_loop();
  Program produce(const Device& device, const ProgramSource& source);
  Digest remember_key(const Device& device, const ProgramSource& source, const std::string& text);
  bool take_unsaved(bool launched_only, Unsaved& taken);  ///< with mutex_ held
  void save(const Unsaved& unsaved);
  void count(const std::function<void(Statistics&)>& change);
  void tell(const ProgramSource& source, bool from_disk, std::chrono::steady_clock::time_point start) const;

  Options options_;
  DiskCache disk_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  std::map<std::string, Request> requests_;
  std::map<std::string, std::shared_future<bool>> stored_;  ///< answers of stored_async
  std::map<std::string, Digest> keys_;                      ///< of requests that a builder has begun
  std::vector<Unsaved> unsaved_;
  Statistics statistics_;
  int building_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// The key under which a program's binary is stored.
Digest program_key(const graph::DeviceInfo& device, const std::string& resolved_source,
                   const std::string& options);

}  // namespace clinfer::cl
