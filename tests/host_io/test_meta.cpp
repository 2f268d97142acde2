#include <doctest/doctest.h>

#include <limits>

#include "graph/meta.h"
#include "host/io/json_value.h"
#include "tests/host_io/fault_message.h"

using namespace clinfer;
using namespace clinfer::test;

namespace {

graph::Meta meta_of(const char* json) {
  return {"dir/config.json", graph::Meta::Source::config_json,
          io::parse_json_object(json, "dir/config.json")};
}

template <typename Work>
std::string message(Work work) {
  return fault_message(Fault::model, work);
}

}  // namespace

TEST_CASE("integers and their ranges") {
  const graph::Meta meta = meta_of(R"({"a": 5, "zero": 0, "minus": -1, "huge": 1000000000, "f": 2.0, "s": "5",
      "n": null, "t": true, "above": 18446744073709551615})");
  CHECK(meta.integer("a", 5, 5) == 5);
  CHECK(meta.integer_or("absent", 3, 1, 9) == 3);
  CHECK(meta.integer_or("n", 3, 1, 9) == 3);
  CHECK(meta.integer_or("a", 3, 1, 9) == 5);
  CHECK(message([&] { meta.integer("zero", 1, 1000); }) ==
        "dir/config.json: key 'zero': expected an integer in [1, 1000], found 0");
  CHECK(contains(message([&] { meta.integer("minus", 1, 1000); }), "found -1"));
  CHECK(contains(message([&] { meta.integer("huge", 1, 1000); }), "found 1000000000"));
  CHECK(contains(message([&] { meta.integer_or("huge", 1, 1, 1000); }), "found 1000000000"));
  CHECK(contains(message([&] { meta.integer("f", 1, 1000); }), "key 'f'"));
  CHECK(contains(message([&] { meta.integer("s", 1, 1000); }), "found a string"));
  CHECK(contains(message([&] { meta.integer("t", 0, 1000); }), "found a boolean"));
  CHECK(contains(message([&] { meta.integer("n", 1, 1000); }), "key 'n': missing"));
  CHECK(contains(message([&] { meta.integer("absent", 1, 1000); }), "key 'absent': missing"));
  CHECK(contains(message([&] { meta.integer("above", 0, INT64_MAX); }), "key 'above'"));
}

TEST_CASE("numbers are finite") {
  graph::MetaValue::Object values;
  values["nan"] = graph::MetaValue(std::numeric_limits<double>::quiet_NaN());
  values["inf"] = graph::MetaValue(std::numeric_limits<double>::infinity());
  const graph::Meta bad("m.gguf", graph::Meta::Source::gguf, values);
  CHECK(contains(message([&] { bad.number("nan"); }), "m.gguf: key 'nan': expected a finite number"));
  CHECK(contains(message([&] { bad.number_or("inf", 1.0); }), "key 'inf': expected a finite number"));
  const graph::Meta meta = meta_of(R"({"i": 10000, "f": 1e-6, "s": "x", "l": [1, 2.5], "bad": [1, "2"]})");
  CHECK(meta.number("i") == 10000.0);
  CHECK(meta.number("f") == 1e-6);
  CHECK(meta.number_or("absent", 0.5) == 0.5);
  CHECK(meta.numbers("l") == std::vector<double>{1.0, 2.5});
  CHECK(contains(message([&] { meta.number("s"); }), "key 's'"));
  CHECK(contains(message([&] { meta.number("absent"); }), "missing"));
  CHECK(contains(message([&] { meta.numbers("bad"); }), "key 'bad'"));
  CHECK(contains(message([&] { meta.numbers("i"); }), "key 'i'"));
}

TEST_CASE("other types") {
  const graph::Meta meta =
      meta_of(R"({"b": true, "s": "x", "i": 2, "is": [2, 3], "ss": ["a"], "mixed": [1, "a"]})");
  CHECK(meta.has("b"));
  CHECK_FALSE(meta.has("absent"));
  CHECK(meta.boolean_or("b", false));
  CHECK(meta.string("s") == "x");
  CHECK(meta.string_or("absent", "y") == "y");
  CHECK(meta.integers("i") == std::vector<int64_t>{2});
  CHECK(meta.integers("is") == std::vector<int64_t>{2, 3});
  CHECK(meta.strings("ss") == std::vector<std::string>{"a"});
  CHECK(contains(message([&] { meta.boolean_or("i", false); }), "key 'i': expected true or false"));
  CHECK(contains(message([&] { meta.string("i"); }), "key 'i': expected a string, found an integer"));
  CHECK(contains(message([&] { meta.string_or("b", ""); }), "key 'b'"));
  CHECK(contains(message([&] { meta.integers("mixed"); }), "key 'mixed'"));
  CHECK(contains(message([&] { meta.strings("mixed"); }), "key 'mixed'"));
  CHECK(contains(message([&] { meta.strings("absent"); }), "key 'absent': missing"));
}

TEST_CASE("nested objects name their keys in full") {
  const graph::Meta meta =
      meta_of(R"({"rope_scaling": {"factor": 0, "deep": {"x": 1}}, "none": null, "s": "x"})");
  const graph::Meta scaling = meta.object("rope_scaling");
  CHECK(contains(message([&] { scaling.integer("factor", 1, 9); }), "key 'rope_scaling.factor'"));
  CHECK(contains(message([&] { scaling.object("deep").string("x"); }), "key 'rope_scaling.deep.x'"));
  CHECK(meta.object("none").empty());
  CHECK(meta.object("absent").empty());
  CHECK(contains(message([&] { meta.object("absent").integer("x", 0, 1); }), "key 'absent.x': missing"));
  CHECK(contains(message([&] { meta.object("s"); }), "key 's': expected an object"));
}
