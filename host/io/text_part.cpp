#include "host/io/text_part.h"

#include <utility>

namespace clinfer::io {
namespace {

using graph::MetaValue;
using Object = MetaValue::Object;

constexpr std::string_view kTextPartOf = "text_part_of";
constexpr std::string_view kShared[] = {"tie_word_embeddings", "torch_dtype",  "dtype",
                                        "quantization_config", "bos_token_id", "eos_token_id",
                                        "pad_token_id"};

}  // namespace

void use_text_config(Object& config) {
  const auto at = config.find("text_config");
  const Object* found = at == config.end() ? nullptr : std::get_if<Object>(&at->second.data);
  if (found == nullptr || !found->contains("model_type")) return;
  Object text = *found;
  for (const std::string_view key : kShared) {
    const auto outer = config.find(key);
    if (outer != config.end()) text.try_emplace(std::string(key), outer->second);
  }
  text[std::string(kTextPartOf)] = config["model_type"];
  config = std::move(text);
}

bool is_text_part(const graph::Meta& config) {
  return config.has(kTextPartOf);
}

std::string text_tensor_name(std::string_view stored_name) {
  constexpr std::string_view kModel = "model.";
  constexpr std::string_view kText = "language_model.";
  if (stored_name.starts_with(kText)) return std::string(stored_name.substr(kText.size()));
  const std::string_view behind =
      stored_name.starts_with(kModel) ? stored_name.substr(kModel.size()) : std::string_view{};
  if (!behind.starts_with(kText)) return std::string(stored_name);
  return std::string(kModel).append(behind.substr(kText.size()));
}

}  // namespace clinfer::io
