#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <set>
#include <tuple>

#include "quant/format.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/reference.h"
#include "tests/model/runs.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

double largest(const graph::Array& array) {
  double most = 0;
  for (double x : array.data) most = std::max(most, std::abs(x));
  return most;
}

/// Both compute with the same decoded weights, so only float rounding is between them. Each layer adds to the
/// residual stream a few sums rounded to 2^-24 of their size; that noise reaches the logits scaled as the
/// stream itself is, 4 roundings a layer (attention, its projection, the FFN, the sum) and 4 at the ends,
/// each amplified by at most 4 (the norms divide by a typical element, the sums hold larger ones).
double limit_for(const graph::Array& logits, int64_t layers) {
  return 0x1p-24 * 4 * 4 * static_cast<double>(layers + 1) * largest(logits);
}

/// The logits up to the first token whose experts are close to another choice.
graph::Array certain_rows(const graph::Array& logits, const std::vector<double>& margins) {
  int64_t rows = 0;
  while (rows < logits.rows && margins[static_cast<size_t>(rows)] >= 1e-5) ++rows;
  return rows_of(logits, 0, rows);
}

std::vector<std::string> all_formats() {
  std::vector<std::string> names;
  for (const quant::Format& format : quant::device_formats()) names.emplace_back(format.name);
  return names;
}

/// The first format of each way to group codes and to place scales.
std::vector<std::string> one_of_each_layout() {
  std::set<std::tuple<int64_t, int64_t, int64_t, quant::ScaleType, bool, bool>> layouts;
  std::vector<std::string> names;
  for (const quant::Format& f : quant::device_formats()) {
    if (layouts.insert({f.group_elems, f.block_rows, f.block_cols, f.scale_type, f.tensor_scale, f.zeros})
            .second)
      names.emplace_back(f.name);
  }
  return names;
}

void check_formats(const std::string& folder, const std::vector<std::string>& formats) {
  const auto checkpoint = io::open(folder);
  const Reference reference(folder + "/reference.safetensors");
  std::vector<int32_t> ids = reference.integers("input_ids.2");
  ids.resize(24);
  for (const std::string& name : formats) {
    Truth truth(*checkpoint, false, name);
    const graph::Array whole = truth.logits(ids);
    const graph::Array expected = certain_rows(whole, truth.routing_margins());
    REQUIRE(expected.rows >= 5);
    const double limit = limit_for(whole, 8);
    for (const graph::DeviceInfo& device : cl::usable_devices()) {
      run::EngineOptions options = float_options({device});
      options.weights_format = name;
      const auto engine = make_engine(*checkpoint, options);
      const double prefill = max_difference(engine_logits(*engine, ids, 64), expected);
      const double decode = max_difference(engine_logits(*engine, ids, 3), expected);
      std::printf("%-34s %-5s %-17s %lld rows, by 64: %.2e, by 3: %.2e, limit %.2e\n", folder.c_str(),
                  device.id.c_str(), name.c_str(), static_cast<long long>(expected.rows), prefill, decode,
                  limit);
      CHECK_MESSAGE(prefill <= limit, name << ": " << prefill);
      CHECK_MESSAGE(decode <= limit, name << ": " << decode);
    }
  }
}

}  // namespace

TEST_CASE("weights turned into any format at load compute what the interpreter does with them") {
  REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
  check_formats("tests/models/tiny-qwen3", all_formats());
  // Experts and heads decode by the functions that the other model's matrices have asked: where an expert's
  // codes and scales begin is all that is new.
  check_formats("tests/models/tiny-deepseek-v3-fp8", one_of_each_layout());
}
