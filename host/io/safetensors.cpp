#include "host/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "host/io/checked.h"
#include "host/io/dtype.h"
#include "host/io/quote.h"
#include "host/io/safetensors_header.h"
#include "host/io/tensor_order.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors and GGUF numbers are read in place");

constexpr uint64_t kMaxHeader = 100'000'000;  // the reference implementation's limit
constexpr uint64_t kLengthBytes = 8;

[[noreturn]] void fail(std::string_view path, const std::string& what) {
  throw Error(Fault::model, std::string(path) + ": " + what);
}

/// The header's JSON text.
std::string_view header_text(std::span<const std::byte> file, std::string_view path) {
  if (file.size() < kLengthBytes) fail(path, "too short for safetensors: expected 8 bytes of header length");
  uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  if (length > kMaxHeader || length > file.size() - kLengthBytes || length < 2) {
    fail(path, "header length " + std::to_string(length) + ": expected 2 to " +
                   std::to_string(std::min<uint64_t>(kMaxHeader, file.size() - kLengthBytes)));
  }
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + kLengthBytes, length);
  if (text.front() != '{') fail(path, "expected the header to begin with '{'");
  return text;
}

uint64_t checked_bytes(const SafetensorsEntry& entry, const Dtype& dtype, std::string_view path) {
  uint64_t bytes = dtype.bytes;
  for (const uint64_t dim : entry.shape) {
    const auto product = checked_mul(bytes, dim);
    // A dimension of 0 must not hide one that fits no int64.
    if (!product || dim > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      fail(path, "tensor " + quote(entry.name) + ": its shape has too many elements");
    }
    bytes = *product;
  }
  return bytes;
}

Tensor checked_tensor(const SafetensorsEntry& entry, std::span<const std::byte> file, uint64_t data_begin,
                      std::string_view path) {
  const std::string where = "tensor " + quote(entry.name) + ": ";
  const Dtype* dtype = find_stored_dtype(entry.dtype);
  if (dtype == nullptr) fail(path, where + "unsupported dtype " + quote(entry.dtype));
  const uint64_t begin = entry.data_offsets[0];
  const uint64_t end = entry.data_offsets[1];
  if (begin > end || end > file.size() - data_begin) {
    fail(path, where + "data_offsets [" + std::to_string(begin) + ", " + std::to_string(end) +
                   "]: expected a range inside the file's " + std::to_string(file.size() - data_begin) +
                   " bytes");
  }
  const uint64_t bytes = checked_bytes(entry, *dtype, path);
  if (end - begin != bytes) {
    fail(path, where + "expected " + std::to_string(bytes) + " bytes for its shape and dtype, found " +
                   std::to_string(end - begin));
  }
  Tensor tensor;
  tensor.name = entry.name;
  tensor.stored_name = entry.name;
  tensor.format = dtype->format;
  tensor.shape.assign(entry.shape.begin(), entry.shape.end());
  tensor.offset = data_begin + begin;
  tensor.bytes = file.subspan(tensor.offset, bytes);
  return tensor;
}

/// Every byte behind the header belongs to one tensor.
void check_coverage(std::vector<Tensor>& tensors, uint64_t data_begin, uint64_t file_size,
                    std::string_view path) {
  std::sort(tensors.begin(), tensors.end(), [](const Tensor& a, const Tensor& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.bytes.size() < b.bytes.size();
  });
  uint64_t position = data_begin;
  for (const Tensor& tensor : tensors) {
    if (tensor.offset != position) {
      fail(path, "tensor " + quote(tensor.name) + ": " +
                     (tensor.offset < position ? "overlaps the tensor before it" : "a gap lies before it"));
    }
    position += tensor.bytes.size();
  }
  if (position != file_size) {
    fail(path, std::to_string(file_size - position) + " bytes behind the last tensor belong to none");
  }
}

}  // namespace

std::vector<Tensor> parse_safetensors(std::span<const std::byte> file, std::string_view path,
                                      std::map<std::string, std::string>* metadata) {
  const std::string_view text = header_text(file, path);
  SafetensorsHeader header = parse_safetensors_header(text, path);
  const uint64_t data_begin = kLengthBytes + text.size();
  std::vector<Tensor> tensors;
  tensors.reserve(header.entries.size());
  for (const SafetensorsEntry& entry : header.entries) {
    tensors.push_back(checked_tensor(entry, file, data_begin, path));
  }
  check_coverage(tensors, data_begin, file.size(), path);
  sort_by_name(tensors);
  if (metadata != nullptr) *metadata = std::move(header.metadata);
  return tensors;
}

SafetensorsFile::SafetensorsFile(const std::string& path)
    : file_(path), tensors_(parse_safetensors(file_.bytes(), path, &metadata_)) {}

const Tensor* SafetensorsFile::find(std::string_view name) const {
  return find_by_name(tensors_, name);
}

}  // namespace clinfer::io
