#include "host/io/config_json.h"

#include "host/io/json_value.h"
#include "host/io/text_part.h"

namespace clinfer::io {
namespace {

using graph::MetaValue;
using Object = MetaValue::Object;

Object* find_object(Object& config, std::string_view key) {
  const auto at = config.find(key);
  return at == config.end() ? nullptr : std::get_if<Object>(&at->second.data);
}

const std::string* find_string(const Object& object, std::string_view key) {
  const auto at = object.find(key);
  return at == object.end() ? nullptr : std::get_if<std::string>(&at->second.data);
}

void move_if_absent(Object& from, const std::string& key, Object& to) {
  const auto at = from.find(key);
  if (at == from.end()) return;
  to.try_emplace(key, at->second);
  from.erase(at);
}

/// Models with one dictionary per kind of layer have no rope_type at the top and are left as they are.
void split_rope_parameters(Object& config) {
  const Object* parameters = find_object(config, "rope_parameters");
  if (parameters == nullptr) return;
  if (!parameters->contains("rope_type") && !parameters->contains("type")) return;
  Object scaling = *parameters;
  move_if_absent(scaling, "rope_theta", config);
  move_if_absent(scaling, "partial_rotary_factor", config);
  config.try_emplace("rope_scaling", MetaValue(std::move(scaling)));
}

void normalise_rope_scaling(Object& config) {
  Object* scaling = find_object(config, "rope_scaling");
  if (scaling == nullptr) return;
  if (const std::string* type = find_string(*scaling, "type")) {
    scaling->try_emplace("rope_type", MetaValue(*type));
    scaling->erase("type");
  }
  const std::string* type = find_string(*scaling, "rope_type");
  if (type != nullptr && (*type == "default" || *type == "mrope")) config["rope_scaling"] = MetaValue();
}

}  // namespace

void add_older_spellings(Object& config) {
  split_rope_parameters(config);
  normalise_rope_scaling(config);
  const auto dtype = config.find("dtype");
  if (dtype != config.end()) config.try_emplace("torch_dtype", dtype->second);
}

graph::Meta read_config_json(const std::string& path) {
  Object config = read_json_object(path);
  use_text_config(config);
  add_older_spellings(config);
  return {path, graph::Meta::Source::config_json, std::move(config)};
}

}  // namespace clinfer::io
