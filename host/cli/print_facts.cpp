#include <fmt/format.h>

#include "host/cli/model_facts.h"
#include "host/plan/print.h"

namespace clinfer::cli {
namespace {

/// 135 -> "135", 7082752 -> "7.08 M", 671e9 -> "671.00 B".
std::string readable_count(int64_t count) {
  const auto value = static_cast<double>(count);
  if (count >= 1'000'000'000) return fmt::format("{:.2f} B", value / 1e9);
  return count >= 10'000 ? fmt::format("{:.2f} M", value / 1e6) : std::to_string(count);
}

/// 1.5e9 -> "1.50 GFLOP".
std::string readable_flops(double flops) {
  if (flops >= 1e12) return fmt::format("{:.2f} TFLOP", flops / 1e12);
  return flops >= 1e9 ? fmt::format("{:.2f} GFLOP", flops / 1e9) : fmt::format("{:.2f} MFLOP", flops / 1e6);
}

std::string readable_seconds(double seconds) {
  if (seconds >= 1) return fmt::format("{:.2f} s", seconds);
  return seconds >= 1e-3 ? fmt::format("{:.2f} ms", seconds * 1e3) : fmt::format("{:.1f} us", seconds * 1e6);
}

std::string fact(std::string_view name, const std::string& value) {
  return fmt::format("{:<18}{}\n", name, value);
}

/// How users call the weights of a role.
std::string shown_role(const std::string& role) {
  if (role == "vectors") return "norms, biases";
  if (role == "experts") return "routed experts";
  if (role == "shared_experts") return "shared experts";
  return role == "mlp" ? "dense mlp" : role;
}

std::string parameters_text(const ModelFacts& facts) {
  const auto pair = [](const graph::Parameters& p) {
    return fmt::format("{} total, {} active for a token", readable_count(p.total), readable_count(p.active));
  };
  std::string text = fact("parameters", pair(facts.parameters));
  for (const graph::RoleParameters& role : facts.roles) {
    const graph::Parameters& p = role.parameters;
    text += fact("  " + shown_role(role.role), p.total == p.active ? readable_count(p.total) : pair(p));
  }
  if (!facts.draft) return text;
  return text + fact("draft module",
                     fmt::format("{} beside these, {} with the embedding and head it shares",
                                 readable_count(facts.draft_own->total), readable_count(facts.draft->total)));
}

std::string work_text(const ModelFacts& facts) {
  const auto prompt = static_cast<double>(facts.lengths.prompt);
  std::string per_token;
  std::string whole;
  for (const ModelFacts::Cache& cache : facts.caches) {
    const char* comma = per_token.empty() ? "" : ", ";
    per_token += fmt::format("{}{} {:.0f} B", comma, cache.format, cache.token_bytes);
    whole += fmt::format("{}{} {}", comma, cache.format, plan::readable_bytes(cache.context_bytes));
  }
  const std::string states = plan::readable_bytes(facts.state_bytes);
  return fact("cache of a token", per_token) +
         (facts.state_bytes > 0 ? fact("recurrent states", states + " a sequence, f32") : "") +
         fact(fmt::format("cache of {}", facts.lengths.context), whole) +
         fact("prefill", fmt::format("{} a token of a prompt of {}",
                                     readable_flops(facts.prefill_flops / prompt), facts.lengths.prompt)) +
         fact("decode",
              fmt::format("{} and {} of bf16 cache for a token behind {}", readable_flops(facts.decode_flops),
                          plan::readable_bytes(facts.cache_read_bytes), facts.lengths.context));
}

std::string roofline_text(const ModelFacts& facts, const std::vector<MeasuredDevice>& devices) {
  std::string text;
  std::string columns;
  size_t measured = 0;
  for (const MeasuredDevice& device : devices) {
    if (!device.speed) {
      text += fact(device.info.id, device.info.name + ", not measured yet (--measure)");
      continue;
    }
    text +=
        fact(device.info.id,
             fmt::format("{}: reads {:.1f} GB/s, multiplies {:.3g} TFLOP/s; a prompt of {} takes {} at "
                         "least",
                         device.info.name, device.speed->bytes_per_second / 1e9, device.speed->flops / 1e12,
                         facts.lengths.prompt, readable_seconds(facts.prefill_seconds.at(measured++))));
    columns += fmt::format(" {:>14}", device.info.id + " a token");
  }
  text += fmt::format("\n{:<18} {:>12} {:>14}{}\n", "weights", "held", "read a token", columns);
  for (const ModelFacts::Weights& row : facts.weights) {
    text += fmt::format("{:<18} {:>12} {:>14}", row.format, plan::readable_bytes(row.bytes),
                        plan::readable_bytes(row.read_bytes));
    for (const double seconds : row.seconds) text += fmt::format(" {:>14}", readable_seconds(seconds));
    text += "\n";
  }
  return text;
}

nlohmann::json parameters_json(const graph::Parameters& parameters) {
  return {{"total", parameters.total}, {"active", parameters.active}};
}

nlohmann::json devices_json(const ModelFacts& facts, const std::vector<MeasuredDevice>& devices) {
  nlohmann::json list = nlohmann::json::array();
  size_t measured = 0;
  for (const MeasuredDevice& device : devices) {
    nlohmann::json entry = {{"id", device.info.id}, {"name", device.info.name}};
    if (device.speed) {
      nlohmann::json decode;
      for (const ModelFacts::Weights& row : facts.weights) decode[row.format] = row.seconds.at(measured);
      entry["bytes_per_second"] = device.speed->bytes_per_second;
      entry["flops_per_second"] = device.speed->flops;
      if (device.speed->byte_ops > 0) entry["byte_ops_per_second"] = device.speed->byte_ops;
      entry["prefill_seconds"] = facts.prefill_seconds.at(measured);
      entry["decode_seconds"] = decode;
      ++measured;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

nlohmann::json facts_json(const graph::Model& model, const ModelFacts& facts,
                          const std::vector<MeasuredDevice>& devices) {
  nlohmann::json root = {{"family", model.family},
                         {"layers", model.layers},
                         {"hidden_size", model.hidden_size},
                         {"vocab_size", model.vocab_size},
                         {"max_positions", model.max_positions},
                         {"context", facts.lengths.context},
                         {"prompt", facts.lengths.prompt},
                         {"parameters", parameters_json(facts.parameters)},
                         {"cache_read_bytes", facts.cache_read_bytes},
                         {"state_bytes", facts.state_bytes},
                         {"decode_flops", facts.decode_flops},
                         {"prefill_flops", facts.prefill_flops},
                         {"devices", devices_json(facts, devices)}};
  for (const graph::RoleParameters& role : facts.roles)
    root["parameters_by_part"][role.role] = parameters_json(role.parameters);
  if (facts.draft) {
    root["draft_parameters"] = facts.draft->total;
    root["draft_parameters_of_its_own"] = facts.draft_own->total;
  }
  for (const ModelFacts::Cache& cache : facts.caches) {
    root["cache_bytes_per_token"][cache.format] = cache.token_bytes;
    root["cache_bytes"][cache.format] = cache.context_bytes;
  }
  for (const ModelFacts::Weights& row : facts.weights)
    root["weights"][row.format] = {{"bytes", row.bytes}, {"read_bytes_per_token", row.read_bytes}};
  return root;
}

std::string facts_text(const graph::Model& model, const ModelFacts& facts,
                       const std::vector<MeasuredDevice>& devices) {
  return fact("family", model.family) + fact("layers", std::to_string(model.layers)) +
         fact("hidden size", std::to_string(model.hidden_size)) +
         fact("vocabulary", std::to_string(model.vocab_size)) +
         fact("positions", std::to_string(model.max_positions)) + parameters_text(facts) + work_text(facts) +
         roofline_text(facts, devices);
}

}  // namespace clinfer::cli
