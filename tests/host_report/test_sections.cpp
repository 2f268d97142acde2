#include <doctest/doctest.h>

#include <cmath>

#include "host/report/agreement.h"
#include "host/report/draft_agreement.h"
#include "host/report/measure.h"
#include "host/run/format_check.h"
#include "host/run/kernel_error.h"
#include "quant/error.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/generated_model.h"

using namespace clinfer;
using namespace clinfer::report;

namespace {

constexpr int64_t kContext = 40;
constexpr const char* kExperts = "tests/models/tiny-deepseek-v3-fp8";

std::string dense() {
  return tests::generated_model("qwen3");
}

/// Arbitrary tokens of a vocabulary of 320.
Windows windows() {
  std::vector<int32_t> ids;
  for (int32_t i = 0; i < 2 * kContext; ++i) ids.push_back(3 + i * 37 % 300);
  return cut_windows(ids, kContext, 0, std::nullopt);
}

struct Subject {
  std::unique_ptr<io::Checkpoint> checkpoint;
  cl::ProgramCache programs;
  std::unique_ptr<run::Engine> engine;

  Subject(const std::string& model, const std::string& weights, bool draft = false)
      : checkpoint(io::open(model)) {
    REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
    run::EngineOptions options;
    options.devices = {cl::usable_devices().front()};
    options.weights_format = weights;
    options.cache_format = "f32";
    options.max_context = kContext;
    options.batch_tokens = kContext;
    options.prefill_outputs = rows_of_call(windows(), kContext);
    options.draft = draft;
    engine = std::make_unique<run::Engine>(*checkpoint, options, programs, run::Progress{});
  }
};

const WindowProgress kQuiet = [](int64_t, int64_t) {};

}  // namespace

TEST_CASE("sections: nothing differs from itself, and coarser weights lose more in each layer") {
  const Windows w = windows();
  Subject base(dense(), "keep");
  BaseRun run = run_base(*base.engine, w, kQuiet);
  Report report;
  const Sections all = sections_of({});
  run_base_sections(*base.engine, w, all, run, report);
  CHECK(run.trace.tokens == w.count() * kContext);
  CHECK(run.trace.streams.size() == static_cast<size_t>(base.engine->model().layers + 1));
  CandidateResult same;
  run_candidate_sections(*base.engine, w, all, run, same);
  for (const LayerError& layer : same.propagation->layers) CHECK(layer.noise == 0);
  CHECK(same.generation->identical.mean == 1);
  CHECK(same.needle->depths.size() == 5);
  for (const NeedleDepth& d : same.needle->depths) {
    CHECK(d.kl.mean == 0);
    CHECK(d.difference.mean == doctest::Approx(0));
  }
  CHECK(same.needle->absent.mean == doctest::Approx(report.base_needle->absent.mean));
  CHECK(same.routing.empty());
  double before = 0;
  for (const char* format : {"q8_0", "q4_0"}) {
    CAPTURE(format);
    Subject subject(dense(), format);
    CandidateResult result;
    result.candidate = {format, format, "f32", {}};
    run_candidate_sections(*subject.engine, w, all, run, result);
    const LayerError& first = result.propagation->layers[1];
    CHECK(first.noise > before);
    before = first.noise;
    CHECK(result.needle->depths[0].kl.mean > 0);
    measure_weights(*subject.engine, *subject.checkpoint, run.inputs, kQuiet, result);
    for (const TensorError& t : result.tensors) {
      if (t.stored == t.held) continue;
      CAPTURE(t.name);
      CHECK(t.output_tokens > 0);
      // Rounding errors are as good as independent of the inputs: outputs lose about what weights lose.
      CHECK(std::fabs(sqnr_db(t.output_signal, t.output_noise) - t.sqnr_db()) < 6);
      REQUIRE(!t.worst_blocks.empty());
      CHECK(t.worst_blocks[0].noise >= t.worst_blocks.back().noise);
      CHECK(t.worst_blocks[0].noise < t.noise);
    }
  }
}

