#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "host/cl/disk_cache.h"
#include "tests/host_cl/scratch_folder.h"

namespace fs = std::filesystem;

namespace clinfer::cl {

namespace {

using Bytes = std::vector<std::byte>;

Digest key_of(const std::string& text) {
  return Sha256().field(text).digest();
}

Bytes bytes_of(const std::string& text) {
  const auto view = std::as_bytes(std::span(text));
  return Bytes(view.begin(), view.end());
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

struct StoredEntry {
  ScratchFolder scratch;
  DiskCache cache{scratch.path() / "cache"};
  Digest key = key_of("entry");
  Bytes payload = bytes_of("a program binary");
  fs::path path = cache.folder() / (hex(key) + ".bin");
  StoredEntry() { REQUIRE(cache.store(key, payload)); }
};

}  // namespace

TEST_CASE("sha256 gives the digest of FIPS 180-2, appendix B.1") {
  const std::string text = "abc";
  CHECK(hex(Sha256().bytes(std::as_bytes(std::span(text))).digest()) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(Sha256().field("ab").field("c").digest() != Sha256().field("a").field("bc").digest());
}

TEST_CASE("disk cache: what is stored is loaded, under its key only") {
  StoredEntry e;
  CHECK(e.cache.warning().empty());
  CHECK(e.cache.load(e.key) == e.payload);
  CHECK(DiskCache(e.cache.folder()).load(e.key) == e.payload);
  CHECK_FALSE(e.cache.load(key_of("other")));
  fs::copy_file(e.path, e.cache.folder() / (hex(key_of("other")) + ".bin"));
  CHECK_FALSE(e.cache.load(key_of("other")));
  REQUIRE(e.cache.store(e.key, bytes_of("newer")));
  CHECK(e.cache.load(e.key) == bytes_of("newer"));
  REQUIRE(e.cache.store(e.key, {}));
  CHECK(e.cache.load(e.key) == Bytes{});
}

TEST_CASE("disk cache: an entry cut at any length or with any bit flipped is a miss") {
  StoredEntry e;
  const std::string good = read_file(e.path);
  for (size_t length = 0; length < good.size(); ++length) {
    write_file(e.path, good.substr(0, length));
    CHECK_FALSE(e.cache.load(e.key));
  }
  write_file(e.path, good + "x");
  CHECK_FALSE(e.cache.load(e.key));
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    write_file(e.path, bad);
    CHECK_FALSE(e.cache.load(e.key));
  }
  write_file(e.path, good);
  CHECK(e.cache.load(e.key) == e.payload);
}

TEST_CASE("disk cache: links, folders and pipes in place of an entry are misses") {
  StoredEntry e;
  const fs::path elsewhere = e.scratch.path() / "elsewhere";
  fs::rename(e.path, elsewhere);
  fs::create_symlink(elsewhere, e.path);
  CHECK_FALSE(e.cache.load(e.key));
  fs::remove(e.path);
  REQUIRE(mkfifo(e.path.c_str(), 0600) == 0);
  CHECK_FALSE(e.cache.load(e.key));
  fs::remove(e.path);
  fs::create_directory(e.path);
  CHECK_FALSE(e.cache.load(e.key));
  CHECK_FALSE(e.cache.store(e.key, e.payload));
  CHECK(e.cache.warning().find("cannot be written") != std::string::npos);
}

TEST_CASE("disk cache: the folder is private, one that others may write is refused") {
  const ScratchFolder scratch;
  const fs::path folder = scratch.path() / "a" / "b";
  CHECK(DiskCache(folder).enabled());
  struct stat status {};
  REQUIRE(stat(folder.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  for (const mode_t mode : {0770u, 0702u}) {
    REQUIRE(chmod(folder.c_str(), mode) == 0);
    DiskCache open_to_others(folder);
    CHECK_FALSE(open_to_others.enabled());
    CHECK(open_to_others.warning().find("other users may write") != std::string::npos);
    CHECK_FALSE(open_to_others.store(key_of("x"), bytes_of("x")));
  }
  if (geteuid() == 0) {
    REQUIRE(chmod(folder.c_str(), 0700) == 0);
    REQUIRE(chown(folder.c_str(), 12345, 12345) == 0);
    CHECK(DiskCache(folder).warning().find("another user owns it") != std::string::npos);
  }
}

TEST_CASE("disk cache: a place that cannot be written is a warning, not a failure") {
  const ScratchFolder scratch;
  write_file(scratch.path() / "file", "");
  DiskCache under_a_file(scratch.path() / "file" / "cache");
  CHECK_FALSE(under_a_file.enabled());
  CHECK(under_a_file.warning().find("is not used") != std::string::npos);
  DiskCache on_proc("/proc/clinfer");
  CHECK_FALSE(on_proc.enabled());
  DiskCache gone(scratch.path() / "gone");
  fs::remove_all(gone.folder());
  CHECK_FALSE(gone.store(key_of("x"), bytes_of("x")));
  CHECK_FALSE(gone.warning().empty());
}

TEST_CASE("disk cache: a folder without write permission is read, and stores are refused") {
  StoredEntry e;
  REQUIRE(chmod(e.cache.folder().c_str(), 0500) == 0);
  const pid_t child = fork();
  if (child == 0) {  // root may write anywhere: be somebody else, who then owns the folder
    int failures = 0;
    if (geteuid() == 0) {
      failures += chown(e.scratch.path().c_str(), 12345, 12345) != 0;
      failures += chown(e.cache.folder().c_str(), 12345, 12345) != 0;
      failures += chown(e.path.c_str(), 12345, 12345) != 0;
      failures += setuid(12345) != 0;
    }
    DiskCache cache(e.cache.folder());
    failures += cache.load(e.key) != e.payload;
    failures += cache.store(key_of("new"), e.payload);
    failures += cache.warning().find("cannot be written") == std::string::npos;
    _exit(failures);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("disk cache: processes that write and read the same entries see whole ones only") {
  const ScratchFolder scratch;
  const fs::path folder = scratch.path() / "cache";
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process) {
    const pid_t child = fork();
    if (child == 0) {
      DiskCache cache(folder);
      int failures = cache.enabled() ? 0 : 1;
      for (int round = 0; round < 50; ++round) {
        const Digest key = key_of(std::to_string(round % 3));
        const Bytes payload(static_cast<size_t>(10000 + 1000 * process), static_cast<std::byte>(process));
        failures += cache.store(key, payload) ? 0 : 1;
        const auto loaded = cache.load(key);
        if (!loaded || loaded->size() != 10000 + 1000 * static_cast<size_t>(loaded->front())) ++failures;
      }
      _exit(failures);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(std::distance(fs::directory_iterator(folder), {}) == 3);  // no temporary is left
}

TEST_CASE("disk cache: where it lies is told by the environment") {
  setenv("CLINFER_CACHE_DIR", "off", 1);
  CHECK(DiskCache::folder_from_environment().empty());
  CHECK_FALSE(DiskCache({}).enabled());
  setenv("CLINFER_CACHE_DIR", "own", 1);
  CHECK(DiskCache::folder_from_environment() == "own");
  unsetenv("CLINFER_CACHE_DIR");
  setenv("XDG_CACHE_HOME", "xdg", 1);
  CHECK(DiskCache::folder_from_environment() == "xdg/clinfer");
  unsetenv("XDG_CACHE_HOME");
  CHECK(DiskCache::folder_from_environment() == fs::path(getenv("HOME")) / ".cache/clinfer");
}

}  // namespace clinfer::cl
