#pragma once

#include <string>
#include <vector>

#include "host/text/jinja/template.h"
#include "host/text/json_file.h"

namespace clinfer::text {

struct Message {
  std::string role;  ///< "system", "user", "assistant", ...
  std::string content;
};

/// A model's chat template: how messages become the text of a prompt. Immutable: safe for many threads.
class ChatTemplate {
 public:
  /// `name` (the file) starts error messages. Error(Fault::model) when the source does not parse.
  ChatTemplate(const std::string& source, const std::string& name, std::string bos_token,
               std::string eos_token);

  /// The messages as text. `variables` (an object: tools, enable_thinking, ...) are added to the template's.
  /// Error(Fault::usage) when the template refuses the messages, Error(Fault::model) when it fails; both name
  /// the template's line.
  std::string render(const std::vector<Message>& messages, bool add_generation_prompt,
                     const OrderedJson& variables = OrderedJson::object()) const;

  /// The same for messages with more than role and content (tool calls, lists of parts).
  std::string render_json(const OrderedJson& messages, bool add_generation_prompt,
                          const OrderedJson& variables = OrderedJson::object()) const;

 private:
  jinja::Template template_;
  std::string name_;
  std::string bos_token_;
  std::string eos_token_;
};

/// The template of a model's folder: chat_template.jinja when it is there, else tokenizer_config.json's
/// chat_template, a string or a list of named templates of which `which` is taken. bos_token and eos_token
/// come from tokenizer_config.json. Error(Fault::model) when there is no template, or none of that name (all
/// names are listed).
ChatTemplate load_chat_template(const std::string& folder, const std::string& which = "default");

}  // namespace clinfer::text
