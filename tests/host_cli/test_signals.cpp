#include <doctest/doctest.h>
#include <chrono>
#include <csignal>
#include <thread>

#include "host/text/utf8.h"
#include "tests/host_cli/child.h"

using namespace clinfer::tests;

namespace {

std::vector<std::string> story(const std::string& tokens) {
  return {"run", "-m", kQwen, "-n", tokens, "-p", "Once upon a time", "--set", "generate.ignore_eos=true"};
}

bool has_table(const std::string& err) {
  return err.find("  load ") != std::string::npos && err.find("interrupted") != std::string::npos;
}

}  // namespace

TEST_CASE("a signal while text comes: whole characters, the table, 128 + signal") {
  for (const int signal : {SIGINT, SIGTERM}) {
    Child child({story("1000"), ""});
    REQUIRE(child.wait_for_out([](const std::string& out) { return out.size() > 30; }));
    child.send(signal);
    const Outcome outcome = child.finish();
    CAPTURE(outcome.err);
    CHECK(outcome.code == 128 + signal);
    CHECK(has_table(outcome.err));
    CHECK(outcome.out.back() == '\n');
    CHECK(clinfer::text::is_valid_utf8(outcome.out));
  }
}

TEST_CASE("a signal at any moment ends the program soon with 130, and with the table once there is one") {
  REQUIRE(run_clinfer({story("1"), ""}).code == 0);  // kernels are in the cache from here on
  for (int step = 0; step < 12; ++step) {
    Child child({story("1000"), ""});
    // Spread over start, load and prompt; the last ones fall into the text.
    std::this_thread::sleep_for(std::chrono::milliseconds(8 << (step / 2)));
    child.send(SIGINT);
    const Outcome outcome = child.finish();
    CAPTURE(step);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 130);
    CHECK(clinfer::text::is_valid_utf8(outcome.out));
    if (!outcome.out.empty()) CHECK(outcome.err.find("  load ") != std::string::npos);
  }
}

TEST_CASE("a second signal ends at once") {
  Child child({story("1000"), ""});
  REQUIRE(child.wait_for_out([](const std::string& out) { return out.size() > 30; }));
  child.send(SIGINT);
  child.send(SIGINT);
  CHECK(child.finish().code == 130);
}

TEST_CASE("bench ends with the rows that it has") {
  Child child({{"bench", "-m", kQwen, "-p", "0", "-n", "8,800", "-r", "200"}, ""});
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  child.send(SIGINT);
  const Outcome outcome = child.finish();
  CHECK(outcome.code == 130);
  if (!outcome.out.empty()) CHECK(outcome.out.starts_with("| model"));
}

TEST_CASE("logits: a signal leaves no file behind") {
  const Scratch scratch;
  Child child({{"logits", "--model", kDeepseek, "--ids", "1,2,3", "--out", scratch.path("x")}, ""});
  child.send(SIGTERM);
  const int code = child.finish().code;
  CHECK((code == 143 || code == 0));
  for (const std::string& name : scratch.names()) CHECK(name == "x");
}
