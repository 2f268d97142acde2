#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "host/io/checkpoint.h"
#include "host/io/mapped_file.h"
#include "tests/host_io/fault_message.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
using namespace clinfer::test;

namespace {

std::string open_message(const std::string& path) {
  return fault_message(Fault::model, [&] { io::MappedFile file(path); });
}

/// Bytes of the mapping that are resident in this process, from /proc/self/smaps.
size_t resident_bytes(const void* address) {
  char begin[32];
  std::snprintf(begin, sizeof begin, "%lx-",
                static_cast<unsigned long>(reinterpret_cast<uintptr_t>(address)));
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.starts_with(begin)) inside = true;
    if (inside && line.starts_with("Rss:")) return std::stoul(line.substr(4)) * 1024;
  }
  return 0;
}

}  // namespace

TEST_CASE("only regular files with bytes are mapped") {
  const TemporaryFolder folder;
  CHECK(contains(open_message(folder.file("none")), folder.file("none") + ": cannot open"));
  CHECK(contains(open_message(folder.path()), "is a folder"));
  CHECK(contains(open_message(folder.write("empty", "")), "the file is empty"));
  REQUIRE(mkfifo(folder.file("fifo").c_str(), 0600) == 0);
  CHECK(contains(open_message(folder.file("fifo")), "expected a regular file"));
  CHECK(contains(open_message("/dev/zero"), "/dev/zero: expected a regular file"));
  REQUIRE(symlink("loop", folder.file("loop").c_str()) == 0);
  CHECK(contains(open_message(folder.file("loop")), "cannot open"));
}

TEST_CASE("guarded copies") {
  const TemporaryFolder folder;
  std::string text(100'000, '\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i % 251);
  const io::MappedFile file(folder.write("f", text));
  std::string copy(5000, '\0');
  const auto dst = std::as_writable_bytes(std::span(copy));
  io::copy_guarded(dst, file.bytes().subspan(70'001, 5000));
  CHECK(copy == text.substr(70'001, 5000));
  io::copy_guarded(dst, std::as_bytes(std::span(text)).subspan(1, 5000));
  CHECK(copy == text.substr(1, 5000));
  CHECK(contains(fault_message(Fault::run, [&] { io::copy_guarded(dst, file.bytes()); }), "differ in size"));
  REQUIRE(truncate(folder.file("f").c_str(), 72'000) == 0);
  const std::string message =
      fault_message(Fault::model, [&] { io::copy_guarded(dst, file.bytes().subspan(70'001, 5000)); });
  CHECK(message == folder.file("f") + ": the file was cut while it was in use");
}

TEST_CASE("a direct read behind the end of a cut file says so and exits with 4") {
  const TemporaryFolder folder;
  const std::string path = folder.write("f", std::string(100'000, 'x'));
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    std::signal(SIGBUS, SIG_DFL);  // not the test framework's handler
    const io::MappedFile file(path);
    if (truncate(path.c_str(), 10) != 0) _exit(1);
    const volatile std::byte* last = &file.bytes().back();
    _exit(std::to_integer<int>(*last));
  }
  close(ends[1]);
  char text[512] = {};
  size_t length = 0;
  for (ssize_t got = 1; got > 0 && length < sizeof text - 1; length += static_cast<size_t>(got)) {
    got = read(ends[0], text + length, sizeof text - 1 - length);
  }
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 4);
  CHECK(contains(text, path + ": the file was cut"));
}

TEST_CASE("released pages leave memory and come back") {
  const TemporaryFolder folder;
  const io::MappedFile file(folder.write("f", std::string(size_t{8} << 20, 'x')));
  size_t sum = 0;
  for (size_t i = 0; i < file.bytes().size(); i += 4096) sum += std::to_integer<size_t>(file.bytes()[i]);
  CHECK(sum == 2048 * static_cast<size_t>('x'));
  CHECK(resident_bytes(file.bytes().data()) >= size_t{8} << 20);
  file.release(file.bytes().subspan(1000, (size_t{8} << 20) - 1000));
  CHECK(resident_bytes(file.bytes().data()) < size_t{1} << 20);
  CHECK(file.bytes()[5'000'000] == std::byte{'x'});
  file.release({});
}
