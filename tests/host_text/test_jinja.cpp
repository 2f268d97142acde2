#include <doctest/doctest.h>

#include "host/text/jinja/template.h"
#include "host/text/json_file.h"
#include "quant/error.h"

namespace clinfer::text::jinja {
namespace {

std::string render(const std::string& source, const OrderedJson& variables = OrderedJson::object()) {
  Dict dict;
  for (const auto& [name, value] : variables.items()) dict.set(name, Value::from_json(value));
  return Template(source, "t").render(dict);
}

struct Outcome {
  Fault fault;
  std::string message;
};

Outcome fault_of(const std::string& source, const OrderedJson& variables = OrderedJson::object()) {
  try {
    const std::string text = render(source, variables);
    FAIL("no error but: " << text.substr(0, 200));
  } catch (const Error& e) {
    return {e.fault(), e.what()};
  }
  return {};
}

TEST_CASE("templates render as Jinja2 renders them, byte for byte") {
  const OrderedJson goldens = parse_ordered_json(read_text_file("tests/data/jinja_goldens.json"), "goldens");
  REQUIRE(goldens.size() > 200);
  for (const OrderedJson& golden : goldens) {
    const std::string source = golden["template"].get<std::string>();
    CAPTURE(source);
    const bool refused = golden.contains("error");
    std::string text;
    std::string error;
    try {
      text = render(source, golden["variables"]);
    } catch (const Error& e) {
      error = e.what();
    }
    CAPTURE(error);
    CHECK(error.empty() == !refused);
    if (!refused) CHECK(text == golden["text"].get<std::string>());
  }
}

TEST_CASE("errors name the file and the line") {
  CHECK(fault_of("a\nb\n{{ x.y }}").message == "t: line 3: 'x' is undefined");
  CHECK(fault_of("a\n{% if %}").message.starts_with("t: line 2: "));
  CHECK(fault_of("\n\n{{ 'a' | huh }}").message == "t: line 3: unknown filter 'huh'");
  const Outcome raised = fault_of("\n{{ raise_exception('roles must alternate') }}");
  CHECK(raised.fault == Fault::usage);
  CHECK(raised.message == "t: line 2: roles must alternate");
  CHECK(fault_of("{{ 1 / 0 }}").fault == Fault::model);
}

TEST_CASE("endless and exploding templates end in an error") {
  const char* const templates[] = {
      "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
      "{{ range(10 ** 9) }}",
      "{{ 'a' * 10 ** 12 }}",
      "{{ [0] * 10 ** 12 }}",
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
      "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% "
      "endfor %}",
      "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
      "{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l "
      "}}",
      "{% set ns = namespace() %}{% set ns.a = ns %}",
      "{% set ns = namespace() %}{% set ns.a = [{'x': ns}] %}",
      "{% for i in range(100000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' * 100 }}{% endfor %}",
      "{{ ('a' * 100000) | replace('a', 'a' * 100000) }}",
      "{{ (range(100000) | list) | join('a' * 100000) }}",
      "{{ ('a\\n' * 1000000) | indent(10 ** 9) }}",
      "{{ [1] | tojson(indent=10 ** 9) }}",
      "{{ 9223372036854775807 + 1 }}",
      "{{ 2 ** 64 }}",
      "{{ -9223372036854775807 * 2 }}",
  };
  for (const char* source : templates) {
    CAPTURE(std::string(source));
    CHECK(fault_of(source).message.starts_with("t: line 1: "));
  }
  for (const std::string part : {"(", "[", "-", "not ", "{% if t %}", "{{ a if ", "{% for x in y %}"}) {
    std::string deep = part[0] == '{' ? "" : "{{ ";
    for (int i = 0; i < 100000; ++i) deep += part;
    CHECK(fault_of(deep).fault == Fault::model);
  }
}

TEST_CASE("strings that are no UTF-8 and templates with bad bytes stay harmless") {
  CHECK(render("a\xFF{{ 'b\xC3' }}") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  CHECK(fault_of("{{ x\x01 }}").fault == Fault::model);
}

TEST_CASE("strftime_now formats the day") {
  CHECK(render("{{ strftime_now('%Y') | length }}") == "4");
  CHECK(render("{{ strftime_now('%%') }}") == "%");
}

}  // namespace
}  // namespace clinfer::text::jinja
