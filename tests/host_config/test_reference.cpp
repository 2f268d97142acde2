#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "host/config/parse.h"
#include "host/config/reference.h"
#include "host/config/text_file.h"

using namespace clinfer::config;

namespace {

const std::string kReadme = "configs/README.md";
const std::string kSchema = "configs/run.schema.json";
const std::string kBegin = "<!-- keys begin -->\n";
const std::string kEnd = "<!-- keys end -->\n";

/// The README with the table as it should be.
std::string current_readme() {
  const std::string text = read_text_file(kReadme);
  const size_t begin = text.find(kBegin);
  const size_t end = text.find(kEnd);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  return text.substr(0, begin) + kBegin + key_reference() + text.substr(end);
}

/// Compares, or with CLINFER_WRITE_REFERENCE set brings the file up to date first.
void check_current(const std::string& path, const std::string& text) {
  if (std::getenv("CLINFER_WRITE_REFERENCE") != nullptr) std::ofstream(path, std::ios::binary) << text;
  CHECK_MESSAGE(read_text_file(path) == text, path,
                " is not current: run this test once with CLINFER_WRITE_REFERENCE=1 and commit the file");
}

}  // namespace

TEST_CASE("the table of keys in configs/README.md is current") {
  check_current(kReadme, current_readme());
}

TEST_CASE("configs/run.schema.json is current") {
  check_current(kSchema, json_schema());
}

TEST_CASE("the schema names every key of the table and refuses others") {
  const Value schema = parse(json_schema(), "schema");
  const Value* generate = schema.find("properties")->find("generate");
  REQUIRE(generate != nullptr);
  CHECK(generate->find("additionalProperties")->text == "false");
  CHECK(generate->find("properties")->find("top_p")->find("exclusiveMinimum")->text == "0");
  const Value* rule = schema.find("properties")->find("placement")->find("items");
  CHECK(rule->find("required")->items.size() == 2);
  CHECK(key_reference().find("| `placement[].layers` | all, embedding, head") != std::string::npos);
  CHECK(key_reference().find("| `generate.top_p` | a number in (0, 1] | `1` |") != std::string::npos);
}
