#include "host/cl/program_cache.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <utility>

#include "host/cl/error.h"
#include "host/cl/joined_source.h"
#include "host/cl/sm_90a.h"

namespace clinfer::cl {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The flags line of the processor: PoCL names its device alike on processors of different abilities.
const std::string& processor_flags() {
  static const std::string flags = [] {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("flags") || line.starts_with("Features")) return line;
    }
    return std::string();
  }();
  return flags;
}

/// Whether the device has an instruction that multiplies and adds. x86 compilers that read an intermediate
/// language do not tell kernels (FP_FAST_FMAF).
bool fuses(const graph::DeviceInfo& device) {
#if defined(__x86_64__)
  return device.is_cpu && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

/// For the driver's compiler.
std::string build_options(const Device& device, const ProgramSource& source) {
  return source.options + (fuses(device.info()) ? " -DFAST_FMA" : "");
}

std::string shown_options(const ProgramSource& source) {
  std::string text = source.options;
  for (const std::string& define : source.defines) text += " -D" + define;
  return source.sm_90a ? text + " for sm_90a" : text;
}

/// Options as the key of a stored binary has them.
std::string key_options(const Device& device, const ProgramSource& source) {
  return build_options(device, source) + (source.sm_90a ? " for sm_90a" : "");
}

std::string request_key(const Device& device, const ProgramSource& source) {
  const std::string context = std::to_string(reinterpret_cast<uintptr_t>(device.context()));
  std::string key = context + "\n" + source.entry + "\n" + source.stem + "\n" + shown_options(source);
  for (const JoinedUnit& unit : source.units) {
    key += "\n" + unit.entry;
    for (const std::string& define : unit.defines) key += " -D" + define;
    for (const std::string& kernel : unit.kernels) key += " " + kernel;
  }
  return key;
}

std::string text_of(const SourceLoader& loader, const ProgramSource& source) {
  std::string text = loader.resolve(source.entry, source.defines);
  return source.units.empty() ? text : with_functions(loader, std::move(text), source.units);
}

}  // namespace

Digest program_key(const graph::DeviceInfo& device, const std::string& resolved_source,
                   const std::string& options) {
  constexpr std::string_view kFormat = "clinfer program 1";
  return Sha256()
      .field(kFormat)
      .field(resolved_source)
      .field(options)
      .field(device.platform)
      .field(device.vendor)
      .field(device.name)
      .field(device.driver_version)
      .field(device.is_cpu ? processor_flags() : std::string())
      .digest();
}

ProgramCache::ProgramCache(Options options) : options_(std::move(options)), disk_(options_.folder) {
  for (int i = 0; i < std::max(1, options_.threads); ++i) threads_.emplace_back([this] { build_loop(); });
}

ProgramCache::~ProgramCache() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  const auto start = Clock::now();
  for (Unsaved unsaved; seconds_since(start) < options_.exit_save_seconds && take_unsaved(true, unsaved);) {
    save(unsaved);
  }
}

std::shared_future<Program> ProgramCache::build_async(const Device& device, const ProgramSource& source) {
  const std::string key = request_key(device, source);
  const std::lock_guard lock(mutex_);
  if (const auto found = requests_.find(key); found != requests_.end()) {
    ++statistics_.memory_hits;
    return found->second.program;
  }
  // Copyable, as what a queue of functions holds must be.
  const auto task = std::make_shared<std::packaged_task<Program()>>(
      [this, device, source] { return produce(device, source); });
  queue_.emplace_back([task] { (*task)(); });
  std::shared_future<Program> future = task->get_future().share();
  requests_.emplace(key, Request{device, future});
  wake_.notify_all();
  return future;
}

