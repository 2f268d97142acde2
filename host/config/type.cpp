#include "host/config/type.h"

#include "host/config/json.h"
#include "quant/error.h"

namespace clinfer::config {

void fail_expected(const Value& value, const std::string& key, const std::string& expected) {
  const std::string subject = key.empty() ? ": " : ": key " + one_line(key) + ": ";
  throw Error(Fault::usage,
              value.place.with_column() + subject + "expected " + expected + ", got " + shown(value));
}

void fail_missing(const Value& value, const std::string& key, const std::string& expected) {
  throw Error(Fault::usage, value.place.with_column() + ": key " + one_line(key) + ": expected " + expected +
                                ", which is missing");
}

std::string child_key(const std::string& key, const std::string& name) {
  return key.empty() ? name : key + "." + name;
}

}  // namespace clinfer::config
