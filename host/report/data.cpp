#include "host/report/data.h"

#include <cmath>
#include <limits>

namespace clinfer::report {

void ScaleHistogram::add(double scale) {
  if (!std::isfinite(scale)) {
    ++nonfinite;
  } else if (scale == 0) {
    ++zeros;
  } else {
    ++powers[std::ilogb(scale)];
  }
}

void ScaleHistogram::add(const ScaleHistogram& other) {
  for (const auto& [power, count] : other.powers) powers[power] += count;
  zeros += other.zeros;
  nonfinite += other.nonfinite;
}

double sqnr_db(double signal, double noise) {
  return noise > 0 ? 10 * std::log10(signal / noise) : std::numeric_limits<double>::infinity();
}

double TensorError::sqnr_db() const {
  return report::sqnr_db(signal, noise);
}

int64_t CandidateResult::weight_elements() const {
  int64_t sum = 0;
  for (const auto& [role, size] : sizes) sum += size.elements;
  return sum;
}

int64_t CandidateResult::weight_bytes() const {
  int64_t sum = 0;
  for (const auto& [role, size] : sizes) sum += size.bytes;
  return sum;
}

double CandidateResult::bits_per_weight() const {
  const int64_t elements = weight_elements();
  return elements == 0 ? 0 : 8 * static_cast<double>(weight_bytes()) / static_cast<double>(elements);
}

}  // namespace clinfer::report
