#include <doctest/doctest.h>

#include "host/kernels/chain_waits.h"

using namespace clinfer::kernels;

namespace {

constexpr Access reads(uint64_t begin, uint64_t end) {
  return {begin, end, false};
}
constexpr Access writes(uint64_t begin, uint64_t end) {
  return {begin, end, true};
}
using Launches = std::vector<std::vector<Access>>;

}  // namespace

TEST_CASE("a launch waits for what it reads, and only once") {
  const Launches launches = {
      {reads(0, 8), writes(8, 16)}, {reads(8, 16), writes(16, 24)}, {reads(8, 16), writes(24, 32)}};
  CHECK(chain_waits(launches) == std::vector<bool>{false, true, false});
}

TEST_CASE("a launch waits before it writes over what another reads or writes") {
  CHECK(chain_waits(Launches{{reads(0, 8), writes(8, 16)}, {reads(20, 24), writes(4, 6)}}) ==
        std::vector<bool>{false, true});
  CHECK(chain_waits(Launches{{writes(8, 16)}, {writes(15, 20)}}) == std::vector<bool>{false, true});
}

TEST_CASE("ranges that only touch, and reads of the same, do not wait") {
  CHECK(chain_waits(Launches{{writes(8, 16)}, {writes(16, 20)}, {reads(20, 24)}, {reads(20, 24)}}) ==
        std::vector<bool>{false, false, false, false});
}

TEST_CASE("what came before an earlier wait is done") {
  const Launches launches = {{writes(0, 8)}, {reads(0, 8), writes(8, 16)}, {reads(0, 8)}, {reads(8, 16)}};
  CHECK(chain_waits(launches) == std::vector<bool>{false, true, false, true});
}

TEST_CASE("a launch without workers leaves its wait to the next that has some") {
  const std::vector<bool> waits = {false, true, false, false, true, true, false};
  const std::vector<int64_t> workers = {3, 0, 0, 2, 1, 0, 4};
  CHECK(carried_waits(waits, workers) == std::vector<bool>{false, false, false, true, true, false, true});
  const std::vector<int64_t> all(waits.size(), 1);
  CHECK(carried_waits(waits, all) == waits);
}
