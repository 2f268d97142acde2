#include <algorithm>
#include <array>

#include "host/text/jinja/builtins.h"
#include "host/text/jinja/strings.h"

namespace clinfer::text::jinja {
namespace {

struct NamedTest {
  std::string_view name;
  Test test;
};

bool is_sequence(const Value& v) {
  return v.is_list() || v.is_string() || v.is_dict();
}

template <int kSign, bool kOrEqual>
bool ordered(const Value& value, const Arguments& arguments) {
  const int order = compare(value, arguments.require(0, "other"));
  return order == kSign || (kOrEqual && order == 0);
}

bool is_equal(const Value& value, const Arguments& arguments) {
  return equal(value, arguments.require(0, "other"));
}
bool is_unequal(const Value& value, const Arguments& arguments) {
  return !is_equal(value, arguments);
}

bool divides(const Value& value, int64_t divisor) {
  return operate("%", value, Value(divisor)).number() == 0;
}

bool is_same(const Value& a, const Arguments& arguments) {
  const Value b = arguments.require(0, "other");
  return std::string_view(a.type_name()) == b.type_name() && equal(a, b);
}

constexpr std::array kTests{
    NamedTest{"defined", [](const Value& v, const Arguments&) { return !v.is_undefined(); }},
    NamedTest{"undefined", [](const Value& v, const Arguments&) { return v.is_undefined(); }},
    NamedTest{"none", [](const Value& v, const Arguments&) { return v.is_none(); }},
    NamedTest{"string", [](const Value& v, const Arguments&) { return v.is_string(); }},
    NamedTest{"number", [](const Value& v, const Arguments&) { return v.is_number(); }},
    NamedTest{"integer", [](const Value& v, const Arguments&) { return v.is_int(); }},
    NamedTest{"float", [](const Value& v, const Arguments&) { return v.is_double(); }},
    NamedTest{"boolean", [](const Value& v, const Arguments&) { return v.is_bool(); }},
    NamedTest{"true", [](const Value& v, const Arguments&) { return v.is_bool() && v.truth(); }},
    NamedTest{"false", [](const Value& v, const Arguments&) { return v.is_bool() && !v.truth(); }},
    NamedTest{"mapping",
              [](const Value& v, const Arguments&) { return v.is_dict() && !v.dict().name_space; }},
    NamedTest{"iterable",
              [](const Value& v, const Arguments&) { return is_sequence(v) || v.is_undefined(); }},
    NamedTest{"sequence",
              [](const Value& v, const Arguments&) { return is_sequence(v) || v.is_undefined(); }},
    NamedTest{"callable", [](const Value& v, const Arguments&) { return v.is_callable(); }},
    NamedTest{"odd", [](const Value& v, const Arguments&) { return !divides(v, 2); }},
    NamedTest{"even", [](const Value& v, const Arguments&) { return divides(v, 2); }},
    NamedTest{"divisibleby",
              [](const Value& v, const Arguments& a) { return divides(v, a.require(0, "num").integer()); }},
    NamedTest{"in", [](const Value& v, const Arguments& a) { return contains(a.require(0, "seq"), v); }},
    NamedTest{"sameas", is_same},
    NamedTest{"lower", [](const Value& v, const Arguments&) { return lower(v.string()) == v.string(); }},
    NamedTest{"upper", [](const Value& v, const Arguments&) { return upper(v.string()) == v.string(); }},
    NamedTest{"equalto", is_equal},
    NamedTest{"eq", is_equal},
    NamedTest{"ne", is_unequal},
    NamedTest{"lt", ordered<-1, false>},
    NamedTest{"le", ordered<-1, true>},
    NamedTest{"gt", ordered<1, false>},
    NamedTest{"ge", ordered<1, true>},
    NamedTest{"lessthan", ordered<-1, false>},
    NamedTest{"greaterthan", ordered<1, false>},
    NamedTest{"==", is_equal},
    NamedTest{"!=", is_unequal},
    NamedTest{"<", ordered<-1, false>},
    NamedTest{"<=", ordered<-1, true>},
    NamedTest{">", ordered<1, false>},
    NamedTest{">=", ordered<1, true>},
};

}  // namespace

bool is_test(std::string_view name) {
  return find_test(name) != nullptr;
}

Test find_test(std::string_view name) {
  const auto found = std::find_if(kTests.begin(), kTests.end(),
                                  [&name](const NamedTest& entry) { return entry.name == name; });
  return found == kTests.end() ? nullptr : found->test;
}

}  // namespace clinfer::text::jinja
