#include "host/quantize/items.h"

#include <algorithm>
#include <set>

#include "host/io/mapped_file.h"
#include "host/io/quote.h"
#include "quant/error.h"

namespace clinfer::quantize {
namespace {

constexpr size_t kCopyBytes = size_t{1} << 24;

Item item_of(const std::string& name, const Roles& roles, stored::StoredMatrix shape) {
  Item item;
  item.name = name;
  const auto role = roles.find(name);
  if (role != roles.end()) item.role = role->second;
  item.matrix = item.role != "vectors" && shape.tensor->shape.size() > 1 && !shape.tensor->bytes.empty();
  item.shape = std::move(shape);
  return item;
}

/// A tensor that is no weight.
stored::StoredMatrix opaque(const io::Tensor& tensor) {
  stored::StoredMatrix shape;
  shape.tensor = &tensor;
  shape.parts = {&tensor};
  return shape;
}

void choose(Item& item, const Rules& rules, const io::Checkpoint& checkpoint) {
  if (!item.matrix) return;
  item.encoding = rules.choose(item.name, item.role).value_or(Encoding{});
  if (item.encoding.format == nullptr || item.shape.format != nullptr) return;
  throw Error(Fault::usage, checkpoint.config().file() + ": tensor " + io::quote(item.name) +
                                ": is stored as " + item.shape.tensor->format +
                                ", which is no weight that can be encoded");
}

}  // namespace

std::vector<Item> list_items(const io::Checkpoint& checkpoint, const Rules& rules, const Roles& roles) {
  std::vector<Item> items;
  std::set<const io::Tensor*> used;
  const auto add = [&](Item item) {
    used.insert(item.shape.parts.begin(), item.shape.parts.end());
    choose(item, rules, checkpoint);
    items.push_back(std::move(item));
  };
  for (const auto& [name, role] : roles) {
    if (auto shape = stored::find_shape(checkpoint, name)) add(item_of(name, roles, std::move(*shape)));
  }
  for (const io::Tensor& tensor : checkpoint.tensors()) {
    if (used.contains(&tensor)) continue;
    auto shape = stored::find_shape(checkpoint, tensor.name);
    add(item_of(tensor.name, roles, shape ? std::move(*shape) : opaque(tensor)));
  }
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
  return items;
}

uint64_t stored_bytes(const Item& item) {
  uint64_t bytes = 0;
  for (const io::Tensor* part : item.shape.parts) bytes += part->bytes.size();
  return bytes;
}

bool is_converted(const Item& item) {
  return item.encoding.format != nullptr && item.encoding.format != item.shape.format;
}

std::vector<int64_t> number_shape(const Item& item) {
  const stored::StoredMatrix& m = item.shape;
  if (!item.matrix) return m.tensor->shape;
  if (m.matrices == 1) return {m.rows, m.cols};
  return {m.matrices, m.rows / m.matrices, m.cols};
}

const quant::Format* written_format(const Item& item) {
  return item.encoding.format != nullptr ? item.encoding.format : item.shape.format;
}

void for_bands(const Item& item, const io::Checkpoint& checkpoint,
               const std::function<void(int64_t, const Band&)>& sink, const ReadBytes& read) {
  const stored::StoredMatrix m = stored::stored_matrix(checkpoint, item.name);
  const int64_t rows = m.rows / m.matrices;
  const uint64_t bytes = stored_bytes(item);
  uint64_t reported = 0;
  const auto advance = [&](int64_t done) {
    const uint64_t now =
        done == m.rows ? bytes : bytes / static_cast<uint64_t>(m.rows) * static_cast<uint64_t>(done);
    read(now - reported);
    reported = now;
  };
  for (int64_t matrix = 0; matrix < m.matrices; ++matrix) {
    const int64_t first = matrix * rows;
    if (is_converted(item)) {
      const RowSource source = [&](int64_t row, int64_t count, float* out) {
        stored::decode_rows(m, first + row, count, out);
      };
      encode_in_bands(item.encoding, rows, m.cols, source, [&](const Band& band) {
        sink(matrix, band);
        advance(first + band.first + band.rows);
      });
    } else {
      const stored::OneMatrix one = stored::matrix_at(m, first);
      const auto codes = static_cast<size_t>(quant::code_bytes(*m.format, rows, m.cols));
      const auto scales = static_cast<size_t>(quant::scale_bytes(*m.format, rows, m.cols));
      sink(matrix, {0, rows, {}, {one.codes, codes}, {one.scales, scales}});
      advance(first + rows);
    }
  }
  stored::release(checkpoint, m);
}

void for_pieces(const io::Tensor& tensor,
                const std::function<void(uint64_t, std::span<const std::byte>)>& sink,
                const ReadBytes& read) {
  std::vector<std::byte> piece;
  for (size_t at = 0; at < tensor.bytes.size(); at += piece.size()) {
    piece.resize(std::min(kCopyBytes, tensor.bytes.size() - at));
    io::copy_guarded(piece, tensor.bytes.subspan(at, piece.size()));
    sink(at, piece);
    read(piece.size());
  }
}

}  // namespace clinfer::quantize
