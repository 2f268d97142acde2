#include "host/report/attribution.h"

#include <fmt/format.h>

#include <algorithm>

namespace clinfer::report {
namespace {

constexpr double kMebibyte = 1 << 20;
/// A sum of parts this near to the whole counts as additive.
constexpr double kAdditive = 0.25;

}  // namespace

double AttributedPart::loss_per_mebibyte() const {
  return bytes_saved > 0 ? alone.mean / (static_cast<double>(bytes_saved) / kMebibyte) : 0;
}

double Attribution::sum() const {
  double total = 0;
  for (const AttributedPart& part : parts) total += part.alone.mean;
  return total;
}

std::vector<std::string> converted_roles(const CandidateResult& result) {
  std::vector<std::string> roles;
  for (const TensorError& tensor : result.tensors) {
    const bool known = std::find(roles.begin(), roles.end(), tensor.role) != roles.end();
    if (tensor.stored != tensor.held && !known) roles.push_back(tensor.role);
  }
  return roles;
}

int64_t bytes_saved(const CandidateResult& result, const std::map<std::string, RoleSize>& base,
                    const std::string& role) {
  const auto own = result.sizes.find(role);
  const auto whole = base.find(role);
  return own == result.sizes.end() || whole == base.end() ? 0 : whole->second.bytes - own->second.bytes;
}

std::vector<const AttributedPart*> by_worth(const Attribution& attribution) {
  std::vector<const AttributedPart*> order;
  for (const AttributedPart& part : attribution.parts) {
    if (part.bytes_saved > 0) order.push_back(&part);
  }
  std::stable_sort(order.begin(), order.end(), [](const AttributedPart* a, const AttributedPart* b) {
    return a->loss_per_mebibyte() > b->loss_per_mebibyte();
  });
  return order;
}

std::string advice_of(const Attribution& attribution) {
  std::string order;
  for (const AttributedPart* part : by_worth(attribution)) {
    order += fmt::format("{}{} ({:.2g} nats a MiB)", order.empty() ? "" : ", ", part->name,
                         part->loss_per_mebibyte());
  }
  const double sum = attribution.sum();
  const bool adds = std::abs(sum - attribution.whole) <= kAdditive * attribution.whole;
  return fmt::format(
      "Leave as it is, most KL taken away for a byte first: {}. The parts alone sum to {:.3g} of "
      "{:.3g} nats: losses {}.",
      order.empty() ? "nothing saves bytes" : order, sum, attribution.whole,
      adds ? "add" : "do not add, so single figures mislead here");
}

}  // namespace clinfer::report
