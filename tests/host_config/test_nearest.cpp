#include <doctest/doctest.h>

#include <vector>

#include "host/config/nearest.h"

using namespace clinfer::config;

TEST_CASE("edit distance counts insertions, removals, replacements and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("sede", "seed") == 1);
  CHECK(edit_distance("Top-K", "top_k") == 0);
}

TEST_CASE("the nearest name is near enough to be meant") {
  const std::vector<std::string> names = {"devices", "run", "chat", "bench"};
  CHECK(nearest("device", names) == "devices");
  CHECK(nearest("rnu", names) == "run");
  CHECK(nearest("serve", names) == "");
  CHECK(nearest("", names) == "");
  CHECK(nearest(std::string(100'000, 'b'), names) == "");
  CHECK(did_you_mean("benhc", names) == "; did you mean bench?");
  CHECK(did_you_mean("quantize", names) == "");
}

TEST_CASE("of equally near names the first is taken") {
  const std::vector<std::string> names = {"top_k", "top_p"};
  CHECK(nearest("top_x", names) == "top_k");
}