std::shared_future<bool> ProgramCache::stored_async(const Device& device, const ProgramSource& source) {
  const std::string key = request_key(device, source);
  const std::lock_guard lock(mutex_);
  if (const auto known = stored_.find(key); known != stored_.end()) return known->second;
  if (requests_.contains(key)) {
    std::promise<bool> asked_for;
    asked_for.set_value(true);
    return stored_.emplace(key, asked_for.get_future().share()).first->second;
  }
  const auto task = std::make_shared<std::packaged_task<bool()>>([this, device, source] {
    return disk_.has(remember_key(device, source, text_of(options_.loader, source)));
  });
  queue_.emplace_front([task] { (*task)(); });
  wake_.notify_one();
  return stored_.emplace(key, task->get_future().share()).first->second;
}

void ProgramCache::build_loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    auto task = std::move(queue_.front());
    queue_.pop_front();
    ++building_;
    lock.unlock();
    task();
    lock.lock();
    --building_;
  }
}

Program ProgramCache::produce(const Device& device, const ProgramSource& source) {
  const auto start = Clock::now();
  const std::string text = text_of(options_.loader, source);
  const Digest key = remember_key(device, source, text);
  if (const auto binary = disk_.load(key)) {
    if (auto program = build_from_binary(device, source.stem, *binary, build_options(device, source))) {
      count([&](Statistics& s) { ++s.disk_hits, s.load_seconds += seconds_since(start); });
      tell(source, true, start);
      return *std::move(program);
    }
  }
  const auto count_miss = [&](Statistics& s) { ++s.misses, s.build_seconds += seconds_since(start); };
  try {
    const auto build_text = source.sm_90a ? build_for_sm_90a : build_from_source;
    Program program =
        build_text(device, source.stem, text, build_options(device, source), shown_options(source));
    count(count_miss);
    tell(source, false, start);
    if (disk_.enabled()) {
      const std::lock_guard lock(mutex_);
      unsaved_.push_back({program, key});
    }
    return program;
  } catch (...) {
    count(count_miss);
    throw;
  }
}

/// Of its resolved text; key() then need not resolve it.
Digest ProgramCache::remember_key(const Device& device, const ProgramSource& source,
                                  const std::string& text) {
  const Digest key = program_key(device.info(), text, key_options(device, source));
  const std::lock_guard lock(mutex_);
  keys_.emplace(request_key(device, source), key);
  return key;
}

Digest ProgramCache::key(const Device& device, const ProgramSource& source) const {
  {
    const std::lock_guard lock(mutex_);
    const auto known = keys_.find(request_key(device, source));
    if (known != keys_.end()) return known->second;
  }
  return program_key(device.info(), text_of(options_.loader, source), key_options(device, source));
}

bool ProgramCache::take_unsaved(bool launched_only, Unsaved& taken) {
  const auto found = std::find_if(unsaved_.begin(), unsaved_.end(),
                                  [&](const Unsaved& u) { return !launched_only || u.program.launched(); });
  if (found == unsaved_.end()) return false;
  taken = *found;
  unsaved_.erase(found);
  return true;
}

void ProgramCache::save(const Unsaved& unsaved) {
  const auto start = Clock::now();
  const std::vector<std::byte> binary = binary_of(unsaved.program);
  const bool stored = !binary.empty() && disk_.store(unsaved.key, binary);
  count([&](Statistics& s) { s.saved += stored ? 1 : 0, s.save_seconds += seconds_since(start); });
}

void ProgramCache::flush() {
  std::unique_lock lock(mutex_);
  for (Unsaved unsaved; take_unsaved(false, unsaved);) {
    lock.unlock();
    save(unsaved);
    lock.lock();
  }
}

bool ProgramCache::has_unsaved() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(unsaved_.begin(), unsaved_.end(), [](const Unsaved& u) { return u.program.launched(); });
}

ProgramCache::Statistics ProgramCache::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

void ProgramCache::tell(const ProgramSource& source, bool from_disk, Clock::time_point start) const {
  if (options_.watch) options_.watch({source.stem, from_disk, start, Clock::now()});
}

void ProgramCache::count(const std::function<void(Statistics&)>& change) {
  const std::lock_guard lock(mutex_);
  change(statistics_);
}

}  // namespace clinfer::cl
