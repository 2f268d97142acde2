#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/config/run_config.h"
#include "host/io/statistics_file.h"
#include "host/quantize/encoding.h"

namespace clinfer::quantize {

/// What a tensor is for: attention, mlp, experts, shared_experts, router, embedding, head or vectors; ""
/// where the model's graph does not read it.
using Roles = std::map<std::string, std::string>;

/// Whether `name` fits `pattern`: * stands for any characters, ? for one.
bool fits(const std::string& pattern, const std::string& name);

/// N of the first "layers.N." in a tensor's name.
std::optional<int64_t> layer_of(const std::string& name);

/// The rules of a run (quantize or weights), ready to be asked.
class Rules {
 public:
  /// `section` is what errors call them: "quantize". Throws Error(Fault::usage) naming the key: a format or
  /// scale that does not exist, a target that is neither a role nor a pattern nor a tensor's name.
  Rules(const std::string& section, std::vector<std::string> ignore, std::vector<config::QuantizeRule> rules);

  /// Throws Error(Fault::usage) naming the key of a target that names no tensor of the model.
  void check_names(const Roles& roles) const;

  /// From now on encodings have the importance that the file has for the tensor, unless it stacks matrices.
  void weigh_by(std::shared_ptr<const io::StatisticsFile> statistics) { statistics_ = std::move(statistics); }

  /// What happens to the tensor of that role: nothing said (nullopt), it stays as it is (format nullptr), or
  /// an encoding.
  std::optional<Encoding> choose(const std::string& tensor, const std::string& role) const;

 private:
  struct Rule {
    config::QuantizeRule config;
    Encoding encoding;
  };

  Encoding weighted(Encoding encoding, const std::string& tensor) const;

  std::string section_;
  std::vector<std::string> ignore_;
  std::vector<Rule> rules_;
  std::shared_ptr<const io::StatisticsFile> statistics_;
};

}  // namespace clinfer::quantize
