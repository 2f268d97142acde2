#include "tests/host_io/gguf_image.h"

namespace clinfer::test {
namespace {

enum Type : uint32_t { kU32 = 4, kI32 = 5, kF32 = 6, kBool = 7, kString = 8, kArray = 9, kU64 = 10 };

template <typename T>
std::string number_bytes(T value) {
  std::string out;
  put(out, value);
  return out;
}

template <typename T>
std::string array_bytes(uint32_t type, const std::vector<T>& values) {
  std::string out = number_bytes(type) + number_bytes(uint64_t{values.size()});
  for (const T& value : values) put(out, value);
  return out;
}

void pad(std::string& out, uint64_t alignment) {
  if (alignment != 0) out.resize((out.size() + alignment - 1) / alignment * alignment, '\0');
}

}  // namespace

void put_string(std::string& out, const std::string& text) {
  put(out, uint64_t{text.size()});
  out += text;
}

GgufImage& GgufImage::add_raw(const std::string& key, uint32_t type, const std::string& value) {
  std::string pair;
  put_string(pair, key);
  put(pair, type);
  pairs.push_back(pair + value);
  return *this;
}

GgufImage& GgufImage::add_string(const std::string& key, const std::string& value) {
  std::string text;
  put_string(text, value);
  return add_raw(key, kString, text);
}

GgufImage& GgufImage::add_u32(const std::string& key, uint32_t v) {
  return add_raw(key, kU32, number_bytes(v));
}
GgufImage& GgufImage::add_i32(const std::string& key, int32_t v) {
  return add_raw(key, kI32, number_bytes(v));
}
GgufImage& GgufImage::add_u64(const std::string& key, uint64_t v) {
  return add_raw(key, kU64, number_bytes(v));
}
GgufImage& GgufImage::add_f32(const std::string& key, float v) {
  return add_raw(key, kF32, number_bytes(v));
}
GgufImage& GgufImage::add_bool(const std::string& key, uint8_t v) {
  return add_raw(key, kBool, number_bytes(v));
}

GgufImage& GgufImage::add_strings(const std::string& key, const std::vector<std::string>& values) {
  std::string out = number_bytes(uint32_t{kString}) + number_bytes(uint64_t{values.size()});
  for (const std::string& value : values) put_string(out, value);
  return add_raw(key, kArray, out);
}

GgufImage& GgufImage::add_i32s(const std::string& key, const std::vector<int32_t>& values) {
  return add_raw(key, kArray, array_bytes(kI32, values));
}

GgufImage& GgufImage::add_f32s(const std::string& key, const std::vector<float>& values) {
  return add_raw(key, kArray, array_bytes(kF32, values));
}

GgufImage& GgufImage::add_tensor(const std::string& name, std::vector<uint64_t> dims, uint32_t type,
                                 const std::string& bytes) {
  pad(data, alignment);
  tensors.push_back({name, std::move(dims), type, data.size()});
  data += bytes;
  return *this;
}

std::string GgufImage::bytes() const {
  std::string out = magic;
  put(out, version);
  put(out, tensors.size() + static_cast<uint64_t>(extra_tensors));
  put(out, pairs.size() + static_cast<uint64_t>(extra_pairs));
  for (const std::string& pair : pairs) out += pair;
  for (const Tensor& tensor : tensors) {
    put_string(out, tensor.name);
    put(out, static_cast<uint32_t>(tensor.dims.size()));
    for (const uint64_t dim : tensor.dims) put(out, dim);
    put(out, tensor.type);
    put(out, tensor.offset);
  }
  pad(out, alignment);
  return out + data;
}

}  // namespace clinfer::test
