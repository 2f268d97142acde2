#include "quant/cache_format.h"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <vector>

#include "quant/bytes.h"
#include "quant/half.h"
#include "quant/scale_layout.h"

namespace clinfer::quant {
namespace {

constexpr int64_t kLatentGroup = 128;  // columns of a scale where a head is not the unit

constexpr CacheFormat kCacheFormats[] = {
    {"f32", "f32", 0, "IEEE binary32"},
    {"f16", "f16", 0, "IEEE binary16"},
    {"bf16", "bf16", 0, "bfloat16"},
    {"fp8_e4m3", "fp8_e4m3_row", kCacheHead, "OCP OFP8 E4M3, a scale for each head (latents: 128 columns)"},
    {"mxint8", "mxint8", 32, "OCP Microscaling Formats (MX) v1.0"},
    {"int8", "int8_row", 32, "symmetric groups of 32"},
    {"int4", "int4_g128_asym", 32, "asymmetric groups of 32 within a token (as KIVI codes values)"},
};

const Format& codec_of(const CacheFormat& format) {
  return *find_format(format.codec);
}

constexpr int64_t whole_words(int64_t bytes) {
  return (bytes + 3) / 4 * 4;
}

int64_t group_of(const CacheFormat& format, const CacheShape& shape) {
  const bool by_head = format.group == kCacheHead;
  if (by_head && shape.tail == 0) return shape.head;
  const auto power = static_cast<int64_t>(1) << std::countr_zero(static_cast<uint64_t>(shape.head));
  return std::min(power, by_head ? kLatentGroup : format.group);
}

}  // namespace

std::span<const CacheFormat> cache_formats() {
  return kCacheFormats;
}

const CacheFormat* find_cache_format(std::string_view name) {
  const auto* found = std::find_if(std::begin(kCacheFormats), std::end(kCacheFormats),
                                   [&](const CacheFormat& format) { return format.name == name; });
  return found == std::end(kCacheFormats) ? nullptr : found;
}

std::string cache_format_names() {
  std::string names;
  for (const CacheFormat& format : kCacheFormats)
    names += (names.empty() ? "" : ", ") + std::string(format.name);
  return names;
}

CacheRow cache_row(const CacheFormat& format, const CacheShape& shape) {
  const bool fits = shape.head > 0 && shape.tail >= 0 && shape.width > shape.tail &&
                    (shape.width - shape.tail) % shape.head == 0;
  if (!fits) throw std::invalid_argument("a cache row that its heads do not fill");
  const Format& codec = codec_of(format);
  CacheRow row;
  if (format.group == 0) {
    row.cols = shape.width;
    row.scales = row.zeros = row.tail = row.bytes = code_bytes(codec, 1, shape.width);
    return row;
  }
  if (shape.head % kCacheHeadStep != 0) {
    throw std::invalid_argument("heads of " + std::to_string(shape.head) + " columns, not a multiple of " +
                                std::to_string(kCacheHeadStep));
  }
  row.cols = shape.width - shape.tail;
  row.tail_cols = shape.tail;
  row.group = group_of(format, shape);
  const int64_t groups = row.cols / row.group;
  row.scales = whole_words(code_bytes(codec, 1, row.cols));
  row.zeros = row.scales + groups * scale_element_bytes(codec.scale_type);
  row.tail = whole_words(row.zeros + (codec.zeros ? groups : 0));
  row.bytes = whole_words(row.tail + 2 * row.tail_cols);
  return row;
}

void encode_cache_columns(const CacheFormat& format, const CacheRow& row, const float* values, int64_t first,
                          int64_t count, uint8_t* out) {
  const Format& codec = codec_of(format);
  if (first >= row.cols) {
    for (int64_t i = 0; i < count; ++i)
      store(out + row.tail + 2 * (first - row.cols + i), f32_to_f16(values[i]));
    return;
  }
  uint8_t* codes = out + code_bytes(codec, 1, first);
  if (row.group == 0) {
    codec.encode(values, 1, count, codes, nullptr);
    return;
  }
  const int64_t groups = count / row.group;
  const int64_t scale = scale_element_bytes(codec.scale_type);
  const int64_t stride = scale_row(codec, row.group).bytes;
  std::vector<uint8_t> scales(static_cast<size_t>(groups * stride));
  codec.encode(values, groups, row.group, codes, scales.data());
  for (int64_t i = 0; i < groups; ++i) {
    const uint8_t* from = scales.data() + i * stride;
    const int64_t group = first / row.group + i;
    std::copy(from, from + scale, out + row.scales + group * scale);
    if (codec.zeros) out[row.zeros + group] = from[scale];
  }
}

void decode_cache_row(const CacheFormat& format, const CacheRow& row, const uint8_t* bytes, float* out) {
  const Format& codec = codec_of(format);
  if (row.group == 0) {
    codec.decode_row(bytes, nullptr, 0, row.cols, out);
    return;
  }
  const int64_t scale = scale_element_bytes(codec.scale_type);
  std::vector<uint8_t> scales(static_cast<size_t>(scale_row(codec, row.group).bytes));
  for (int64_t group = 0; group < row.cols / row.group; ++group) {
    const uint8_t* from = bytes + row.scales + group * scale;
    std::copy(from, from + scale, scales.data());
    if (codec.zeros) scales[static_cast<size_t>(scale)] = bytes[row.zeros + group];
    codec.decode_row(bytes + code_bytes(codec, 1, group * row.group), scales.data(), 0, row.group,
                     out + group * row.group);
  }
  for (int64_t i = 0; i < row.tail_cols; ++i)
    out[row.cols + i] = f16_to_f32(load<uint16_t>(bytes + row.tail + 2 * i));
}

}  // namespace clinfer::quant
