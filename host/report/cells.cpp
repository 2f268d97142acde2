#include "host/report/cells.h"

#include <fmt/format.h>

#include <cmath>

namespace clinfer::report {

std::string percent(double share) {
  return fmt::format("{:.2f} %", 100 * share);
}

std::string decibel(double db) {
  return std::isinf(db) ? "exact" : fmt::format("{:.2f}", db);
}

std::string readable_bytes(double bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1024;
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.2f} {}", bytes, kUnits[unit]);
}

std::string with_interval(const Estimate& e) {
  return fmt::format("{:.3g} +/- {:.2g}", e.mean, k95 * e.standard_error);
}

std::string share_with_interval(const Estimate& e) {
  return fmt::format("{:.2f} +/- {:.2f} %", 100 * e.mean, 100 * k95 * e.standard_error);
}

}  // namespace clinfer::report
