#include <doctest/doctest.h>

#include <cmath>

#include "host/report/measure.h"
#include "host/report/roles.h"
#include "host/report/speed.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/generated_model.h"

using namespace clinfer;
using namespace clinfer::report;

namespace {

constexpr int64_t kContext = 32;

/// Arbitrary tokens of the model's vocabulary of 320.
Windows windows() {
  std::vector<int32_t> ids;
  for (int32_t i = 0; i < 70; ++i) ids.push_back(3 + i * 37 % 300);
  return cut_windows(ids, kContext, 0, std::nullopt);
}

/// A made-up model in a weight format.
struct Subject {
  std::unique_ptr<io::Checkpoint> checkpoint = io::open(tests::generated_model("qwen3"));
  cl::ProgramCache programs;
  std::unique_ptr<run::Engine> engine;

  explicit Subject(const std::string& weights, int64_t batch = kContext) {
    REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
    run::EngineOptions options;
    options.devices = {cl::usable_devices().front()};
    options.weights_format = weights;
    options.cache_format = "f32";
    options.max_context = kContext;
    options.batch_tokens = batch;
    options.prefill_outputs = rows_of_call(windows(), batch);
    engine = std::make_unique<run::Engine>(*checkpoint, options, programs, run::Progress{});
  }
};

const WindowProgress kQuiet = [](int64_t, int64_t) {};

}  // namespace

TEST_CASE("scored rows are the second half of each window, in any batch") {
  const Windows w = windows();
  Subject whole("keep");
  std::vector<int64_t> rows;
  std::vector<int32_t> next;
  score_rows(
      *whole.engine, w,
      [&](int64_t row, int32_t id, std::span<const float> logits) {
        CHECK(logits.size() == 320);
        rows.push_back(row);
        next.push_back(id);
      },
      kQuiet);
  REQUIRE(rows.size() == 30);
  CHECK(rows.back() == 29);
  CHECK(next.front() == w.ids[17]);  // row 16 of the first window speaks of its token 17
  CHECK(next[15] == w.ids[32 + 17]);
  CHECK(next.back() == w.ids[63]);
  Subject pieces("keep", 12);
  const std::vector<double> a = negative_log_likelihoods(*whole.engine, w, kQuiet);
  const std::vector<double> b = negative_log_likelihoods(*pieces.engine, w, kQuiet);
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-4));
}

TEST_CASE("a report's measurements: nothing for the same weights, more for coarser ones") {
  const Windows w = windows();
  Subject base("keep");
  const BaseRun run = run_base(*base.engine, w, kQuiet);
  CHECK(run.rows.size() == 30);
  const Comparison same = run_candidate(*base.engine, w, run, kQuiet);
  CHECK(same.kl_percentiles.max == 0);
  CHECK(same.top1.mean == 1);
  CHECK(same.perplexity.value == run.perplexity.value);
  double last = 0;
  const std::string formats[] = {"q8_0", "q4_0"};
  // The made-up weights are uniform: the largest of 32 is 32/33 of their bound a, so a step is that over 127
  // (or 8) and SQNR = (a^2 / 3) / (step^2 / 12); q4_0 loses 0.75 dB to its missing code +8 (a 32nd of
  // the values meet an error of 1/2 to 1 step: 7/12 in place of 1/12 of its square).
  const double uniform_db[] = {20 * std::log10(2 * 127 * 33 / 32.0),
                               20 * std::log10(2 * 8 * 33 / 32.0) - 0.75};
  for (size_t i = 0; i < 2; ++i) {
    const std::string& format = formats[i];
    CAPTURE(format);
    Subject subject(format);
    CandidateResult result;
    result.candidate = {format, format, "f32", {}};
    result.comparison = run_candidate(*subject.engine, w, run, kQuiet);
    measure_weights(
        *subject.engine, *subject.checkpoint, {}, [](int64_t, int64_t) {}, result);
    CHECK(result.comparison.kl.mean > last);
    last = result.comparison.kl.mean;
    CHECK(result.converted > 0);
    CHECK(std::isfinite(result.converted_sqnr_db));
    CHECK(std::fabs(result.converted_sqnr_db - uniform_db[i]) < 0.5);
    CHECK(result.converted_sqnr_db > result.theory->gaussian_db);
    CHECK(result.weight_bytes() > 0);
    CHECK(result.device_bytes > result.weight_bytes());
  }
}

TEST_CASE("roles and sizes of the weights") {
  Subject subject("q8_0");
  const graph::Graph& graph = subject.engine->plans().list.front()->graph;
  const std::map<std::string, RoleSize> sizes = sizes_of(graph);
  for (const char* role : {"embedding", "attention", "mlp", "head", "vectors"}) {
    CAPTURE(role);
    CHECK(sizes.contains(role));
  }
  CHECK(sizes.at("embedding").elements == 320 * 64);
  CHECK(sizes.at("embedding").bytes == 320 * 64 * 2);  // stays as stored, bf16
  CHECK(sizes.at("head").bytes == 320 * 64 / 32 * 34);
}

TEST_CASE("speeds are of as many repetitions as asked for") {
  Subject subject("keep");
  const Speed speed = measure_speed(*subject.engine, 2);
  CHECK(speed.prompt_tokens == kContext);
  CHECK(speed.generated_tokens == kContext / 2);
  CHECK(speed.prompt_rates.size() == 2);
  CHECK(speed.generation_rates.size() == 2);
  CHECK(speed.generation_rates.front() > 0);
}
