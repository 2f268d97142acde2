#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "host/report/comparison.h"
#include "quant/error.h"

using namespace clinfer;
using namespace clinfer::report;

namespace {

std::vector<float> logs(std::vector<double> probabilities) {
  std::vector<float> values;
  for (const double p : probabilities) values.push_back(static_cast<float>(std::log(p)));
  return values;
}

}  // namespace

TEST_CASE("KL of two known distributions") {
  const BaseRow base = keep_row(logs({0.5, 0.25, 0.25}), 1);
  const RowComparison row = compare_row(base, logs({0.25, 0.5, 0.25}));
  // 0.5 log 2 + 0.25 log 0.5
  CHECK(row.kl == doctest::Approx(0.25 * std::log(2)).epsilon(1e-6));
  CHECK(row.reverse_kl == doctest::Approx(0.25 * std::log(2)).epsilon(1e-6));  // mirrored: the same
  // Means 3/8, 3/8, 1/4: half of 0.5 log(4/3) + 0.25 log(2/3), twice.
  CHECK(row.jensen_shannon ==
        doctest::Approx(0.5 * std::log(4.0 / 3) + 0.25 * std::log(2.0 / 3)).epsilon(1e-6));
  CHECK(std::fabs(row.entropy_change) < 1e-6);
  CHECK(row.base_guess.confidence == doctest::Approx(0.5).epsilon(1e-6));
  CHECK(!row.base_guess.right);
  CHECK(row.guess.right);
  CHECK(!row.same_top);
  CHECK(row.base_margin == doctest::Approx(std::log(2)).epsilon(1e-6));
  CHECK(row.next_change == doctest::Approx(0.25).epsilon(1e-6));
  CHECK(row.base_nll == doctest::Approx(std::log(4)).epsilon(1e-6));
  CHECK(row.nll == doctest::Approx(std::log(2)).epsilon(1e-6));
}

TEST_CASE("a constant added to all logits changes nothing") {
  const BaseRow base = keep_row(logs({0.5, 0.3, 0.2}), 0);
  std::vector<float> moved = logs({0.5, 0.3, 0.2});
  for (float& value : moved) value += 8;
  const RowComparison row = compare_row(base, moved);
  CHECK(row.kl < 1e-6);
  CHECK(row.same_top);
  CHECK(row.top5_overlap == 1);
  CHECK(std::fabs(row.next_change) < 1e-6);
}

