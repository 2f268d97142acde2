#include "tests/host_report/small_report.h"

namespace clinfer::tests {
namespace {

report::CandidateResult candidate(const char* name, int64_t bytes, double kl) {
  report::CandidateResult r;
  r.candidate = {name, "q8_0", "f32", {}};
  report::TensorError tensor;
  tensor.name = "model.<script>alert(1)</script>.\"weight\"|";
  tensor.role = "mlp";
  tensor.stored = "bf16";
  tensor.held = "q8_0";
  tensor.signal = 1;
  tensor.noise = kl / 10;
  tensor.scales.add(0.5);
  r.tensors = {tensor};
  r.converted = 1;
  r.converted_sqnr_db = tensor.sqnr_db();
  r.sizes["mlp"] = {bytes, bytes};
  r.verdict = "as the format must be";
  r.theory = report::Theory{45, 42};
  r.speed = report::Speed{64, 32, {100, 110}, {10, 12}};
  std::vector<report::RowComparison> rows(8);
  for (report::RowComparison& row : rows) {
    row.kl = kl;
    row.same_top = true;
    row.base_nll = 1;
    row.nll = 1 + kl;
  }
  report::Windows windows;
  windows.context = 9;
  windows.ids.resize(18);
  r.comparison = report::compare(rows, windows);
  r.propagation = report::Propagation{64, {{-1, 1, 0}, {0, 1, kl}, {1, 1, 2 * kl}}, -3};
  const double shares[] = {0, 1};
  const report::Estimate e = report::estimate(shares);
  r.routing = {{1, e, e, e}};
  r.draft = report::DraftAgreement{e};
  r.needle = report::Needle{64, e, {{0, e, e, e, e}, {1, e, e, e, e}}};
  r.generation = report::Generation{8, {3, 8}, 5.5, e, e};
  return r;
}

}  // namespace

report::Report small_report() {
  report::Report report;
  report.identity.model = "<img src=x onerror=alert(2)>";
  report.identity.text = "a & b.txt";
  report.identity.devices = {"cpu0 \"device\""};
  report.identity.reproduce = "clinfer report run.yaml --set 'a=<b>'";
  report.candidates = {candidate("big", 1600, 0.001), candidate("<b>small</b>", 800, 0.1)};
  report.kernels = {"linear/rows"};
  report.base_draft = report.candidates[0].draft;
  report.base_needle = report.candidates[0].needle;
  report.activations = {{"mlp", "mxint8", 64, 1, 0.001}};
  report.activation_shapes = {{"mlp", 64, 7, 3}};
  report.agreements = {{"the same run again", 2, 2, 0, {}, {}}};
  report.kernel_errors = {{"cpu0", "linear/rows", "prefill", "q8_0", 64, 0.5, 0.1}};
  report.conformance = {{"cpu0", "q8_0", 64, 0, ""}};
  report.attribution = report::Attribution{"big", 0.001, {{"mlp", {0.0008, 0, 8}, 0.0003, 1 << 20}}};
  report.history = {{"big", "mean KL", 0.002, 0.001}};
  report.previous = "earlier.json";
  report.absent = {"x: <nothing>"};
  return report;
}

}  // namespace clinfer::tests
