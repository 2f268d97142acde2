#include "host/io/gguf_writer.h"

#include <algorithm>

#include "host/io/checked.h"
#include "host/io/gguf_types.h"
#include "host/io/quote.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

constexpr uint64_t kAlignment = 32;
enum ValueType : uint32_t { kUint32 = 4, kInt32 = 5, kFloat32 = 6, kBool = 7, kString = 8, kArray = 9 };

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_string(std::string& out, const std::string& text) {
  put(out, uint64_t{text.size()});
  out += text;
}

uint64_t aligned(uint64_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

[[noreturn]] void fail(const std::string& path, const PlannedTensor& tensor, const std::string& what) {
  throw Error(Fault::run, path + ": tensor " + quote(tensor.name) + ": " + what);
}

const GgufTensorType& type_of(const std::string& path, const PlannedTensor& tensor) {
  for (const GgufTensorType& type : gguf_tensor_types()) {
    if (type.format == tensor.format) return type;
  }
  fail(path, tensor, "GGUF has no type for format " + quote(tensor.format));
}

uint64_t bytes_of(const std::string& path, const PlannedTensor& tensor, const GgufTensorType& type) {
  uint64_t elements = 1;
  for (const int64_t dim : tensor.shape) {
    const auto product = checked_mul(elements, static_cast<uint64_t>(dim));
    if (dim <= 0 || !product) fail(path, tensor, "its shape has no element, or too many");
    elements = *product;
  }
  if (tensor.shape.empty() || static_cast<uint64_t>(tensor.shape.back()) % type.block_elems != 0)
    fail(path, tensor, "its rows are not whole blocks of " + std::to_string(type.block_elems));
  const auto bytes = checked_mul(elements / type.block_elems, type.block_bytes);
  if (!bytes) fail(path, tensor, "its size does not fit 64 bits");
  return *bytes;
}

}  // namespace

void GgufPairs::begin(const std::string& key, uint32_t type) {
  ++count_;
  put_string(bytes_, key);
  put(bytes_, type);
}

void GgufPairs::add(const std::string& key, uint32_t value) {
  begin(key, kUint32);
  put(bytes_, value);
}

void GgufPairs::add(const std::string& key, float value) {
  begin(key, kFloat32);
  put(bytes_, value);
}

void GgufPairs::add(const std::string& key, bool value) {
  begin(key, kBool);
  put(bytes_, uint8_t{value});
}

void GgufPairs::add(const std::string& key, const std::string& value) {
  begin(key, kString);
  put_string(bytes_, value);
}

void GgufPairs::add(const std::string& key, const std::vector<std::string>& values) {
  begin(key, kArray);
  put(bytes_, uint32_t{kString});
  put(bytes_, uint64_t{values.size()});
  for (const std::string& value : values) put_string(bytes_, value);
}

void GgufPairs::add(const std::string& key, const std::vector<int32_t>& values) {
  begin(key, kArray);
  put(bytes_, uint32_t{kInt32});
  put(bytes_, uint64_t{values.size()});
  for (const int32_t value : values) put(bytes_, value);
}

void GgufPairs::add_raw(const std::string& key, std::span<const std::byte> value) {
  ++count_;
  put_string(bytes_, key);
  bytes_.append(reinterpret_cast<const char*>(value.data()), value.size());
}

GgufWriter::GgufWriter(const std::string& path, const GgufPairs& pairs,
                       const std::vector<PlannedTensor>& tensors)
    : path_(path), file_(path) {
  std::string header = "GGUF";
  put(header, uint32_t{3});
  put(header, uint64_t{tensors.size()});
  put(header, pairs.count());
  header += pairs.bytes();
  uint64_t offset = 0;
  for (const PlannedTensor& tensor : tensors) {
    check_tensor_name(path, tensor.name);
    const GgufTensorType& type = type_of(path, tensor);
    const uint64_t bytes = bytes_of(path, tensor, type);
    put_string(header, tensor.name);
    put(header, static_cast<uint32_t>(tensor.shape.size()));
    for (size_t i = tensor.shape.size(); i-- > 0;) put(header, static_cast<uint64_t>(tensor.shape[i]));
    put(header, type.id);
    put(header, offset);
    places_.push_back({offset, bytes});
    bytes_ += bytes;
    offset = aligned(offset + bytes);
  }
  missing_ = bytes_;
  header.resize(aligned(header.size()), '\0');
  for (Place& place : places_) place.begin += header.size();
  file_.write(std::as_bytes(std::span(header)));
  // The last tensor is padded as well: some readers expect whole alignment units.
  const std::byte zero{0};
  if (offset > 0) file_.write_at(header.size() + offset - 1, {&zero, 1});
}

void GgufWriter::write(size_t index, uint64_t offset, std::span<const std::byte> bytes) {
  const Place& place = places_.at(index);
  if (offset > place.bytes || bytes.size() > place.bytes - offset || bytes.size() > missing_)
    throw Error(Fault::run, path_ + ": more bytes than its tensors have");
  file_.write_at(place.begin + offset, bytes);
  missing_ -= bytes.size();
}

void GgufWriter::commit() {
  if (missing_ != 0) throw Error(Fault::run, path_ + ": " + std::to_string(missing_) + " bytes are missing");
  file_.commit();
}

}  // namespace clinfer::io
