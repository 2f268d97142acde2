#include "host/report/theory.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "host/report/weight_error.h"

namespace clinfer::report {
namespace {

constexpr int64_t kRows = 256;
constexpr int64_t kCols = 4096;
constexpr double kDeviation = 0.02;
constexpr int kFreedom = 4;
constexpr double kSlackDb = 1;

/// Normal deviates by Box and Muller (1958): std::normal_distribution differs from library to library.
class Normal {
 public:
  double next() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  double uniform() { return (static_cast<double>(bits_() >> 11) + 0.5) * 0x1p-53; }  // (0, 1)
  std::mt19937_64 bits_{1};
};

/// Student's t: a normal deviate over the root of a chi-square's mean.
double heavy_tailed(Normal& normal) {
  const double z = normal.next();
  double chi = 0;
  for (int i = 0; i < kFreedom; ++i) {
    const double deviate = normal.next();
    chi += deviate * deviate;
  }
  return z / std::sqrt(chi / kFreedom);
}

template <class Draw>
double simulated_db(const quant::Format& format, Draw draw) {
  Normal normal;
  std::vector<float> values(static_cast<size_t>(kRows * kCols));
  for (float& value : values) value = static_cast<float>(kDeviation * draw(normal));
  TensorError error;
  add_matrix(format, values, kRows, kCols, error);
  return error.sqnr_db();
}

}  // namespace

Theory simulate(const quant::Format& format) {
  return {simulated_db(format, [](Normal& normal) { return normal.next(); }),
          simulated_db(format, heavy_tailed)};
}

std::string verdict_of(const Theory& theory, double measured_db) {
  if (std::isinf(measured_db)) return "exact: the format holds every stored value";
  const double low = std::min(theory.gaussian_db, theory.heavy_tailed_db);
  const double high = std::max(theory.gaussian_db, theory.heavy_tailed_db);
  if (std::isinf(high))
    return fmt::format("{:.2f} dB, where the format should be exact: a defect", measured_db);
  const std::string figures = fmt::format(
      "{:.2f} dB measured, {:.2f} dB on Gaussian and {:.2f} dB on "
      "heavy-tailed data: ",
      measured_db, theory.gaussian_db, theory.heavy_tailed_db);
  if (measured_db > high + kSlackDb)
    return figures + "better than it can be on fresh data, the weights lay on a coarser grid before";
  if (measured_db < low - kSlackDb) return figures + "below the format's own loss: outliers, or a defect";
  if (std::fabs(measured_db - theory.gaussian_db) <= kSlackDb) return figures + "as the format must be";
  return figures + "as the format must be on weights with heavy tails";
}

}  // namespace clinfer::report
