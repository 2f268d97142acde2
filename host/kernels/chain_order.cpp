#include "host/kernels/chain_order.h"

#include <algorithm>
#include <map>

namespace clinfer::kernels {

namespace {

bool clash(const ChainStep& a, const ChainStep& b) {
  return std::ranges::any_of(a.accesses, [&](const Access& mine) {
    return std::ranges::any_of(b.accesses, [&](const Access& other) { return clash(mine, other); });
  });
}

int64_t rounds(const ChainStep& step) {
  return (step.workers + step.places - 1) / step.places;
}

/// A second round costs less than a meeting, but must save one: what comes next then is of one round.
bool suits_one_group(std::span<const ChainStep> steps, size_t i) {
  if (rounds(steps[i]) != 2) return rounds(steps[i]) == 1;
  for (size_t next = i + 1; next < steps.size(); ++next) {
    if (steps[next].workers > 0 && clash(steps[i], steps[next])) return rounds(steps[next]) == 1;
  }
  return false;
}

/// Where a step was put: steps of a level wait for no other of it, but for one of their owner.
struct Place {
  int64_t level = -1;
  int64_t owner = -1;
};

/// The latest of what comes before step i; its owner is -1 where they differ.
Place latest_before(std::span<const ChainStep> steps, std::span<const Place> places,
                    std::span<const int64_t> most, size_t i) {
  Place latest;
  for (size_t j = i; j-- > 0 && most[j] >= latest.level;) {
    const Place& before = places[j];
    if (before.level < latest.level || steps[j].workers == 0 || !clash(steps[i], steps[j])) continue;
    if (before.level > latest.level) {
      latest = before;
    } else if (before.owner != latest.owner) {
      latest.owner = -1;
    }
  }
  return latest;
}

}  // namespace

std::vector<ChainTurn> chain_order(std::span<const ChainStep> steps, int64_t groups) {
  std::vector<Place> places(steps.size());
  std::vector<int64_t> most(steps.size(), -1);  // level of a step and those before it
  std::map<int64_t, int64_t> owners;            // of each level so far
  std::vector<ChainTurn> turns;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (i > 0) most[i] = most[i - 1];
    if (steps[i].workers == 0) continue;
    const Place before = latest_before(steps, places, most, i);
    Place& place = places[i];
    place = {before.level + 1, -1};
    if (suits_one_group(steps, i)) {
      if (before.owner >= 0) {
        place = before;
      } else {
        place.owner = groups - 1 - owners[place.level]++ % groups;
      }
    }
    most[i] = std::max(most[i], place.level);
    turns.push_back({i, false, place.owner});
  }
  std::ranges::stable_sort(turns, {}, [&](const ChainTurn& turn) { return places[turn.step].level; });
  for (size_t k = 1; k < turns.size(); ++k)
    turns[k].waits = places[turns[k].step].level != places[turns[k - 1].step].level;
  return turns;
}

}  // namespace clinfer::kernels
