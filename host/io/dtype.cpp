#include "host/io/dtype.h"

namespace clinfer::io {
namespace {

constexpr Dtype kDtypes[] = {
    {"F64", "f64", 8},   {"F32", "f32", 4},         {"F16", "f16", 2},         {"BF16", "bf16", 2},
    {"I64", "i64", 8},   {"I32", "i32", 4},         {"I8", "i8", 1},           {"U8", "u8", 1},
    {"BOOL", "bool", 1}, {"F8_E4M3", "f8_e4m3", 1}, {"F8_E5M2", "f8_e5m2", 1},
};

}  // namespace

std::span<const Dtype> dtypes() {
  return kDtypes;
}

const Dtype* find_stored_dtype(std::string_view stored) {
  for (const Dtype& dtype : kDtypes) {
    if (dtype.stored == stored) return &dtype;
  }
  return nullptr;
}

const Dtype* find_dtype(std::string_view format) {
  for (const Dtype& dtype : kDtypes) {
    if (dtype.format == format) return &dtype;
  }
  return nullptr;
}

}  // namespace clinfer::io
