#include "host/io/gguf_value_reader.h"

#include <limits>
#include <type_traits>

namespace clinfer::io {
namespace {

constexpr int kMaxDepth = 4;

/// Value type ids of the GGUF specification.
enum ValueType : uint32_t {
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kFloat32,
  kBool,
  kString,
  kArray,
  kUint64,
  kInt64,
  kFloat64,
};

template <typename T>
int64_t read_integer(GgufCursor& cursor, std::string_view key) {
  const T value = cursor.read<T>(key);
  if constexpr (std::is_same_v<T, uint64_t>) {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      cursor.fail(key, "expected an integer below 2^63, found " + std::to_string(value));
    }
  }
  return static_cast<int64_t>(value);
}

bool read_bool(GgufCursor& cursor, std::string_view key) {
  const auto value = cursor.read<uint8_t>(key);
  if (value > 1) cursor.fail(key, "expected a boolean byte of 0 or 1, found " + std::to_string(value));
  return value != 0;
}

/// Fills a vector with `count` elements that `read` reads one by one. The count was checked against the file.
template <typename List, typename Read>
GgufValue read_list(uint64_t count, Read read) {
  List list;
  list.reserve(count);
  for (uint64_t i = 0; i < count; ++i) list.push_back(read());
  return {std::move(list)};
}

template <typename T>
GgufValue read_integers(GgufCursor& cursor, std::string_view key) {
  const uint64_t count = cursor.read_count(key, sizeof(T));
  return read_list<GgufValue::Integers>(count, [&] { return read_integer<T>(cursor, key); });
}

template <typename T>
GgufValue read_numbers(GgufCursor& cursor, std::string_view key) {
  const uint64_t count = cursor.read_count(key, sizeof(T));
  return read_list<GgufValue::Numbers>(count, [&] { return double{cursor.read<T>(key)}; });
}

GgufValue read_array(GgufCursor& cursor, std::string_view key, int depth) {
  if (depth > kMaxDepth) cursor.fail(key, "arrays nest deeper than " + std::to_string(kMaxDepth));
  const auto type = cursor.read<uint32_t>(key);
  switch (type) {
    case kUint8:
      return read_integers<uint8_t>(cursor, key);
    case kInt8:
      return read_integers<int8_t>(cursor, key);
    case kUint16:
      return read_integers<uint16_t>(cursor, key);
    case kInt16:
      return read_integers<int16_t>(cursor, key);
    case kUint32:
      return read_integers<uint32_t>(cursor, key);
    case kInt32:
      return read_integers<int32_t>(cursor, key);
    case kUint64:
      return read_integers<uint64_t>(cursor, key);
    case kInt64:
      return read_integers<int64_t>(cursor, key);
    case kFloat32:
      return read_numbers<float>(cursor, key);
    case kFloat64:
      return read_numbers<double>(cursor, key);
    case kBool:
      return read_list<GgufValue::Booleans>(cursor.read_count(key, 1),
                                            [&] { return read_bool(cursor, key); });
    case kString:  // each has 8 bytes of length at least
      return read_list<GgufValue::Strings>(cursor.read_count(key, 8),
                                           [&] { return cursor.read_string(key); });
    case kArray:  // each has a type and a count
      return read_list<GgufValue::Nested>(cursor.read_count(key, 12),
                                          [&] { return read_array(cursor, key, depth + 1); });
    default:
      cursor.fail(key, "unknown array element type " + std::to_string(type));
  }
}

}  // namespace

GgufValue read_gguf_value(GgufCursor& cursor, std::string_view key) {
  const auto type = cursor.read<uint32_t>(key);
  switch (type) {
    case kUint8:
      return {read_integer<uint8_t>(cursor, key)};
    case kInt8:
      return {read_integer<int8_t>(cursor, key)};
    case kUint16:
      return {read_integer<uint16_t>(cursor, key)};
    case kInt16:
      return {read_integer<int16_t>(cursor, key)};
    case kUint32:
      return {read_integer<uint32_t>(cursor, key)};
    case kInt32:
      return {read_integer<int32_t>(cursor, key)};
    case kUint64:
      return {read_integer<uint64_t>(cursor, key)};
    case kInt64:
      return {read_integer<int64_t>(cursor, key)};
    case kFloat32:
      return {double{cursor.read<float>(key)}};
    case kFloat64:
      return {cursor.read<double>(key)};
    case kBool:
      return {read_bool(cursor, key)};
    case kString:
      return {cursor.read_string(key)};
    case kArray:
      return read_array(cursor, key, 1);
    default:
      cursor.fail(key, "unknown value type " + std::to_string(type));
  }
}

}  // namespace clinfer::io