TEST_CASE("formats for activations lose as their bits say") {
  const Windows w = windows();
  Subject base(dense(), "keep");
  BaseRun run = run_base(*base.engine, w, kQuiet);
  Report report;
  run_base_sections(*base.engine, w, {Section::activations}, run, report);
  const auto db = [&](const std::string& format) {
    double signal = 0, noise = 0;
    for (const ActivationError& e : report.activations) {
      if (e.format != format) continue;
      signal += e.signal;
      noise += e.noise;
    }
    return sqnr_db(signal, noise);
  };
  CHECK(db("mxint8") > db("mxfp8_e4m3"));
  CHECK(db("mxfp8_e4m3") > db("mxfp4"));
  CHECK(db("mxfp8_e4m3") == doctest::Approx(31.5).epsilon(0.1));
  CHECK(!report.activation_shapes.empty());
}

TEST_CASE("experts change, a draft module agrees") {
  const Windows w = windows();
  Subject base(kExperts, "keep", true);
  BaseRun run = run_base(*base.engine, w, kQuiet);
  Report report;
  const Sections sections = {Section::routing, Section::draft};
  run_base_sections(*base.engine, w, sections, run, report);
  REQUIRE(report.base_draft);
  CHECK(report.base_draft->same.count == w.count() * (kContext - 1 - 5));
  CandidateResult same;
  run_candidate_sections(*base.engine, w, sections, run, same);
  REQUIRE(!same.routing.empty());
  for (const RoutingLayer& layer : same.routing) {
    CHECK(layer.changed.mean == 0);
    CHECK(layer.gate_error.mean == 0);
  }
  CHECK(same.draft->same.mean == report.base_draft->same.mean);
  Subject coarse(kExperts, "q4_0");
  CandidateResult result;
  run_candidate_sections(*coarse.engine, w, sections, run, result);
  CHECK(!result.draft);  // loaded without the module
  double changed = 0;
  for (const RoutingLayer& layer : result.routing) {
    changed += layer.changed.mean;
    CHECK(layer.kept.mean <= 1);
    CHECK((layer.changed.mean > 0) == (layer.kept.mean < 1));
  }
  CHECK(changed > 0);
  CHECK_THROWS_AS(draft_agreement(*coarse.engine, w), Error);
}

TEST_CASE("runs of the same rows") {
  const Windows w = windows();
  Subject subject(dense(), "keep");
  const LogitRows once = some_rows(*subject.engine, w, kContext);
  const RunAgreement again = compare_rows("again", once, some_rows(*subject.engine, w, kContext));
  CHECK(again.rows == w.scored());
  CHECK(again.identical_rows == again.rows);
  CHECK(again.max_abs == 0);
  const RunAgreement decode = compare_rows("decode", once, some_rows(*subject.engine, w, 8));
  CHECK(decode.rows == again.rows);
  CHECK(decode.max_abs < 1e-3);
  CHECK_THROWS_AS(compare_rows("none", once, {}), Error);
}

TEST_CASE("kernels stay within their bounds, formats decode on the device as on the host") {
  Subject subject(dense(), "q8_0");
  std::set<std::string> asked;
  const std::vector<run::KernelError> errors = run::kernel_errors(*subject.engine, subject.programs, asked);
  bool packed = false;
  for (const run::KernelError& e : errors) {
    CAPTURE(e.variant);
    CHECK(e.worst <= 1);
    CHECK(e.rms <= e.worst);
    CHECK(e.elements > 0);
    packed = packed || e.formats == "q8_0";
  }
  CHECK(packed);
  CHECK(run::kernel_errors(*subject.engine, subject.programs, asked).empty());
  for (const char* format : {"q8_0", "mxfp4", "int4_g128_asym", "bf16"}) {
    CAPTURE(format);
    const run::FormatCheck check = run::check_format(subject.engine->device(0), subject.programs, format);
    CHECK(check.fault == "");
    CHECK(check.values > 10000);
    CHECK(check.mismatches == 0);
  }
}
