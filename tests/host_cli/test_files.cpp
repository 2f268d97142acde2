#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/io/safetensors.h"
#include "tests/host_cli/child.h"

using namespace clinfer::tests;

TEST_CASE("logits: a file of float32 [tokens, vocab], written whole") {
  const Scratch scratch;
  const std::string out = scratch.path("a b.safetensors");
  const Outcome outcome = run_clinfer({{"logits", "--model", kQwen, "--ids", "1,2,3", "--out", out}, ""});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.out.empty());
  CHECK(scratch.names() == std::vector<std::string>{"a b.safetensors"});
  const clinfer::io::SafetensorsFile file(out);
  const clinfer::io::Tensor* logits = file.find("logits");
  REQUIRE(logits != nullptr);
  CHECK(logits->format == "f32");
  CHECK(logits->shape == std::vector<int64_t>{3, 4096});
  const Outcome seen = run_clinfer({{"inspect", out, "--json"}, ""});
  CHECK(nlohmann::json::parse(seen.out).at("tensors").size() == 1);
}

TEST_CASE("logits: a batch smaller than the ids and a context longer than them change nothing") {
  const Scratch scratch;
  const auto bytes = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"logits", "--model", kQwen, "--ids", "5,6,7,8,9,10,11,12,13,14,15,16"};
    words.insert(words.end(), {"--out", scratch.path("x")});
    words.insert(words.end(), more.begin(), more.end());
    REQUIRE(run_clinfer({words, ""}).code == 0);
    const clinfer::io::SafetensorsFile file(scratch.path("x"));
    const std::span<const std::byte> raw = file.find("logits")->bytes;
    std::vector<float> values(raw.size() / sizeof(float));
    std::memcpy(values.data(), raw.data(), raw.size());
    return values;
  };
  const std::vector<float> whole = bytes({});
  for (const char* setting : {"runtime.batch_tokens=10", "kv_cache.max_context=600"}) {
    const std::vector<float> other = bytes({"--set", setting});
    float most = 0;
    for (size_t i = 0; i < whole.size(); ++i) most = std::max(most, std::abs(whole[i] - other[i]));
    CHECK(most < 1e-4F);  // the same sums in another order
  }
}

TEST_CASE("logits: formats and devices that are not there, too little memory") {
  const Scratch scratch;
  std::vector<std::string> words = {"logits", "--model", kQwen, "--ids", "1", "--out", scratch.path("x")};
  words.insert(words.end(), {"--weights", "frob"});
  const Outcome format = run_clinfer({words, ""});
  CHECK(format.code == 2);
  CHECK(is_one_error_line(format.err));
  words[7] = "--device";
  words[8] = "name~frob";
  const Outcome device = run_clinfer({words, ""});
  CHECK(device.code == 3);
  CHECK(is_one_error_line(device.err));
  words[7] = "--set";
  words[8] = "runtime.memory_limit=1MiB";
  const Outcome memory = run_clinfer({words, ""});
  CHECK(memory.code == 5);
  CHECK(is_one_error_line(memory.err));
  CHECK(memory.err.find("weights") != std::string::npos);  // the plan, by what it holds
  CHECK(scratch.names().empty());
}

TEST_CASE("plan: one page in a file") {
  const Scratch scratch;
  const Outcome outcome = run_clinfer({{"plan", "-m", kQwen, "--html", scratch.path("plan.html")}, ""});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.empty());
  CHECK(std::filesystem::file_size(scratch.path("plan.html")) > 1000);
  CHECK(scratch.names().size() == 1);
}

TEST_CASE("results that cannot be written") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"inspect", kQwen},
                                                {"--help"},
                                                {"devices"},
                                                {"run", "-m", kQwen, "-p", "x", "-n", "8"}}) {
    CAPTURE(words.front());
    const Outcome full = run_clinfer({words, "", {}, "/dev/full"});
    CHECK(full.code == 1);
    CHECK(is_one_error_line(full.err));
    CHECK(full.err.find("No space left") != std::string::npos);
  }
}

TEST_CASE("a reader that has gone ends the program quietly") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"inspect", kQwen}, {"run", "-m", kQwen, "-p", "x", "-n", "900", "-q"}}) {
    CAPTURE(words.front());
    const Outcome outcome = run_clinfer({words, "", {}, "", true});
    CHECK(outcome.code == 141);
    CHECK(outcome.err.empty());
  }
}
