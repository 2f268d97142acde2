#include <doctest/doctest.h>

#include "host/quantize/rules.h"
#include "quant/error.h"

using namespace clinfer;
using clinfer::quantize::Rules;

namespace {

const quantize::Roles kRoles = {{"model.layers.0.self_attn.q_proj.weight", "attention"},
                                {"model.layers.1.self_attn.q_proj.weight", "attention"},
                                {"model.layers.1.mlp.experts.3.up_proj.weight", "experts"},
                                {"model.layers.1.mlp.gate.weight", "router"},
                                {"lm_head.weight", "head"}};

config::QuantizeRule rule(std::vector<std::string> targets, const std::string& format) {
  config::QuantizeRule rule;
  rule.targets = std::move(targets);
  rule.format = format;
  return rule;
}

std::string chosen(const config::QuantizeConfig& config, const std::string& tensor) {
  const auto encoding = Rules("quantize", config.ignore, config.rules).choose(tensor, kRoles.at(tensor));
  if (!encoding) return "nothing";
  return encoding->format == nullptr ? "keep" : std::string(encoding->format->name);
}

std::string refusal(const config::QuantizeConfig& config) {
  try {
    Rules("quantize", config.ignore, config.rules).check_names(kRoles);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("patterns") {
  CHECK(quantize::fits("model.*.weight", "model.layers.0.q.weight"));
  CHECK(quantize::fits("*a*b", "xaxxbxb"));
  CHECK(quantize::fits("a?c*", "abc"));
  CHECK_FALSE(quantize::fits("a?c", "ac"));
  CHECK_FALSE(quantize::fits("*a*b", "xaxxbx"));
  CHECK_FALSE(quantize::fits("", "a"));
  CHECK(quantize::fits("*", ""));
}

TEST_CASE("layers by name") {
  CHECK(quantize::layer_of("model.layers.12.mlp.up_proj.weight") == 12);
  CHECK_FALSE(quantize::layer_of("model.layers.x.weight").has_value());
  CHECK_FALSE(quantize::layer_of("lm_head.weight").has_value());
  CHECK_FALSE(quantize::layer_of("model.layers.7").has_value());
}

TEST_CASE("the first rule that fits decides; ignore comes before all, keep is a choice") {
  config::QuantizeConfig config;
  config.ignore = {"head"};
  config.rules = {rule({"experts"}, "keep"), rule({"linear"}, "mxfp4"), rule({"*"}, "q8_0")};
  config.rules[1].layers = {config::LayerPart::range, 1, 5};
  CHECK(chosen(config, "model.layers.1.mlp.experts.3.up_proj.weight") == "keep");
  CHECK(chosen(config, "model.layers.1.self_attn.q_proj.weight") == "mxfp4");
  CHECK(chosen(config, "model.layers.0.self_attn.q_proj.weight") == "q8_0");
  CHECK(chosen(config, "model.layers.1.mlp.gate.weight") == "q8_0");
  CHECK(chosen(config, "lm_head.weight") == "keep");
  config.rules.pop_back();
  CHECK(chosen(config, "model.layers.1.mlp.gate.weight") == "nothing");
}

TEST_CASE("rules that say nothing sensible") {
  config::QuantizeConfig config;
  config.rules = {rule({"atention"}, "mxfp4")};
  CHECK(refusal(config).find("quantize.rules[0].targets: \"atention\"") != std::string::npos);
  CHECK(refusal(config).find("did you mean attention?") != std::string::npos);
  config.rules = {rule({"model.layers.7.up.weight"}, "mxfp4")};
  CHECK(refusal(config).find("no tensor of the model") != std::string::npos);
  config.rules = {rule({"attention"}, "mxfp5")};
  CHECK(refusal(config).find("did you mean mxfp4?") != std::string::npos);
  config.rules = {rule({"attention"}, "mxfp4")};
  config.rules[0].scale = "up";
  CHECK(refusal(config).find("floor, rceil") != std::string::npos);
  config.rules[0].scale = "floor";
  CHECK(refusal(config).empty());
}
