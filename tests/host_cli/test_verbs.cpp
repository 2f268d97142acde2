#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/host_cli/child.h"

using namespace clinfer::tests;

namespace {

Outcome good(Start start) {
  const Outcome outcome = run_clinfer(std::move(start));
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  return outcome;
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("version and help are results") {
  CHECK(good({{"--version"}, ""}).out.starts_with("clinfer "));
  CHECK(good({{"--help"}, ""}).out.find("Exit codes") != std::string::npos);
  CHECK(good({{"run", "--help"}, ""}).out.find("--print-config") != std::string::npos);
  CHECK(good({{"help", "logits"}, ""}).out.find("--ids") != std::string::npos);
  CHECK(good({{"help", "config"}, ""}).out.find("generate.temperature") != std::string::npos);
}

TEST_CASE("devices") {
  const nlohmann::json list = nlohmann::json::parse(good({{"devices", "--json"}, ""}).out);
  CHECK(list.at("devices").size() >= 1);
  CHECK(good({{"devices"}, ""}).out.find("usable") != std::string::npos);
}

TEST_CASE("inspect") {
  const std::string text = good({{"inspect", kDeepseek}, ""}).out;
  CHECK(text.find("deepseek_v3") != std::string::npos);
  CHECK(text.find("active for a token") != std::string::npos);
  const nlohmann::json root = nlohmann::json::parse(good({{"inspect", kQwen, "--json"}, ""}).out);
  CHECK(root.at("family") == "qwen3");
  CHECK(root.at("parameters").at("total") == 7082752);
  CHECK(root.at("tensors").size() == 90);
}

TEST_CASE("run prints the prompt and its text, and what it took beside it") {
  const Outcome outcome = good({{"run", "configs/quickstart.yaml", "-n", "24"}, ""});
  CHECK(outcome.out.starts_with("Once upon a time, a little fox"));
  CHECK(outcome.out.back() == '\n');
  for (const char* row :
       {"load ", "prompt ", "time to first token", "generation", "drafts accepted", "finished by"})
    CHECK(outcome.err.find(row) != std::string::npos);
  CHECK(outcome.err.find("\r") == std::string::npos);  // no bar: this is no terminal
  CHECK(outcome.err.find("\033") == std::string::npos);
  const Outcome quiet = good({{"run", "configs/quickstart.yaml", "-n", "24", "-q"}, ""});
  CHECK(quiet.err.empty());
  CHECK(quiet.out == outcome.out);
}

TEST_CASE("run: the configuration and where it came from") {
  const Outcome outcome =
      good({{"run", "configs/quickstart.yaml", "--print-config", "--set", "generate.seed=7"}, ""});
  CHECK(outcome.out.find("--set generate.seed=7") != std::string::npos);
  CHECK(outcome.out.find("quickstart.yaml:") != std::string::npos);
}

TEST_CASE("run: a model without a YAML file, prompts from a file and standard input") {
  const std::string text = good({{"run", "-m", kQwen, "-n", "4", "-q", "-p", "The dog"}, ""}).out;
  CHECK(text.starts_with("The dog"));
  CHECK(good({{"run", "-m", kQwen, "-n", "4", "-q", "-f", "-"}, "The dog"}).out == text);
  CHECK(good({{"run", "-m", std::string(kQwen) + "/", "-n", "4", "-q", "-f", "-"}, "The dog"}).out == text);
}

TEST_CASE("run: bytes that are no UTF-8 are read as U+FFFD") {
  const Outcome outcome = good({{"run", "-m", kQwen, "-n", "2", "-q", "-p", "a\xff\xed\xa0\x80"}, ""});
  CHECK(outcome.out.starts_with("a\xEF\xBF\xBD"));
  CHECK(outcome.out.find('\xff') == std::string::npos);
}

TEST_CASE("run: a prompt of ten million letters is refused in seconds") {
  const Outcome outcome = run_clinfer({{"run", "-m", kQwen, "-f", "-"}, std::string(10'000'000, 'a')});
  CHECK(outcome.code == 2);
  CHECK(is_one_error_line(outcome.err));
  CHECK(outcome.err.find("context_length_exceeded") != std::string::npos);
}

TEST_CASE("plan") {
  CHECK(good({{"plan", "configs/quickstart.yaml"}, ""}).out.starts_with("plan prefill"));
  CHECK(good({{"plan", "configs/quickstart.yaml", "--reasons"}, ""}).out.find("not ") != std::string::npos);
  CHECK(nlohmann::json::parse(good({{"plan", "-m", kQwen, "--json"}, ""}).out).size() == 2);
  CHECK(good({{"plan", "-m", kQwen, "--dot"}, ""}).out.find("digraph") != std::string::npos);
}

TEST_CASE("tokenize") {
  const auto ids = [&](const char* model, const std::string& text, bool special) {
    std::vector<std::string> words = {"tokenize", "--model", model, "--file", "-", "--json"};
    if (special) words.push_back("--special");
    return nlohmann::json::parse(good({words, text}).out).at("ids").get<std::vector<int>>();
  };
  const std::vector<int> plain = ids(kDeepseek, "Hello", false);
  std::vector<int> special = ids(kDeepseek, "Hello", true);
  REQUIRE(special.size() == plain.size() + 1);  // the token that begins a text
  special.erase(special.begin());
  CHECK(special == plain);
  CHECK(ids(kQwen, "", false).empty());
}

TEST_CASE("two devices: one warning each, bytes of both in the table") {
  // Two of PoCL's CPU drivers are two devices of one platform.
  const std::vector<std::string> pocl = {"POCL_DEVICES=pthread basic"};
  const std::string listed = run_clinfer({{"devices"}, "", pocl}).out;
  if (listed.find("basic-") == std::string::npos || listed.find("pthread-") == std::string::npos) return;
  const Outcome one =
      good({{"run", "-m", kQwen, "-n", "8", "--device", "name~pthread", "-p", "The dog"}, "", pocl});
  const Outcome two = good({{"run", "-m", kQwen, "-n", "8", "--device", "name~basic", "-p", "The dog",
                             "--set", "placement=[{layers: 0-3, device: name~pthread}]"},
                            "",
                            pocl});
  CHECK(two.out == one.out);
  CHECK(count(two.err, "  on cpu") == 2);
  CHECK(count(one.err, "  on cpu") == 1);
  CHECK(count(two.err, "warning:") == 0);
  const Outcome ambiguous = run_clinfer({{"run", "-m", kQwen, "--device", "name~-", "-p", "x"}, "", pocl});
  CHECK(ambiguous.code == 2);
  CHECK(is_one_error_line(ambiguous.err));
  CHECK(ambiguous.err.find("basic-") != std::string::npos);
  CHECK(ambiguous.err.find("pthread-") != std::string::npos);
}
