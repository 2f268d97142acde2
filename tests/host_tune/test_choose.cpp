#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "host/tune/choose.h"

using namespace clinfer::tune;

namespace {

/// Eight rounds in which candidates take these seconds, every second round twice as long.
Rounds steady(const std::vector<double>& seconds) {
  Rounds rounds(8, seconds);
  for (size_t i = 0; i < rounds.size(); i += 2)
    for (double& s : rounds[i]) s *= 2;
  return rounds;
}

Verdict choose_one(const Rounds& rounds, size_t usual) {
  return choose({&rounds, 1}, usual);
}

}  // namespace

TEST_CASE("choose: the fastest, where it is faster by more than 3 %") {
  CHECK(choose_one(steady({1.0, 0.9, 0.8, 1.1}), 0).chosen == 2);
  CHECK(choose_one(steady({1.0, 0.9, 0.8, 1.1}), 0).gain == doctest::Approx(1.25));
  CHECK(choose_one(steady({0.98, 1.0}), 1).chosen == 1);
  CHECK(choose_one(steady({0.98, 1.0}), 1).gain == 1);
  CHECK(choose_one(steady({0.96, 1.0}), 1).chosen == 0);
}

TEST_CASE("choose: not what is faster in too few rounds") {
  Rounds rounds = steady({1.0, 0.9});
  CHECK(choose_one(rounds, 0).chosen == 1);
  for (const size_t i : {0, 1}) rounds[i][1] *= 2;
  CHECK(choose_one(rounds, 0).chosen == 1);
  rounds[2][1] *= 2;  // a third of the rounds
  CHECK(choose_one(rounds, 0).chosen == 0);
}

TEST_CASE("choose: all workloads count, none may lose much") {
  const Rounds faster = steady({1.0, 0.8});
  const Rounds even = steady({1.0, 1.01});
  const Rounds slower = steady({1.0, 1.05});
  const std::vector<Rounds> good = {faster, even};
  CHECK(choose(good, 0).chosen == 1);
  CHECK(choose(good, 0).gain == doctest::Approx(std::sqrt(1.25 / 1.01)));
  const std::vector<Rounds> bad = {faster, slower};
  CHECK(choose(bad, 0).chosen == 0);
}

TEST_CASE("choose: not what does not run") {
  const double never = std::numeric_limits<double>::infinity();
  CHECK(choose_one(steady({1.0, never}), 0).chosen == 0);
  CHECK(choose_one(steady({never, never}), 0).chosen == 0);
  CHECK(choose_one(steady({1.0, never, 0.5}), 0).chosen == 2);
}
