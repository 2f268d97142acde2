#include "graph/ops/cache_append.h"

#include "graph/cache_row.h"

namespace clinfer::graph {
namespace {

bool whole_groups(const quant::CacheRow& row, int64_t offset, int64_t count) {
  if (row.group == 0 || offset >= row.cols) return true;
  return offset + count <= row.cols && offset % row.group == 0 && count % row.group == 0;
}

/// The columns [offset, offset + count) of `to` become those of `from` as the cache gives them back.
void round_columns(const Cache& cache, const double* from, int64_t offset, int64_t count, double* to) {
  const quant::CacheFormat& format = format_of(cache);
  const quant::CacheRow row = row_of(cache);
  const std::vector<float> values(from, from + count);
  std::vector<uint8_t> bytes(static_cast<size_t>(row.bytes));
  quant::encode_cache_columns(format, row, values.data(), offset, count, bytes.data());
  std::vector<float> decoded(static_cast<size_t>(cache.width));
  quant::decode_cache_row(format, row, bytes.data(), decoded.data());
  for (int64_t c = offset; c < offset + count; ++c) to[c] = decoded[static_cast<size_t>(c)];
}

}  // namespace

std::vector<Type> CacheAppend::infer(Operands in) const {
  require_count(in, 3, 3, kName);
  const Cache* cache = in[0]->cache();
  require(cache != nullptr && !cache->is_state(), "cache_append C1",
          "the first operand is a cache of rows by position", in);
  const int64_t cols = in[1]->type.cols;
  require(offset >= 0 && offset + cols <= in[0]->type.cols, "cache_append C2",
          "0 <= offset and offset + x's columns <= the cache's width", in, attributes());
  require(in[2]->type == Type{DType::i32, kTokens, 1}, "cache_append C3", "positions is i32[tokens, 1]", in);
  require(is_f32(*in[1]) && in[1]->type.rows == kTokens, "cache_append C4", "x is f32[tokens, n]", in);
  if (cache->format == "f32") return {in[0]->type};
  require(stored == *cache, "cache_append C5", "what values are rounded as is the cache", in, attributes());
  require(whole_groups(row_of(*cache), offset, cols), "cache_append C6",
          "the columns are whole groups of the cache's format", in, attributes());
  return {in[0]->type};
}

void CacheAppend::reference(Inputs in, Outputs out) const {
  if (out[0] != in[0]) out[0]->data = in[0]->data;
  for (int64_t t = 0; t < in[1]->rows; ++t) {
    if (in[2]->at(t, 0) < 0) continue;
    const int64_t row = checked_index(in[2]->at(t, 0), out[0]->rows, "cache_append: position");
    if (stored.format == "f32") {
      for (int64_t c = 0; c < in[1]->cols; ++c) out[0]->at(row, offset + c) = in[1]->at(t, c);
    } else {
      round_columns(stored, in[1]->row(t), offset, in[1]->cols, out[0]->row(row));
    }
  }
}

// Only the rows of these tokens are written, in the cache's format.
Cost CacheAppend::cost(Operands in, const Sizes& sizes) const {
  const Sizes written{.tokens = sizes.tokens, .outputs = sizes.outputs, .context = sizes.tokens};
  const double share = static_cast<double>(in[1]->type.cols) / static_cast<double>(in[0]->type.cols);
  return {0, bytes_of(*in[1], sizes) + bytes_of(*in[2], sizes) + share * bytes_of(*in[0], written)};
}

Attributes CacheAppend::attributes() const {
  return {{"offset", std::to_string(offset)}};
}

}  // namespace clinfer::graph
