#include "host/io/gguf.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <unordered_set>

#include "host/io/checked.h"
#include "host/io/gguf_cursor.h"
#include "host/io/gguf_types.h"
#include "host/io/gguf_value_reader.h"
#include "host/io/quote.h"

namespace clinfer::io {
namespace {

constexpr uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr uint64_t kDefaultAlignment = 32;
constexpr int64_t kMaxAlignment = int64_t{1} << 20;
constexpr uint32_t kMaxDims = 4;
constexpr size_t kMaxKey = 65535;
// The least bytes that a key-value pair and a tensor's entry take.
constexpr uint64_t kLeastPair = 8 + 4 + 1;
constexpr uint64_t kLeastEntry = 8 + 4 + 8 + 4 + 8;

void read_version(GgufCursor& cursor) {
  if (cursor.read<uint32_t>("magic") != kMagic) cursor.fail("magic", "expected 'GGUF'");
  const auto version = cursor.read<uint32_t>("version");
  if (version == 2 || version == 3) return;
  const bool swapped = version != 0 && (version & 0xffff) == 0;
  cursor.fail("version", swapped ? "big-endian GGUF is not supported"
                                 : "expected GGUF version 2 or 3, found " + std::to_string(version));
}

GgufMetadata::Values read_pairs(GgufCursor& cursor, uint64_t count, std::span<const std::byte> file,
                                GgufContents& contents) {
  GgufMetadata::Values values;
  for (uint64_t i = 0; i < count; ++i) {
    std::string key = cursor.read_string("key " + std::to_string(i));
    if (key.empty() || key.size() > kMaxKey) cursor.fail("key " + quote(key), "expected 1 to 65535 bytes");
    const uint64_t begin = cursor.position();
    GgufValue value = read_gguf_value(cursor, "key " + quote(key));
    contents.raw_values.emplace_back(key, file.subspan(begin, cursor.position() - begin));
    const std::string shown = quote(key);
    if (!values.try_emplace(std::move(key), std::move(value)).second)
      cursor.fail("key " + shown, "stands twice");
  }
  return values;
}

uint64_t checked_alignment(const GgufMetadata& metadata) {
  const int64_t alignment = metadata.integer_or("general.alignment", kDefaultAlignment, 8, kMaxAlignment);
  if (!std::has_single_bit(static_cast<uint64_t>(alignment))) {
    throw Error(Fault::model, metadata.file() + ": key 'general.alignment': expected a power of two, found " +
                                  std::to_string(alignment));
  }
  return static_cast<uint64_t>(alignment);
}

/// One tensor's entry; `offset` counts from the data section until that is known.
struct Entry {
  Tensor tensor;
  uint64_t bytes = 0;
};

/// Reads the dimensions, innermost first as stored, and the type; sets shape, format and size.
void read_layout(GgufCursor& cursor, const std::string& where, Entry* entry) {
  const auto dims = cursor.read<uint32_t>(where);
  if (dims == 0 || dims > kMaxDims)
    cursor.fail(where, "expected 1 to 4 dimensions, found " + std::to_string(dims));
  uint64_t elements = 1;
  for (uint32_t i = 0; i < dims; ++i) {
    const auto dim = cursor.read<uint64_t>(where);
    const auto product = checked_mul(elements, dim);
    if (dim == 0 || !product || *product > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      cursor.fail(where, "expected dimensions above 0 whose product is below 2^63");
    }
    elements = *product;
    entry->tensor.shape.insert(entry->tensor.shape.begin(), static_cast<int64_t>(dim));
  }
  const auto id = cursor.read<uint32_t>(where);
  const GgufTensorType* type = find_gguf_tensor_type(id);
  if (type == nullptr) cursor.fail(where, "unknown tensor type " + std::to_string(id));
  const auto row = static_cast<uint64_t>(entry->tensor.shape.back());
  if (row % type->block_elems != 0) {
    cursor.fail(where, "rows of " + std::to_string(row) + " elements are not whole blocks of " +
                           std::to_string(type->block_elems) + " (" + std::string(type->format) + ")");
  }
  const auto bytes = checked_mul(elements / type->block_elems, type->block_bytes);
  if (!bytes) cursor.fail(where, "its size in bytes does not fit 64 bits");
  entry->tensor.format = type->format;
  entry->bytes = *bytes;
}

std::vector<Entry> read_entries(GgufCursor& cursor, uint64_t count, uint64_t alignment) {
  std::vector<Entry> entries;
  std::unordered_set<std::string> names;
  entries.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    Entry entry;
    entry.tensor.name = cursor.read_string("name of tensor " + std::to_string(i));
    check_tensor_name(cursor.path(), entry.tensor.name);
    entry.tensor.stored_name = entry.tensor.name;
    const std::string where = "tensor " + quote(entry.tensor.name);
    if (!names.insert(entry.tensor.name).second) cursor.fail(where, "the name stands twice");
    read_layout(cursor, where, &entry);
    entry.tensor.offset = cursor.read<uint64_t>(where);
    if (entry.tensor.offset % alignment != 0) {
      cursor.fail(where, "offset " + std::to_string(entry.tensor.offset) +
                             " is not a multiple of the alignment " + std::to_string(alignment));
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

void place_in_file(std::vector<Entry>& entries, std::span<const std::byte> file, uint64_t data_begin,
                   const GgufCursor& cursor) {
  for (Entry& entry : entries) {
    const auto begin = checked_add(data_begin, entry.tensor.offset);
    const auto end = begin ? checked_add(*begin, entry.bytes) : std::nullopt;
    if (!end || *end > file.size()) {
      cursor.fail("tensor " + quote(entry.tensor.name), "its data reach behind the file's end");
    }
    entry.tensor.offset = *begin;
    entry.tensor.bytes = file.subspan(*begin, entry.bytes);
  }
}

void check_overlap(const std::vector<Entry>& entries, const GgufCursor& cursor) {
  std::vector<const Tensor*> order;
  order.reserve(entries.size());
  for (const Entry& entry : entries) order.push_back(&entry.tensor);
  std::sort(order.begin(), order.end(),
            [](const Tensor* a, const Tensor* b) { return a->offset < b->offset; });
  for (size_t i = 1; i < order.size(); ++i) {
    if (order[i - 1]->offset + order[i - 1]->bytes.size() > order[i]->offset) {
      cursor.fail("tensor " + quote(order[i]->name), "overlaps tensor " + quote(order[i - 1]->name));
    }
  }
}

}  // namespace

GgufContents parse_gguf(std::span<const std::byte> file, std::string_view path) {
  GgufCursor cursor(file, path);
  read_version(cursor);
  const uint64_t tensor_count = cursor.read_count("number of tensors", kLeastEntry);
  const uint64_t pair_count = cursor.read_count("number of keys", kLeastPair);
  GgufContents contents;
  contents.metadata = GgufMetadata(std::string(path), read_pairs(cursor, pair_count, file, contents));
  const uint64_t alignment = checked_alignment(contents.metadata);
  std::vector<Entry> entries = read_entries(cursor, tensor_count, alignment);
  const uint64_t data_begin = (cursor.position() + alignment - 1) / alignment * alignment;
  place_in_file(entries, file, data_begin, cursor);
  check_overlap(entries, cursor);
  contents.tensors.reserve(entries.size());
  for (Entry& entry : entries) contents.tensors.push_back(std::move(entry.tensor));
  return contents;
}

}  // namespace clinfer::io
