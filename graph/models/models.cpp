#include "graph/models/models.h"

#include <algorithm>

#include "graph/models/deepseek_v3.h"
#include "graph/models/llama.h"
#include "graph/models/qwen2.h"
#include "graph/models/qwen3.h"
#include "quant/error.h"

namespace clinfer::graph {

std::span<const Family> families() {
  static const std::vector<Family> list = {
      {"llama", {"llama"}, build_llama},
      {"qwen2", {"qwen2"}, build_qwen2},
      {"qwen3", {"qwen3"}, build_qwen3},
      {"deepseek_v3", {"deepseek_v3"}, build_deepseek_v3},
  };
  return list;
}

Model build_model(const Meta& config, const BuildOptions& options) {
  const std::string type = config.string("model_type");
  std::string known;
  for (const Family& family : families()) {
    for (std::string_view t : family.model_types) {
      if (t == type) {
        Model model = family.build(config, options);
        model.family = family.name;
        return model;
      }
      known += (known.empty() ? "" : ", ") + std::string(t);
    }
  }
  throw Error(Fault::model,
              config.file() + ": model_type \"" + type + "\" is not supported; known: " + known);
}

}  // namespace clinfer::graph
