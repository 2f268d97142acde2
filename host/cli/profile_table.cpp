#include "host/cli/profile_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/plan/print.h"

namespace clinfer::cli {
namespace {

constexpr const char* kRow = "  {:<16} {:<26} {:<17} {:>7} {:>10} {:>6} {:>11} {:>8} {:>9} {:>9}\n";

/// "3.2 %" of `whole`, "" of nothing.
std::string percent(double part, double whole) {
  return whole > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : "";
}

std::string ms(double microseconds) {
  return fmt::format("{:.3f}", microseconds / 1e3);
}

/// `work` a microsecond in thousands a second: bytes as GB/s, FLOP as GFLOP/s.
std::string giga(double work, double microseconds) {
  return microseconds > 0 ? fmt::format("{:.1f}", work / microseconds / 1e3) : "";
}

std::string row_text(const ProfileRow& row, double call_us) {
  return fmt::format(kRow, row.op, row.variant, row.format, row.steps, ms(row.microseconds),
                     percent(row.microseconds, call_us), plan::readable_bytes(row.work.bytes()),
                     giga(row.work.bytes(), row.microseconds), giga(row.work.flops, row.microseconds),
                     percent(row.work.least_us, row.microseconds));
}

std::string plan_text(const PlanSums& sums) {
  std::string text = fmt::format("\n{} of graph {}: {} calls step by step, {} ms\n", sums.plan->phase,
                                 sums.plan->graph.name, sums.calls, ms(sums.call_us));
  if (sums.calls > 0) {
    text += fmt::format(kRow, "op", "variant", "weights", "steps", "ms", "share", "moved", "GB/s", "GFLOP/s",
                        "roofline");
    SpanWork all;
    for (const ProfileRow& row : sums.rows) {
      text += row_text(row, sums.call_us);
      all.add(row.work);
    }
    text += row_text(
        {"all steps", "", "", sums.calls * static_cast<int64_t>(sums.plan->steps.size()), sums.step_us, all},
        sums.call_us);
    const double rest = std::max(0.0, sums.call_us - sums.step_us);
    text += fmt::format(kRow, "launches, host", "", "", "", ms(rest), percent(rest, sums.call_us), "", "", "",
                        "");
  }
  if (sums.joined_calls == 0) return text;
  const auto joined = static_cast<double>(sums.joined_calls);
  return text + fmt::format(
                    "  joined: {} calls of {} ms, {} ms of it in launches; step by step {} ms, {} ms of "
                    "it in steps\n",
                    sums.joined_calls, ms(sums.joined_call_us / joined), ms(sums.joined_launch_us / joined),
                    ms(sums.call_us / static_cast<double>(std::max<int64_t>(1, sums.calls))),
                    ms(sums.step_us / static_cast<double>(std::max<int64_t>(1, sums.calls))));
}

struct HostRow {
  std::string what;
  int64_t count = 0;
  double microseconds = 0;
};

std::string host_text(const run::Profile& profile) {
  std::vector<HostRow> rows;
  for (const run::HostSpan& span : profile.host()) {
    auto row = std::ranges::find(rows, span.what, &HostRow::what);
    if (row == rows.end()) {
      rows.push_back({span.what, 0, 0});
      row = rows.end() - 1;
    }
    ++row->count;
    row->microseconds += span.duration_us;
  }
  std::string text = fmt::format("\n  {:<20} {:>7} {:>10}\n", "host", "times", "ms");
  for (const HostRow& row : rows)
    text += fmt::format("  {:<20} {:>7} {:>10}\n", row.what, row.count, ms(row.microseconds));
  return text;
}

}  // namespace

std::string profile_table(const run::Profile& profile, const ProfileFacts& facts) {
  std::string text;
  for (const ProfiledDevice& device : facts.devices()) {
    text += fmt::format("\n{} {}: reads {:.1f} GB/s, multiplies {:.3g} TFLOP/s of float32", device.info.id,
                        device.info.name, device.speed.bytes_per_second / 1e9, device.speed.flops / 1e12);
    if (device.speed.byte_ops > 0)
      text += fmt::format(" and {:.3g} TOP/s of bytes", device.speed.byte_ops / 1e12);
  }
  text += "\n";
  for (const PlanSums& sums : sum_plans(profile, facts)) text += plan_text(sums);
  return text + host_text(profile);
}

}  // namespace clinfer::cli
