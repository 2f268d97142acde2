#include "tests/host_cli/child.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

extern char** environ;  // NOLINT: POSIX's name

namespace clinfer::tests {
namespace {

namespace fs = std::filesystem;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int unnamed_file() {
  std::string name = (fs::temp_directory_path() / "clinfer-test-XXXXXX").string();
  const int file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) throw std::runtime_error("no temporary file");
  unlink(name.c_str());
  return file;
}

std::string content_of(int file) {
  std::string text;
  char part[4096];
  for (off_t at = 0;;) {
    const ssize_t got = pread(file, part, sizeof part, at);
    if (got <= 0) return text;
    text.append(part, static_cast<size_t>(got));
    at += got;
  }
}

int input_file(const std::string& text) {
  const int file = unnamed_file();
  if (write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("cannot write standard input");
  lseek(file, 0, SEEK_SET);
  return file;
}

/// The writing end of a pipe whose reading end is closed.
int broken_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  close(ends[0]);
  return ends[1];
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
  std::vector<std::string> all = more;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& own : more) replaced = replaced || own.starts_with(name);
    if (!replaced) all.push_back(text);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

pid_t spawn(Start& start, int in, int out, int err) {
  std::vector<std::string> words = {CLINFER_PROGRAM};
  words.insert(words.end(), start.arguments.begin(), start.arguments.end());
  std::vector<std::string> environment = environment_with(start.environment);
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(environment);
  int started[2];  // closes by itself when the program begins: a signal before that would meet the test's
                   // handlers
  if (pipe2(started, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid == 0) {  // only async-signal-safe calls from here on
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execve(CLINFER_PROGRAM, argv.data(), envp.data());
    _exit(127);
  }
  close(started[1]);
  char nothing = 0;
  while (read(started[0], &nothing, 1) < 0) {
  }
  close(started[0]);
  return pid;
}

}  // namespace

Child::Child(Start start) : out_(unnamed_file()), err_(unnamed_file()), begin_(now()) {
  int in = -1;
  if (start.terminal) {
    terminal_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal_ < 0 || grantpt(terminal_) != 0 || unlockpt(terminal_) != 0)
      throw std::runtime_error("no pseudo terminal");
    in = open(ptsname(terminal_), O_RDWR | O_NOCTTY | O_CLOEXEC);
  } else {
    in = input_file(start.input);
  }
  int out = dup(out_);
  if (!start.out_path.empty() || start.closed_out) {
    close(out);
    out = start.closed_out ? broken_pipe() : open(start.out_path.c_str(), O_WRONLY | O_CLOEXEC);
  }
  pid_ = spawn(start, in, out, err_);
  close(in);
  close(out);
}

Child::~Child() {
  if (!reaped_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, &status_, 0);
  }
  close(out_);
  close(err_);
  if (terminal_ >= 0) close(terminal_);
}

void Child::send(int signal) const {
  kill(pid_, signal);
}

void Child::type(const std::string& text) const {
  if (write(terminal_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("cannot type");
}

bool Child::ended() {
  if (!reaped_) reaped_ = waitpid(pid_, &status_, WNOHANG) == pid_;
  return reaped_;
}

bool Child::wait_for(int file, const std::function<bool(const std::string&)>& enough) {
  for (const double until = now() + 60; now() < until;) {
    const bool last = ended();
    if (enough(content_of(file))) return true;
    if (last) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

bool Child::wait_for_out(const std::function<bool(const std::string&)>& enough) {
  return wait_for(out_, enough);
}

bool Child::wait_for_err(const std::string& text) {
  return wait_for(err_, [&](const std::string& err) { return err.find(text) != std::string::npos; });
}

Outcome Child::finish() {
  for (const double until = now() + 120; !ended() && now() < until;)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  if (!reaped_) throw std::runtime_error("the child does not end");
  const int code = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
  return {code, content_of(out_), content_of(err_), now() - begin_};
}

Outcome run_clinfer(Start start) {
  return Child(std::move(start)).finish();
}

Scratch::Scratch() {
  std::string name = (fs::temp_directory_path() / "clinfer-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string Scratch::write(const std::string& name, const std::string& content) const {
  std::ofstream(path(name), std::ios::binary) << content;
  return path(name);
}

std::vector<std::string> Scratch::names() const {
  std::vector<std::string> list;
  for (const auto& entry : fs::directory_iterator(folder_)) list.push_back(entry.path().filename().string());
  return list;
}

bool is_one_error_line(const std::string& err) {
  const size_t at = err.find("error: ");
  if (at == std::string::npos || (at > 0 && err[at - 1] != '\n')) return false;
  return err.find('\n', at) == err.size() - 1;
}

}  // namespace clinfer::tests
