#pragma once

#include <sys/types.h>
#include <functional>
#include <string>
#include <vector>

namespace clinfer::tests {

/// How a child ended and what it wrote.
struct Outcome {
  int code = 0;  ///< exit code, or 128 + the signal that ended it
  std::string out;
  std::string err;
  double seconds = 0;
};

struct Start {
  std::vector<std::string> arguments;         ///< after the program's name
  std::string input;                          ///< standard input
  std::vector<std::string> environment = {};  ///< NAME=VALUE over the test's own
  std::string out_path = {};                  ///< standard output goes there instead of into Outcome::out
  bool closed_out = false;                    ///< standard output is a pipe that nobody reads
  bool terminal = false;                      ///< standard input is a terminal; see type()
};

/// The built clinfer as a child process. Output goes through files, so that it never waits for the test.
class Child {
 public:
  explicit Child(Start start);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void send(int signal) const;
  void type(const std::string& text) const;  ///< on its terminal
  /// Waits until `enough` is true of what it has written to stdout; false when it ended or a minute passed.
  bool wait_for_out(const std::function<bool(const std::string&)>& enough);
  bool wait_for_err(const std::string& text);
  Outcome finish();  ///< waits, two minutes at most

 private:
  bool wait_for(int file, const std::function<bool(const std::string&)>& enough);
  bool ended();

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  int terminal_ = -1;
  bool reaped_ = false;
  int status_ = 0;
  double begin_ = 0;
};

/// Runs it to its end.
Outcome run_clinfer(Start start);

/// A folder that goes away with it.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string write(const std::string& name, const std::string& content) const;  ///< its path
  std::vector<std::string> names() const;                                        ///< of the files in it

 private:
  std::string folder_;
};

bool is_one_error_line(const std::string& err);  ///< its last line begins with "error: ", no other does

inline constexpr const char* kQwen = "tests/models/tiny-qwen3";
inline constexpr const char* kDeepseek = "tests/models/tiny-deepseek-v3-fp8";

}  // namespace clinfer::tests
