#include "host/config/reference.h"

#include "host/config/json.h"
#include "host/config/schema.h"

namespace clinfer::config {
namespace {

std::string default_text(const Value* value, bool required) {
  if (value == nullptr) return required ? "required" : "";
  if (value->kind == Value::Kind::string && value->text.empty()) return "";
  return "`" + (value->kind == Value::Kind::string ? value->text : json_line(*value)) + "`";
}

/// `defaults` is the record of default values, or nullptr inside lists.
void add_rows(const TypeInfo& type, const std::string& key, const Value* defaults, std::string& out) {
  for (const TypeInfo::Member& member : type.members()) {
    const std::string full = child_key(key, member.name);
    const Value* value = defaults == nullptr ? nullptr : defaults->find(member.name);
    if (!member.type->members().empty()) {
      add_rows(*member.type, full, value, out);
      continue;
    }
    out += "| `" + full + "` | " + member.type->expected() + " | " + default_text(value, member.required) +
           " | " + member.doc + " |\n";
    if (member.type->item() != nullptr) add_rows(*member.type->item(), full + "[]", nullptr, out);
  }
}

}  // namespace

std::string key_reference() {
  const RunConfig untouched;  // a temporary here makes GCC 12 warn of uninitialised members
  const Value defaults = run_schema().write(untouched);
  std::string out = "| key | accepts | default | meaning |\n|---|---|---|---|\n";
  add_rows(run_schema(), "", &defaults, out);
  return out;
}

std::string json_schema() {
  Value schema = Value::map();
  schema.add("$schema", Value::string("http://json-schema.org/draft-07/schema#"));
  schema.add("title", Value::string("clinfer run"));
  for (const Entry& entry : run_schema().json_schema().entries) schema.add(entry.key, entry.value);
  return json_lines(schema) + "\n";
}

}  // namespace clinfer::config
