#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "host/text/chat_template.h"
#include "quant/error.h"

namespace clinfer::text {
namespace {

// A model folder with one file each, removed at the end.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "clinfer_chat_template_test") {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  void put(const char* name, const std::string& text) const { std::ofstream(path_ / name) << text; }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

const std::vector<Message> kMessages{{"user", "Hi \xFF"}};

TEST_CASE("a template string with its special tokens") {
  const Folder folder;
  folder.put("tokenizer_config.json",
             R"J({"bos_token": "<b>", "eos_token": {"content": "<e>", "lstrip": false},
    "chat_template": "{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}>{% endif %}{{ extra }}"})J");
  const ChatTemplate chat = load_chat_template(folder.path());
  CHECK(chat.render(kMessages, true) == "<b>user:Hi \xEF\xBF\xBD<e>>");
  CHECK(chat.render(kMessages, false, {{"extra", "!"}}) == "<b>user:Hi \xEF\xBF\xBD<e>!");
}

TEST_CASE("named templates") {
  const Folder folder;
  folder.put(
      "tokenizer_config.json",
      R"({"chat_template": [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "T"}]})");
  CHECK(load_chat_template(folder.path()).render({}, false) == "D");
  CHECK(load_chat_template(folder.path(), "tool_use").render({}, false) == "T");
  CHECK_THROWS_WITH_AS(load_chat_template(folder.path(), "rag"),
                       doctest::Contains("no template named \"rag\", there are default, tool_use"), Error);
}

TEST_CASE("chat_template.jinja comes before the config's") {
  const Folder folder;
  folder.put("tokenizer_config.json", R"({"bos_token": "<b>", "chat_template": "old"})");
  folder.put("chat_template.jinja", "new {{ bos_token }}");
  CHECK(load_chat_template(folder.path()).render({}, false) == "new <b>");
}

TEST_CASE("missing and faulty templates name the file") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(load_chat_template(folder.path()), doctest::Contains("no chat template"), Error);
  folder.put("tokenizer_config.json", R"({"chat_template": "\n{% if %}"})");
  CHECK_THROWS_WITH_AS(load_chat_template(folder.path()),
                       doctest::Contains("tokenizer_config.json: chat_template: line 2"), Error);
  folder.put("tokenizer_config.json", R"({"chat_template": 5})");
  CHECK_THROWS_WITH_AS(load_chat_template(folder.path()), doctest::Contains("expected a string"), Error);
  folder.put("tokenizer_config.json", R"({"bos_token": 7, "chat_template": ""})");
  CHECK_THROWS_WITH_AS(load_chat_template(folder.path()), doctest::Contains("bos_token"), Error);
}

}  // namespace
}  // namespace clinfer::text
