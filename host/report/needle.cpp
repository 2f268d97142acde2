#include "host/report/needle.h"

#include <algorithm>
#include <map>
#include <random>

#include "host/report/comparison.h"
#include "host/report/passage.h"

namespace clinfer::report {
namespace {

constexpr int64_t kCue = 3;     ///< tokens of the string that ask for the rest
constexpr int64_t kAnswer = 5;  ///< tokens that are scored
constexpr int64_t kString = kCue + kAnswer;
constexpr int64_t kFewTexts = 2;  ///< of long windows
constexpr int64_t kTexts = 4;
constexpr int64_t kLongContext = 256;
constexpr double kAbsent = -1;
constexpr double kDepths[] = {0, 0.25, 0.5, 0.75, 1};

std::vector<int32_t> string_of(const Windows& windows, std::mt19937_64& random) {
  std::vector<int32_t> string;
  while (string.size() < static_cast<size_t>(kString))
    string.push_back(windows.ids[random() % windows.ids.size()]);
  return string;
}

/// The first token of a window stays: it may be BOS.
Haystack plant(std::vector<int32_t> ids, const std::vector<int32_t>& string, double depth) {
  const auto room = static_cast<int64_t>(ids.size()) - 1 - 2 * kString;
  std::copy(string.begin(), string.end(), ids.end() - kString);
  if (depth >= 0)
    std::copy(string.begin(), string.end(),
              ids.begin() + 1 + static_cast<int64_t>(depth * static_cast<double>(room)));
  return {depth, std::move(ids)};
}

void run_answers(run::Engine& engine, const Haystack& haystack,
                 const std::function<void(int32_t next, std::span<const float> logits)>& sink) {
  const auto end = static_cast<int64_t>(haystack.ids.size()) - 1;
  run_passage(engine, haystack.ids, end - kAnswer, end, [&](int64_t row, std::span<const float> logits) {
    sink(haystack.ids[static_cast<size_t>(row) + 1], logits);
  });
}

NeedleDepth depth_of(double depth, const std::vector<RowComparison>& rows) {
  std::vector<double> nll, difference, kl, found;
  for (const RowComparison& row : rows) {
    nll.push_back(row.nll);
    difference.push_back(row.nll - row.base_nll);
    kl.push_back(row.kl);
    found.push_back(row.guess.right ? 1 : 0);
  }
  return {depth, estimate(nll), estimate(difference), estimate(kl), estimate(found)};
}

/// What comparing the base with itself gives.
RowComparison unchanged(const BaseRow& base) {
  RowComparison row;
  row.base_nll = row.nll = base.log_sum_exp - base.next_logit;
  row.guess.right = base.ids.front() == base.next;
  return row;
}

Needle needle_of(const std::vector<Haystack>& haystacks,
                 const std::map<double, std::vector<RowComparison>>& rows) {
  Needle needle;
  if (!haystacks.empty()) needle.context = static_cast<int64_t>(haystacks.front().ids.size());
  for (const auto& [depth, list] : rows) {
    if (depth < 0) {
      needle.absent = depth_of(depth, list).nll;
    } else {
      needle.depths.push_back(depth_of(depth, list));
    }
  }
  return needle;
}

}  // namespace

std::vector<Haystack> make_haystacks(const Windows& windows) {
  std::vector<Haystack> haystacks;
  if (windows.context < 4 * kString || windows.scored() < kAnswer) return haystacks;
  std::mt19937_64 random(1);
  for (int64_t text = 0;
       text < std::min(windows.context > kLongContext ? kFewTexts : kTexts, windows.count()); ++text) {
    const std::vector<int32_t> string = string_of(windows, random);
    haystacks.push_back(plant(windows.window(text), string, kAbsent));
    for (const double depth : kDepths) haystacks.push_back(plant(windows.window(text), string, depth));
  }
  return haystacks;
}

std::vector<BaseRow> run_needle_base(run::Engine& engine, const std::vector<Haystack>& haystacks) {
  std::vector<BaseRow> rows;
  for (const Haystack& haystack : haystacks) {
    run_answers(engine, haystack,
                [&](int32_t next, std::span<const float> logits) { rows.push_back(keep_row(logits, next)); });
  }
  return rows;
}

Needle run_needle(run::Engine& engine, const std::vector<Haystack>& haystacks,
                  const std::vector<BaseRow>& base) {
  std::map<double, std::vector<RowComparison>> rows;
  size_t at = 0;
  for (const Haystack& haystack : haystacks) {
    run_answers(engine, haystack, [&](int32_t, std::span<const float> logits) {
      rows[haystack.depth].push_back(compare_row(base.at(at++), logits));
    });
  }
  return needle_of(haystacks, rows);
}

Needle needle_of_base(const std::vector<Haystack>& haystacks, const std::vector<BaseRow>& base) {
  std::map<double, std::vector<RowComparison>> rows;
  for (size_t i = 0; i < base.size(); ++i)
    rows[haystacks.at(i / static_cast<size_t>(kAnswer)).depth].push_back(unchanged(base[i]));
  return needle_of(haystacks, rows);
}

}  // namespace clinfer::report
