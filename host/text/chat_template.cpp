#include "host/text/chat_template.h"

#include <filesystem>

#include "host/text/tokenizer_json.h"
#include "host/text/utf8.h"
#include "quant/error.h"

namespace clinfer::text {
namespace {

constexpr uint64_t kMaxTemplateBytes = 4'000'000;

// The source of a named template in [{"name": ..., "template": ...}, ...].
std::string choose_template(const JsonAt& list, const std::string& which) {
  std::string names;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string name = list[i]["name"].string();
    if (name == which) return list[i]["template"].string();
    names.append(names.empty() ? "" : ", ").append(name);
  }
  list.fail("no template named \"" + which + "\", there are " + names);
}

}  // namespace

ChatTemplate::ChatTemplate(const std::string& source, const std::string& name, std::string bos_token,
                           std::string eos_token)
    : template_(source, name),
      name_(name),
      bos_token_(std::move(bos_token)),
      eos_token_(std::move(eos_token)) {}

std::string ChatTemplate::render(const std::vector<Message>& messages, bool add_generation_prompt,
                                 const OrderedJson& variables) const {
  OrderedJson list = OrderedJson::array();
  for (const Message& message : messages) {
    list.push_back(
        {{"role", replace_invalid_utf8(message.role)}, {"content", replace_invalid_utf8(message.content)}});
  }
  return render_json(list, add_generation_prompt, variables);
}

std::string ChatTemplate::render_json(const OrderedJson& messages, bool add_generation_prompt,
                                      const OrderedJson& variables) const {
  jinja::Dict all;
  try {
    all.set("messages", jinja::Value::from_json(messages));
    all.set("tools", nullptr);
    all.set("documents", nullptr);
    all.set("add_generation_prompt", add_generation_prompt);
    all.set("bos_token", bos_token_);
    all.set("eos_token", eos_token_);
    for (const auto& [name, value] : variables.items()) all.set(name, jinja::Value::from_json(value));
  } catch (const jinja::RenderError& e) {
    throw Error(Fault::usage, name_ + ": messages or variables: " + e.what());
  }
  return template_.render(all);
}

ChatTemplate load_chat_template(const std::string& folder, const std::string& which) {
  namespace fs = std::filesystem;
  const fs::path own = fs::path(folder) / "chat_template.jinja";
  const fs::path path = fs::path(folder) / "tokenizer_config.json";
  const std::string config_name = path.string();
  const Json json = fs::exists(path) ? parse_json(read_text_file(config_name), config_name) : Json::object();
  const JsonAt config(json, config_name);
  const std::string bos = parse_config_token(config, "bos_token");
  const std::string eos = parse_config_token(config, "eos_token");
  if (fs::exists(own)) return {read_text_file(own.string(), kMaxTemplateBytes), own.string(), bos, eos};
  if (!config.has("chat_template")) {
    throw Error(Fault::model, folder +
                                  ": no chat template: expected chat_template.jinja, or chat_template in "
                                  "tokenizer_config.json");
  }
  const JsonAt found = config["chat_template"];
  const std::string source = found.value().is_array() ? choose_template(found, which) : found.string();
  return {source, found.place(), bos, eos};
}

}  // namespace clinfer::text