TEST_CASE("equal logits have no divergence at all") {
  std::vector<float> logits(1000);
  for (size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>((i * 37) % 101) / 10;
  const BaseRow base = keep_row(logits, 5);
  CHECK(base.ids.size() == kKeptLogits);
  CHECK(!base.whole);
  CHECK(compare_row(base, logits).kl == 0);
}

TEST_CASE("the tail counts as one token") {
  const BaseRow base = keep_row(logs({0.5, 0.2, 0.2, 0.1}), 0, 1);
  CHECK(base.kept_mass() == doctest::Approx(0.5).epsilon(1e-6));
  const RowComparison row = compare_row(base, logs({0.25, 0.25, 0.25, 0.25}));
  CHECK(row.kl == doctest::Approx(0.5 * std::log(2) + 0.5 * std::log(0.5 / 0.75)).epsilon(1e-5));
}

TEST_CASE("the base keeps its most likely tokens in order, ties by id") {
  const float logits[] = {1, 5, 3, 5, 2};
  const BaseRow row = keep_row(logits, 4, 3);
  CHECK(row.ids == std::vector<int32_t>{1, 3, 2});
  CHECK(row.logits == std::vector<float>{5, 5, 3});
  CHECK(row.next_logit == 2);
}

TEST_CASE("agreement of the five most likely") {
  const float base[] = {9, 8, 7, 6, 5, 0, 0, 0};
  const float other[] = {9, 8, 0, 0, 5, 7, 6, 0};
  const RowComparison row = compare_row(keep_row(base, 0), other);
  CHECK(row.same_top);
  CHECK(row.top5_overlap == doctest::Approx(0.6));
}

TEST_CASE("logits that are not numbers are an error") {
  const BaseRow base = keep_row(logs({0.5, 0.5}), 0);
  const float bad[] = {0, std::numeric_limits<float>::quiet_NaN()};
  CHECK_THROWS_AS(compare_row(base, bad), Error);
  const float few[] = {0};
  CHECK_THROWS_AS(compare_row(base, few), Error);
}

TEST_CASE("rows make up a comparison") {
  std::vector<RowComparison> rows(8);
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].kl = static_cast<double>(i);
    rows[i].same_top = i >= 2;
    rows[i].base_margin = i == 0 ? 0.01 : 3;
    rows[i].next_change = i % 2 == 0 ? 0.1 : -0.1;
    rows[i].base_nll = 1;
    rows[i].nll = 1.5;
  }
  Windows windows;
  windows.context = 9;  // rows 4 to 7 of a window are scored
  windows.ids.resize(18);
  const Comparison c = compare(rows, windows);
  CHECK(c.kl.mean == doctest::Approx(3.5));
  CHECK(c.kl_percentiles.max == 7);
  CHECK(c.top1.mean == doctest::Approx(0.75));
  CHECK(c.next_change.mean == doctest::Approx(0));
  CHECK(c.next_change_rms == doctest::Approx(0.1));
  CHECK(c.base_perplexity.value == doctest::Approx(std::exp(1)));
  CHECK(c.perplexity_ratio == doctest::Approx(std::exp(0.5)));
  CHECK(c.ratio_error == doctest::Approx(0));  // paired: every row changes alike
  REQUIRE(c.flips.size() == 4);
  CHECK(c.flips[0].rows == 1);
  CHECK(c.flips[0].flips == 1);
  CHECK(c.flips[3].rows == 7);
  CHECK(c.flips[3].flips == 1);
  // Windows of 4 rows: rows 0 and 4 are the first of theirs.
  REQUIRE(c.kl_by_depth.size() == 4);
  CHECK(c.kl_by_depth[0].kl.mean == doctest::Approx(2));
  CHECK(c.kl_by_depth[3].kl.mean == doctest::Approx(5));
  CHECK(c.kl_by_depth[0].from == 4);
  CHECK(c.kl_by_depth[3].to == 8);
  CHECK(c.log_loss == doctest::Approx(12));
  CHECK(c.window_error == doctest::Approx(0));
  CHECK(c.word_perplexity() == 0);  // the text's units are not known
}

TEST_CASE("entropy of a distribution, and what sharpening does to it") {
  const std::vector<float> even = logs({0.25, 0.25, 0.25, 0.25});
  CHECK(entropy_of(even, log_sum_exp(even)) == doctest::Approx(std::log(4)).epsilon(1e-6));
  const RowComparison row = compare_row(keep_row(even, 0), logs({0.97, 0.01, 0.01, 0.01}));
  CHECK(row.entropy_change < -1);
}

TEST_CASE("words and bytes make perplexities of a text") {
  Windows windows;
  windows.context = 4;
  windows.ids = {0, 1, 2, 3, 4, 5, 6, 7};
  const char* const texts[] = {"", "", "", " two", "", "", "", "words "};
  describe_text(windows, [&](int32_t id) { return std::string(texts[id]); });
  CHECK(windows.units.bytes == 10);  // tokens 3 and 7 are scored
  CHECK(windows.units.words == 2);
  CHECK(windows.classes == std::vector<TokenClass>{TokenClass::word, TokenClass::word});
  std::vector<RowComparison> rows(2);
  rows[0].nll = 1;
  rows[1].nll = 3;
  const Comparison c = compare(rows, windows);
  CHECK(c.word_perplexity() == doctest::Approx(std::exp(2)));
  CHECK(c.bits_per_byte() == doctest::Approx(4 / std::log(2) / 10));
  REQUIRE(c.by_class.size() == 1);
  CHECK(c.by_class[0].kl.count == 2);
}

TEST_CASE("kinds of tokens") {
  CHECK(classify(" the") == TokenClass::word);
  CHECK(classify("3rd") == TokenClass::number);
  CHECK(classify(" ,") == TokenClass::punctuation);
  CHECK(classify("\n\t ") == TokenClass::space);
  CHECK(classify("\xc3\xa9t") == TokenClass::other_script);
}

TEST_CASE("calibration: guesses that are as right as they are sure have no error") {
  std::vector<Guess> guesses;
  for (int i = 0; i < 4; ++i) guesses.push_back({0.75, i > 0});
  CHECK(expected_calibration_error(guesses) == doctest::Approx(0));
  for (Guess& guess : guesses) guess.right = false;
  CHECK(expected_calibration_error(guesses) == doctest::Approx(0.75));
  CHECK(expected_calibration_error({}) == 0);
}
