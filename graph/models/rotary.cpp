#include "graph/models/rotary.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "quant/error.h"

namespace clinfer::graph {
namespace {

/// A number of the configuration that must be > 0.
double positive(const Meta& meta, std::string_view key, double value) {
  if (value > 0 && std::isfinite(value)) return value;
  throw Error(Fault::model, meta.file() + ": " + std::string(key) + " must be positive and finite");
}

std::vector<double> plain_frequencies(double theta, int64_t dim) {
  std::vector<double> inv(static_cast<size_t>(dim / 2));
  for (size_t i = 0; i < inv.size(); ++i)
    inv[i] = std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(dim));
  return inv;
}

/// YaRN's attention factor: 0.1 a ln f + 1.
double mscale(double factor, double a) {
  return factor <= 1 ? 1.0 : 0.1 * a * std::log(factor) + 1.0;
}

void apply_llama3(const Meta& s, std::vector<double>& inv) {
  const double factor = positive(s, "rope_scaling.factor", s.number("factor"));
  const double low = positive(s, "rope_scaling.low_freq_factor", s.number("low_freq_factor"));
  const double high = positive(s, "rope_scaling.high_freq_factor", s.number("high_freq_factor"));
  const double original =
      static_cast<double>(s.integer("original_max_position_embeddings", 1, int64_t{1} << 40));
  if (high <= low)
    throw Error(Fault::model, s.file() + ": rope_scaling.high_freq_factor must be above low_freq_factor");
  for (double& f : inv) {
    const double wavelength = 2 * std::numbers::pi / f;
    if (wavelength > original / low) {
      f /= factor;
    } else if (wavelength >= original / high) {
      const double smooth = (original / wavelength - low) / (high - low);
      f = (1 - smooth) * f / factor + smooth * f;
    }
  }
}

void apply_yarn(const Meta& config, const Meta& s, double theta, int64_t dim, std::vector<double>& inv,
                Rotary& out) {
  const double factor = positive(s, "rope_scaling.factor", s.number("factor"));
  const int64_t fallback = config.integer_or("max_position_embeddings", 2048, 1, int64_t{1} << 40);
  const double original =
      static_cast<double>(s.integer_or("original_max_position_embeddings", fallback, 1, int64_t{1} << 40));
  const double d = static_cast<double>(dim);
  const auto correction = [&](double rotations) {
    return d * std::log(original / (rotations * 2 * std::numbers::pi)) / (2 * std::log(theta));
  };
  double low = correction(positive(s, "rope_scaling.beta_fast", s.number_or("beta_fast", 32)));
  double high = correction(positive(s, "rope_scaling.beta_slow", s.number_or("beta_slow", 1)));
  if (s.boolean_or("truncate", true)) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, d - 1);
  if (low == high) high += 0.001;
  for (size_t i = 0; i < inv.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    inv[i] = inv[i] / factor * ramp + inv[i] * (1 - ramp);
  }
  const double all_dim = s.number_or("mscale_all_dim", 0);
  const double m = s.number_or("mscale", 0);
  double scale = m != 0 && all_dim != 0 ? mscale(factor, m) / mscale(factor, all_dim) : mscale(factor, 1);
  if (s.has("attention_factor"))
    scale = positive(s, "rope_scaling.attention_factor", s.number("attention_factor"));
  out.scale = static_cast<float>(scale);
  if (all_dim != 0) out.mscale_all_dim_factor = mscale(factor, all_dim);
}

