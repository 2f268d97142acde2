#pragma once

#include <functional>
#include <map>
#include <utility>

#include "host/config/type.h"

namespace clinfer::config {

/// Lists of at most `most` items.
template <class T>
class List : public Type<std::vector<T>> {
 public:
  List(TypePtr<T> item, size_t most) : item_(std::move(item)), most_(most) {}

  std::string expected() const override {
    return "a list of at most " + std::to_string(most_) + ", each " + item_->expected();
  }
  const TypeInfo* item() const override { return item_.get(); }

  Value json_schema() const override {
    Value schema = Value::map();
    schema.add("type", Value::string("array"));
    schema.add("items", item_->json_schema());
    schema.add("maxItems", Value::literal(std::to_string(most_)));
    return schema;
  }

  void read(const Value& value, const std::string& key, std::vector<T>& out) const override {
    if (value.kind != Value::Kind::list) fail_expected(value, key, expected());
    if (value.items.size() > most_) {
      fail_expected(value.items[most_], key, "at most " + std::to_string(most_) + " items");
    }
    out.clear();
    for (size_t i = 0; i < value.items.size(); ++i) {
      out.emplace_back();
      item_->read(value.items[i], key + "[" + std::to_string(i) + "]", out.back());
    }
  }

  Value write(const std::vector<T>& values) const override {
    Value list = Value::list();
    for (const T& value : values) list.items.push_back(item_->write(value));
    return list;
  }

 private:
  TypePtr<T> item_;
  size_t most_;
};

/// Maps from any name to T.
template <class T>
class Map : public Type<std::map<std::string, T>> {
 public:
  explicit Map(TypePtr<T> item) : item_(std::move(item)) {}

  std::string expected() const override { return "a map from a name to " + item_->expected(); }

  Value json_schema() const override {
    Value schema = Value::map();
    schema.add("type", Value::string("object"));
    schema.add("additionalProperties", item_->json_schema());
    return schema;
  }

  void read(const Value& value, const std::string& key, std::map<std::string, T>& out) const override {
    if (value.kind != Value::Kind::map) fail_expected(value, key, expected());
    out.clear();
    for (const Entry& entry : value.entries) {
      item_->read(entry.value, child_key(key, entry.key), out[entry.key]);
    }
  }

  Value write(const std::map<std::string, T>& values) const override {
    Value map = Value::map();
    for (const auto& [name, value] : values) map.add(name, item_->write(value));
    return map;
  }

 private:
  TypePtr<T> item_;
};

/// One member of a struct under the name users write.
template <class S>
struct Field {
  TypeInfo::Member info;
  std::function<void(const Value&, const std::string& key, S&)> read;
  std::function<Value(const S&)> write;
};

/// A struct; members that are not given, or given as null, keep their defaults. Names it does not know are
/// reported by check_keys before.
template <class S>
class Record : public Type<S> {
 public:
  Record(std::string what, std::vector<Field<S>> fields)
      : what_(std::move(what)), fields_(std::move(fields)) {}

  std::string expected() const override { return what_; }

  std::vector<TypeInfo::Member> members() const override {
    std::vector<TypeInfo::Member> all;
    for (const Field<S>& field : fields_) all.push_back(field.info);
    return all;
  }

  Value json_schema() const override {
    Value properties = Value::map();
    Value required = Value::list();
    for (const Field<S>& field : fields_) {
      Value schema = field.info.type->json_schema();
      schema.add("description", Value::string(field.info.doc));
      properties.add(field.info.name, std::move(schema));
      if (field.info.required) required.items.push_back(Value::string(field.info.name));
    }
    Value schema = Value::map();
    schema.add("type", Value::string("object"));
    schema.add("properties", std::move(properties));
    if (!required.items.empty()) schema.add("required", std::move(required));
    schema.add("additionalProperties", Value::literal("false"));
    return schema;
  }

  void read(const Value& value, const std::string& key, S& out) const override {
    if (value.kind != Value::Kind::map) fail_expected(value, key, what_);
    for (const Field<S>& field : fields_) {
      const Value* given = value.find(field.info.name);
      const bool is_given = given != nullptr && given->kind != Value::Kind::null;
      if (is_given) field.read(*given, child_key(key, field.info.name), out);
      if (!is_given && field.info.required) {
        fail_missing(value, key, what_ + " with " + field.info.name);
      }
    }
  }

  Value write(const S& value) const override {
    Value map = Value::map();
    for (const Field<S>& field : fields_) map.add(field.info.name, field.write(value));
    return map;
  }

 private:
  std::string what_;
  std::vector<Field<S>> fields_;
};

template <class S, class T>
Field<S> field(std::string name, T S::*member, TypePtr<T> type, std::string doc, bool required = false) {
  return {{std::move(name), std::move(doc), type, required},
          [=](const Value& value, const std::string& key, S& out) { type->read(value, key, out.*member); },
          [=](const S& in) { return type->write(in.*member); }};
}

template <class T>
TypePtr<std::vector<T>> list(TypePtr<T> item, size_t most) {
  return std::make_shared<List<T>>(std::move(item), most);
}

template <class T>
TypePtr<std::map<std::string, T>> map(TypePtr<T> item) {
  return std::make_shared<Map<T>>(std::move(item));
}

template <class S>
TypePtr<S> record(std::string what, std::vector<Field<S>> fields) {
  return std::make_shared<Record<S>>(std::move(what), std::move(fields));
}

}  // namespace clinfer::config
