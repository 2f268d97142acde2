#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/host_cli/child.h"

using namespace clinfer::tests;

namespace {

/// A command line that must be refused before a model is loaded.
struct Row {
  std::vector<std::string> arguments;
  int code;
  std::string says;  ///< part of the error
};

void check(const Row& row, const Start& base = {}) {
  Start start = base;
  start.arguments = row.arguments;
  std::string line;
  for (const std::string& word : row.arguments) line += word.substr(0, 60) + " ";
  CAPTURE(line);
  const Outcome outcome = run_clinfer(start);
  CAPTURE(outcome.err);
  CHECK(outcome.code == row.code);
  CHECK(is_one_error_line(outcome.err));
  CHECK(outcome.err.find(row.says) != std::string::npos);
  CHECK(outcome.out.empty());
}

constexpr const char* kQuick = "configs/quickstart.yaml";

}  // namespace

TEST_CASE("command lines that are refused") {
  const Row rows[] = {
      {{}, 2, "expected a verb"},
      {{""}, 2, "unknown verb"},
      {{"rnu"}, 2, "did you mean run?"},
      {{"run"}, 2, "expected a YAML file or --model"},
      {{"run", "absent.yaml"}, 2, "absent.yaml"},
      {{"run", "configs"}, 2, "configs"},
      {{"run", "/dev/zero"}, 2, "/dev/zero"},
      {{"run", kQuick, "--frob"}, 2, "--frob"},
      {{"run", kQuick, "two.yaml"}, 2, "two.yaml"},
      {{"run", kQuick, "--set", "modle.path=x"}, 2, "model"},
      {{"run", kQuick, "--set", "frob"}, 2, "frob"},
      {{"run", kQuick, "--set"}, 2, "--set"},
      {{"run", kQuick, "-p", "x", "-f", "y"}, 2, "--prompt"},
      {{"run", kQuick, "-f", "absent.txt"}, 2, "absent.txt"},
      {{"run", kQuick, "-f", "tests"}, 2, "tests"},
      {{"run", "-m", kQwen, "-p", ""}, 2, "the prompt is empty"},
      {{"run", kQuick, "-c", "-1"}, 2, "max_context"},
      {{"run", kQuick, "-c", "1e12"}, 2, "max_context"},
      {{"run", kQuick, "-c", "2000"}, 2, "1024"},
      {{"run", kQuick, "-n", "-1"}, 2, "max_tokens"},
      {{"run", kQuick, "--temp", "-1"}, 2, "temperature"},
      {{"run", kQuick, "--temp", "nan"}, 2, "temperature"},
      {{"run", kQuick, "--temp", "1e308"}, 2, "temperature"},
      {{"run", kQuick, "--top-p", "0"}, 2, "top_p"},
      {{"run", kQuick, "--top-p", "2"}, 2, "top_p"},
      {{"run", kQuick, "--top-k", "-5"}, 2, "top_k"},
      {{"run", kQuick, "--min-p", "1.5"}, 2, "min_p"},
      {{"run", kQuick, "--seed", "18446744073709551616"}, 2, "seed"},
      {{"run", kQuick, "--profile", "absent/trace.json"}, 2, "run --profile absent/trace.json"},
      {{"bench", kQuick, "--profile", "tests"}, 2, "bench --profile tests"},
      {{"run", kQuick, "--model", "absent"}, 4, "absent"},
      {{"run", kQuick, "--model", "configs"}, 4, "configs"},
      {{"run", kQuick, "--model", "/dev/zero"}, 4, "/dev/zero"},
      {{"run", kQuick, "--model", "README.md"}, 4, "README.md"},
      {{"run", kQuick, "--model", "\xff\xfe"}, 4, "no such file"},
      {{"logits", "--model", "\xff\xfe", "--ids", "1", "--out", "x"}, 4, "no such file"},
      {{"help", "rnu"}, 2, "unknown topic"},
      {{"inspect"}, 2, "model"},
      {{"inspect", "absent.gguf"}, 4, "absent.gguf"},
      {{"inspect", "\xff"}, 4, ""},
      {{"plan", kQuick, "--json", "--dot"}, 2, "--dot"},
      {{"plan", kQuick, "--html", "/absent/x.html"}, 2, "--html"},
      {{"bench", kQuick, "-o", "xml"}, 2, "xml"},
      {{"bench", kQuick, "-p", "x"}, 2, "prompt_tokens"},
      {{"bench", kQuick, "-p", "-4"}, 2, "prompt_tokens"},
      {{"bench", kQuick, "-p", "1,,2"}, 2, "prompt_tokens"},
      {{"bench", kQuick, "-p", "0", "-n", "0"}, 2, "nothing to measure"},
      {{"bench", kQuick, "-r", "0"}, 2, "repetitions"},
      {{"bench", kQuick, "-d", "4096"}, 2, "context_length_exceeded"},
      {{"bench", kQuick, "--set", "model.layers=2"}, 2, "weights.dummy"},
      {{"bench", kQuick, "--set", "weights.dummy=true", "--set", "model.layers=99"},
       2,
       "at most the 6 layers"},
      {{"quantize", "configs/quantize_fp8.yaml", "-m", kQwen, "--out", "absent/x", "--set",
        "weights.dummy=true"},
       2,
       "weights.dummy"},
      {{"tokenize", "--model", kQwen, "--file", "absent"}, 2, "absent"},
      {{"tokenize", "--model", kQwen, "--file", "tests"}, 2, "directory"},
      {{"tokenize", "--model", kQwen, "--file", "/dev/zero"}, 2, "larger than"},
      {{"tokenize", "--model", kQwen}, 2, "--file"},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("logits: ids and files that are refused") {
  const Scratch scratch;
  const std::string out = scratch.path("out.safetensors");
  std::string many = "1";
  for (int i = 0; i < 1024; ++i) many += ",1";
  const auto ids = [&](const std::string& text, const std::string& says) {
    check({{"logits", "--model", kQwen, "--ids", text, "--out", out}, 2, says});
  };
  for (const char* text : {"", ",", "1,", ",1", "1,,2", "x", "1 2", "1,-2", "1.5", "0x10", "99999999999"})
    ids(text, "--ids");
  ids("1,4096", "outside the vocabulary");
  ids(many, "context_length_exceeded");
  check({{"logits", "--model", kQwen, "--ids", "1", "--out", scratch.path("absent/x")}, 2, "no folder"});
  check({{"logits", "--model", kQwen, "--ids", "1", "--out", "/dev/full"}, 2, "no regular file"});
  check({{"logits", "--model", kQwen, "--ids", "1", "--out", scratch.path("")}, 2, "--out"});
  CHECK(scratch.names().empty());
}

TEST_CASE("models that are no files") {
  const Scratch scratch;
  const std::string fifo = scratch.path("model.gguf");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  check({{"inspect", fifo}, 4, "model.gguf"});
  check({{"logits", "--model", fifo, "--ids", "1", "--out", scratch.path("x")}, 4, "model.gguf"});
}

TEST_CASE("a configuration of a family that is not known") {
  const Scratch scratch;
  scratch.write("config.json", R"({"model_type": "frob", "architectures": ["FrobForCausalLM"]})");
  REQUIRE(symlink(std::filesystem::absolute(std::string(kQwen) + "/model-00001-of-00001.safetensors").c_str(),
                  scratch.path("model.safetensors").c_str()) == 0);
  check({{"inspect", scratch.path("")}, 4, "llama"});
}

TEST_CASE("a name cannot steer the terminal") {
  check({{"run", "a\nb\x1b[2J.yaml"}, 2, "a b\\x1b[2J.yaml"});
}

TEST_CASE("no OpenCL") {
  const Start nothing{{}, "", {"OCL_ICD_VENDORS=/nonexistent", "OCL_ICD_FILENAMES="}};
  check({{"run", kQuick}, 3, "install pocl-opencl-icd"}, nothing);
  check({{"plan", kQuick}, 3, "install pocl-opencl-icd"}, nothing);
  Start list = nothing;
  list.arguments = {"devices"};
  const Outcome outcome = run_clinfer(list);
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("install pocl-opencl-icd") != std::string::npos);
}