/// One factor a frequency: short ones as far as the model was first trained, long ones beyond.
void apply_longrope(const Meta& config, const Meta& s, int64_t context, std::vector<double>& inv,
                    Rotary& out) {
  constexpr int64_t kMost = int64_t{1} << 40;
  const int64_t most = config.integer("max_position_embeddings", 1, kMost);
  const int64_t fallback = config.integer_or("original_max_position_embeddings", most, 1, kMost);
  const int64_t original = s.integer_or("original_max_position_embeddings", fallback, 1, kMost);
  const bool beyond = (context > 0 ? context : most) > original;
  const std::string key = beyond ? "long_factor" : "short_factor";
  const std::vector<double> factors = s.numbers(key);
  if (factors.size() != inv.size())
    throw Error(Fault::model, s.file() + ": rope_scaling." + key + " must have " +
                                  std::to_string(inv.size()) + " numbers, has " +
                                  std::to_string(factors.size()));
  for (size_t i = 0; i < inv.size(); ++i) inv[i] /= positive(s, "rope_scaling." + key, factors[i]);
  const double growth = static_cast<double>(most) / static_cast<double>(original);
  const double scale =
      growth <= 1 ? 1.0 : std::sqrt(1 + std::log(growth) / std::log(static_cast<double>(original)));
  const std::string mscale = beyond ? "long_mscale" : "short_mscale";
  const std::string given = s.has(mscale) ? mscale : "attention_factor";
  out.scale = static_cast<float>(positive(s, "rope_scaling." + given, s.number_or(given, scale)));
}

/// The base that leaves the lowest frequency's wavelength `alpha` times as long (NTK-aware scaling).
double stretched(double theta, double alpha, int64_t dim) {
  const double d = static_cast<double>(dim);
  return dim > 2 ? theta * std::pow(alpha, d / (d - 2)) : theta;
}

}  // namespace

int64_t read_rope_dim(const Meta& config, int64_t head_dim) {
  const double part = config.number_or("partial_rotary_factor", 1.0);
  if (part > 0 && part <= 1) return static_cast<int64_t>(static_cast<double>(head_dim) * part);
  throw Error(Fault::model, config.file() + ": partial_rotary_factor must be in (0, 1]");
}

Meta rope_of_kind(const Meta& config, const std::string& kind, std::string_view local_theta_key) {
  MetaValue::Object values = config.values();
  const Meta given = config.object("rope_parameters").object(kind);
  if (!given.empty()) {
    values["rope_theta"] = given.has("rope_theta") ? MetaValue(given.number("rope_theta")) : MetaValue();
    values["rope_scaling"] = MetaValue(given.values());
  } else if (kind != "full_attention") {
    if (config.has(local_theta_key)) values["rope_theta"] = MetaValue(config.number(local_theta_key));
    values["rope_scaling"] = MetaValue();
  }
  return {config.file(), config.source(), std::move(values)};
}

Rotary read_rotary(const Meta& config, int64_t rope_dim, int64_t context) {
  if (rope_dim < 2 || rope_dim % 2 != 0) {
    throw Error(Fault::model,
                config.file() + ": the rotary part of a head must be even, got " + std::to_string(rope_dim));
  }
  double theta = positive(config, "rope_theta", config.number_or("rope_theta", 10000.0));
  Rotary out;
  const Meta scaling = config.object("rope_scaling");
  if (scaling.has("alpha"))
    theta = stretched(theta, positive(scaling, "rope_scaling.alpha", scaling.number("alpha")), rope_dim);
  std::vector<double> inv = plain_frequencies(theta, rope_dim);
  const std::string type = scaling.empty() ? "default" : scaling.string_or("rope_type", "default");
  if (type == "linear") {
    const double factor = positive(scaling, "rope_scaling.factor", scaling.number("factor"));
    for (double& f : inv) f /= factor;
  } else if (type == "llama3") {
    apply_llama3(scaling, inv);
  } else if (type == "yarn") {
    apply_yarn(config, scaling, theta, rope_dim, inv, out);
  } else if (type == "longrope" || type == "su") {
    apply_longrope(config, scaling, context, inv, out);
  } else if (type != "default" && type != "none" && type != "dynamic") {
    // "dynamic" changes nothing up to max_position_embeddings, beyond which no context is given.
    throw Error(Fault::model,
                config.file() + ": rope_scaling.rope_type \"" + type +
                    "\" is not supported; known: default, linear, dynamic, llama3, yarn, longrope");
  }
  for (double f : inv) out.inv_freq.push_back(static_cast<float>(f));
  return out;
}

}  // namespace clinfer::graph
