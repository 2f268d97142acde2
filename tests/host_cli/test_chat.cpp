#include <doctest/doctest.h>
#include <algorithm>
#include <csignal>

#include "tests/host_cli/child.h"

using namespace clinfer::tests;

namespace {

std::vector<std::string> chat(const char* tokens) {
  return {"chat", "-m", kQwen, "-n", tokens, "--set", "generate.ignore_eos=true"};
}

size_t lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("a piped conversation: an answer a line, the same every time") {
  const Outcome first = run_clinfer({chat("6"), "What is a dog?\n\n  And a cat?  \n"});
  CAPTURE(first.err);
  CHECK(first.code == 0);
  CHECK(lines(first.out) >= 2);
  CHECK(first.err.find("> ") == std::string::npos);
  CHECK(first.err.find("prompt in the cache") !=
        std::string::npos);  // the second turn goes on from the first
  CHECK(run_clinfer({chat("6"), "What is a dog?\nAnd a cat?"}).out == first.out);
}

TEST_CASE("a turn that fails is taken back") {
  std::string too_long;
  for (int i = 0; i < 3000; ++i) too_long += "word ";
  const Outcome with = run_clinfer({chat("6"), "What is a dog?\n" + too_long + "\nAnd a cat?\n"});
  CAPTURE(with.err);
  CHECK(with.code == 2);
  CHECK(with.err.find("error: context_length_exceeded") != std::string::npos);
  CHECK(with.out == run_clinfer({chat("6"), "What is a dog?\nAnd a cat?\n"}).out);
}

TEST_CASE("a full context: the oldest turns are forgotten") {
  std::vector<std::string> words = chat("20");
  words.insert(words.end(), {"-c", "96"});
  std::string input;
  for (int i = 0; i < 6; ++i) input += "Tell me about a dog and a cat.\n";
  const Outcome outcome = run_clinfer({words, input});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(outcome.err.find("the oldest 2 messages are forgotten") != std::string::npos);
  CHECK(lines(outcome.out) >= 6);
}

TEST_CASE("on a terminal Ctrl-C stops the answer, then the conversation") {
  Child child({chat("900"), "", {}, "", false, true});
  REQUIRE(child.wait_for_err("> "));
  child.type("Tell me a story\n");
  REQUIRE(child.wait_for_out([](const std::string& out) { return out.size() > 10; }));
  child.send(SIGINT);
  REQUIRE(child.wait_for_out([](const std::string& out) { return out.back() == '\n'; }));
  REQUIRE(child.wait_for_err("ends.\n> > "));  // it asks again
  child.send(SIGINT);
  const Outcome outcome = child.finish();
  CHECK(outcome.code == 130);
  CHECK(outcome.err.find("generation") != std::string::npos);
}

TEST_CASE("on a terminal /exit ends") {
  Child child({chat("4"), "", {}, "", false, true});
  REQUIRE(child.wait_for_err("> "));
  child.type("/exit\n");
  CHECK(child.finish().code == 0);
}
