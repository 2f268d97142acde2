#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/config/run_config.h"
#include "host/quantize/encoding.h"

namespace clinfer::quantize {

/// What a tensor is for: attention, mlp, experts, shared_experts, router, embedding, head or vectors; ""
/// where the model's graph does not read it.
using Roles = std::map<std::string, std::string>;

/// Whether `name` fits `pattern`: * stands for any characters, ? for one.
bool fits(const std::string& pattern, const std::string& name);

/// N of the first "layers.N." in a tensor's name.
std::optional<int64_t> layer_of(const std::string& name);

/// The section `quantize` of a run, ready to be asked.
class Rules {
 public:
  /// Throws Error(Fault::usage) naming the key: no rules, a format or scale that does not exist, a target
  /// that is neither a role nor a pattern nor a tensor of `roles`.
  Rules(const config::QuantizeConfig& config, Roles roles);

  /// How the tensor is encoded by the first rule that fits it; format nullptr = it stays as it is.
  Encoding choose(const std::string& tensor) const;

  const std::string& role(const std::string& tensor) const;  ///< "" for one that has none

 private:
  struct Rule {
    config::QuantizeRule config;
    Encoding encoding;
  };

  bool aims_at(const std::vector<std::string>& targets, const std::string& tensor) const;
  bool holds(const config::LayerSpan& layers, const std::string& tensor) const;
  void check_targets(const std::string& place, const std::vector<std::string>& targets) const;

  std::vector<std::string> ignore_;
  std::vector<Rule> rules_;
  Roles roles_;
};

}  // namespace clinfer::quantize
