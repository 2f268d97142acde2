#include "tests/host_report/small_report.h"

namespace clinfer::tests {
namespace {

report::CandidateResult candidate(const char* name, int64_t bytes, double kl) {
  report::CandidateResult r;
  r.candidate = {name, "q8_0", "f32"};
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
  r.comparison = report::compare(rows, 4);
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
  return report;
}

}  // namespace clinfer::tests
