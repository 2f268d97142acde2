#include <doctest/doctest.h>

#include <numeric>

#include "host/report/score.h"
#include "quant/error.h"

using namespace clinfer;
using namespace clinfer::report;

namespace {

std::vector<int32_t> numbers(int count) {
  std::vector<int32_t> ids(static_cast<size_t>(count));
  std::iota(ids.begin(), ids.end(), 100);
  return ids;
}

}  // namespace

TEST_CASE("windows do not overlap, and a rest is left out") {
  const Windows w = cut_windows(numbers(27), 8, 0, std::nullopt);
  CHECK(w.count() == 3);
  CHECK(w.window(1) == std::vector<int32_t>{108, 109, 110, 111, 112, 113, 114, 115});
  CHECK(w.first_scored() == 4);
  CHECK(w.scored() == 3);  // rows 4, 5 and 6: llama-perplexity's n_ctx / 2 .. n_ctx - 2
  CHECK(w.rows() == 9);
}

TEST_CASE("512 tokens have 255 that are scored") {
  CHECK(cut_windows(numbers(512), 512, 0, std::nullopt).scored() == 255);
  CHECK(cut_windows(numbers(7), 7, 0, std::nullopt).scored() == 3);
}

TEST_CASE("chunks and BOS") {
  const Windows w = cut_windows(numbers(32), 8, 2, 1);
  CHECK(w.count() == 2);
  CHECK(w.window(1).front() == 1);
  CHECK(w.window(1)[1] == 109);
  CHECK(w.ids[8] == 108);  // the text itself stays
}

TEST_CASE("a text that fills no window") {
  CHECK_THROWS_WITH_AS(cut_windows(numbers(7), 8, 0, std::nullopt),
                       "eval.text has 7 tokens, one window of eval.context needs 8", Error);
}

TEST_CASE("rows of one call") {
  const Windows w = cut_windows(numbers(64), 64, 0, std::nullopt);
  CHECK(rows_of_call(w, 512) == 31);
  CHECK(rows_of_call(w, 16) == 16);
}
