#include <doctest/doctest.h>

#include "host/kernels/chain_order.h"

using namespace clinfer::kernels;

namespace {

constexpr int64_t kGroups = 8;
constexpr int64_t kMany = 20;

constexpr Access reads(uint64_t at) {
  return {at, at + 8, false};
}
constexpr Access writes(uint64_t at) {
  return {at, at + 8, true};
}

struct Expected {
  size_t step;
  bool waits;
  int64_t owner;
};

void check(const std::vector<ChainStep>& steps, const std::vector<Expected>& expected) {
  const std::vector<ChainTurn> turns = chain_order(steps, kGroups);
  REQUIRE(turns.size() == expected.size());
  for (size_t i = 0; i < turns.size(); ++i) {
    CAPTURE(i);
    CHECK(turns[i].step == expected[i].step);
    CHECK(turns[i].waits == expected[i].waits);
    CHECK(turns[i].owner == expected[i].owner);
  }
}

}  // namespace

TEST_CASE("chain order: what waits for nothing comes before what does") {
  check({{{writes(0)}, kMany, 1}, {{reads(0), writes(8)}, kMany, 1}, {{writes(16)}, kMany, 1}},
        {{0, false, -1}, {2, false, -1}, {1, true, -1}});
}

TEST_CASE("chain order: memory used again is not written before it was read") {
  check({{{writes(0)}, kMany, 1}, {{reads(0), writes(8)}, kMany, 1}, {{writes(0)}, kMany, 1}},
        {{0, false, -1}, {1, true, -1}, {2, true, -1}});
}

TEST_CASE("chain order: a group's own results need no wait, those of two groups do") {
  check({{{writes(0)}, 1, 1}, {{reads(0), writes(8)}, 1, 1}}, {{0, false, 7}, {1, false, 7}});
  check({{{writes(0)}, 1, 1}, {{writes(8)}, 1, 1}, {{reads(0), reads(8)}, 1, 1}},
        {{0, false, 7}, {1, false, 6}, {2, true, 7}});
  check({{{writes(0)}, kMany, 1}, {{writes(8)}, 1, 1}, {{reads(0), reads(8)}, 1, 1}},
        {{0, false, -1}, {1, false, 7}, {2, true, 7}});
}

TEST_CASE("chain order: two rounds of one group only before one") {
  check({{{writes(0)}, 8, 4}, {{reads(0), writes(8)}, 1, 2}}, {{0, false, 7}, {1, false, 7}});
  check({{{writes(0)}, 8, 4}, {{reads(0), writes(8)}, 8, 4}}, {{0, false, -1}, {1, true, -1}});
  check({{{writes(0)}, 12, 4}, {{reads(0), writes(8)}, 1, 2}}, {{0, false, -1}, {1, true, 7}});
}

TEST_CASE("chain order: what has no work is left out and hides nothing") {
  check({{{writes(0)}, kMany, 1}, {{reads(0), writes(8)}, 0, 1}, {{reads(0), writes(8)}, kMany, 1}},
        {{0, false, -1}, {2, true, -1}});
}
