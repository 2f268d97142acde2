#include "host/cl/disk_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace clinfer::cl {

namespace {

constexpr uint64_t kMaxPayload = uint64_t{256} << 20;  // bytes; a larger entry is not ours

struct Header {
  std::array<char, 8> magic{'C', 'L', 'I', 'N', 'F', 'B', 'I', 'N'};
  uint64_t version = 1;
  uint64_t payload_bytes = 0;
  Digest digest{};
};
static_assert(sizeof(Header) == 56);

/// A file descriptor that closes itself.
class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : fd_(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  bool ok() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  bool read_all(std::span<std::byte> out) const {
    while (!out.empty()) {
      const ssize_t got = ::read(fd_, out.data(), out.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      out = out.subspan(static_cast<size_t>(got));
    }
    return true;
  }
  bool write_all(std::span<const std::byte> in) const {
    while (!in.empty()) {
      const ssize_t put = ::write(fd_, in.data(), in.size());
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return false;
      in = in.subspan(static_cast<size_t>(put));
    }
    return true;
  }

 private:
  int fd_;
};

Digest digest_of(const Digest& key, std::span<const std::byte> payload) {
  return Sha256().bytes(std::as_bytes(std::span(key))).bytes(payload).digest();
}

/// Makes the folder (0700) if it is missing; the reason why it may not be used, or an empty text.
std::string prepare(const std::filesystem::path& folder) {
  std::error_code failed;
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), failed);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return std::strerror(errno);
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return std::strerror(errno);
  if (!S_ISDIR(status.st_mode)) return "it is not a folder";
  if (status.st_uid != geteuid()) return "another user owns it";
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "other users may write to it";
  return {};
}

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace

DiskCache::DiskCache(const std::filesystem::path& folder) : folder_(folder) {
  if (folder_.empty()) return;
  const std::string reason = prepare(folder_);
  if (reason.empty()) return;
  warn("the program cache " + folder_.string() + " is not used: " + reason);
  folder_.clear();
}

std::filesystem::path DiskCache::folder_from_environment() {
  if (const char* own = variable("CLINFER_CACHE_DIR")) return std::strcmp(own, "off") == 0 ? "" : own;
  if (const char* xdg = variable("XDG_CACHE_HOME")) return std::filesystem::path(xdg) / "clinfer";
  if (const char* home = variable("HOME")) return std::filesystem::path(home) / ".cache" / "clinfer";
  return {};
}

std::filesystem::path DiskCache::entry_path(const Digest& key) const {
  return folder_ / (hex(key) + ".bin");
}

bool DiskCache::has(const Digest& key) const {
  return enabled() && access(entry_path(key).c_str(), R_OK) == 0;
}

std::optional<std::vector<std::byte>> DiskCache::load(const Digest& key) const {
  if (!enabled()) return std::nullopt;
  const File file(entry_path(key), O_RDONLY | O_NONBLOCK);
  struct stat status {};
  if (!file.ok() || fstat(file.fd(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) return std::nullopt;
  Header header;
  const Header expected;
  if (!file.read_all(std::as_writable_bytes(std::span(&header, 1)))) return std::nullopt;
  if (header.magic != expected.magic || header.version != expected.version) return std::nullopt;
  if (header.payload_bytes > kMaxPayload) return std::nullopt;
  if (static_cast<uint64_t>(status.st_size) != sizeof(Header) + header.payload_bytes) return std::nullopt;
  std::vector<std::byte> payload(header.payload_bytes);
  if (!file.read_all(payload) || digest_of(key, payload) != header.digest) return std::nullopt;
  return payload;
}

bool DiskCache::store(const Digest& key, std::span<const std::byte> payload) {
  if (!enabled() || payload.size() > kMaxPayload) return false;
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path target = entry_path(key);
  const std::filesystem::path temporary =
      target.string() + ".tmp." + std::to_string(getpid()) + "." + std::to_string(counter++);
  Header header;
  header.payload_bytes = payload.size();
  header.digest = digest_of(key, payload);
  int fault = 0;
  {
    errno = 0;
    // O_EXCL: a leftover or planted file of this name is never written through.
    const File file(temporary, O_WRONLY | O_CREAT | O_EXCL);
    const bool written = file.ok() && file.write_all(std::as_bytes(std::span(&header, 1))) &&
                         file.write_all(payload) && fsync(file.fd()) == 0;
    if (!written) fault = errno != 0 ? errno : EIO;
  }
  if (fault == 0 && rename(temporary.c_str(), target.c_str()) != 0) fault = errno;
  if (fault == 0) return true;
  if (fault != EEXIST) unlink(temporary.c_str());
  warn("the program cache " + folder_.string() + " cannot be written: " + std::strerror(fault));
  return false;
}

std::string DiskCache::warning() const {
  const std::lock_guard lock(mutex_);
  return warning_;
}

void DiskCache::warn(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (warning_.empty()) warning_ = text;
}

}  // namespace clinfer::cl
