#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/config/value.h"

namespace clinfer::config {

/// What may stand at a key, without its C++ type: what help, the JSON schema and the check of key names need.
class TypeInfo {
 public:
  struct Member {
    std::string name;
    std::string doc;
    std::shared_ptr<const TypeInfo> type;
    bool required;
  };

  virtual ~TypeInfo() = default;
  virtual std::string expected() const = 0;                   ///< "a number in [0, 1]"
  virtual Value json_schema() const = 0;                      ///< JSON Schema draft-07
  virtual std::vector<Member> members() const { return {}; }  ///< of a record
  virtual const TypeInfo* item() const { return nullptr; }    ///< of a list
};

/// Reads values of T from documents and writes them back.
template <class T>
class Type : public TypeInfo {
 public:
  /// Throws Error(Fault::usage) with place, `key`, what was expected and what stands there.
  virtual void read(const Value& value, const std::string& key, T& out) const = 0;
  virtual Value write(const T& value) const = 0;
};

template <class T>
using TypePtr = std::shared_ptr<const Type<T>>;

/// Throws "PLACE: key KEY: expected EXPECTED, got VALUE".
[[noreturn]] void fail_expected(const Value& value, const std::string& key, const std::string& expected);

/// Throws "PLACE: key KEY: expected EXPECTED, which is missing".
[[noreturn]] void fail_missing(const Value& value, const std::string& key, const std::string& expected);

/// "generate" +  "seed" -> "generate.seed"; the root's key is "".
std::string child_key(const std::string& key, const std::string& name);

}  // namespace clinfer::config
