#include "host/io/safetensors_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "host/io/checked.h"
#include "host/io/dtype.h"
#include "host/io/quote.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& name, const std::string& what) {
  throw Error(Fault::run, path + ": tensor " + quote(name) + ": " + what);
}

/// The length, and the JSON padded with spaces to a multiple of 8 bytes.
std::string header_bytes(const nlohmann::ordered_json& header) {
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

void check_names(const std::string& path, const std::vector<PlannedTensor>& tensors) {
  std::set<std::string_view> names;
  for (const PlannedTensor& tensor : tensors) {
    check_tensor_name(path, tensor.name);
    if (!names.insert(tensor.name).second) fail(path, tensor.name, "given twice");
  }
}

/// Indices of the tensors as they lie in the file: by falling element size.
std::vector<size_t> file_order(const std::vector<PlannedTensor>& tensors) {
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return find_dtype(tensors[a].format)->bytes > find_dtype(tensors[b].format)->bytes;
  });
  return order;
}

}  // namespace

uint64_t tensor_bytes(const std::string& path, const PlannedTensor& tensor) {
  const Dtype* dtype = find_dtype(tensor.format);
  if (dtype == nullptr)
    fail(path, tensor.name, "safetensors has no dtype for format " + quote(tensor.format));
  uint64_t bytes = dtype->bytes;
  for (const int64_t dim : tensor.shape) {
    const auto product = checked_mul(bytes, static_cast<uint64_t>(dim));
    if (dim < 0 || !product) fail(path, tensor.name, "its shape has too many elements");
    bytes = *product;
  }
  return bytes;
}

SafetensorsWriter::SafetensorsWriter(const std::string& path, const std::vector<PlannedTensor>& tensors,
                                     const std::map<std::string, std::string>& metadata)
    : path_(path), places_(tensors.size()), file_(path) {
  check_names(path, tensors);
  for (size_t i = 0; i < tensors.size(); ++i) places_[i].bytes = tensor_bytes(path, tensors[i]);
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  for (const size_t i : file_order(tensors)) {
    const auto end = checked_add(missing_, places_[i].bytes);
    if (!end) fail(path, tensors[i].name, "the file would be too large");
    header[tensors[i].name] = {{"dtype", find_dtype(tensors[i].format)->stored},
                               {"shape", tensors[i].shape},
                               {"data_offsets", {missing_, *end}}};
    places_[i].begin = missing_;
    missing_ = *end;
  }
  const std::string text = header_bytes(header);
  for (Place& place : places_) place.begin += text.size();
  file_.write(std::as_bytes(std::span(text)));
}

void SafetensorsWriter::write(size_t index, uint64_t offset, std::span<const std::byte> bytes) {
  const Place& place = places_.at(index);
  if (offset > place.bytes || bytes.size() > place.bytes - offset || bytes.size() > missing_)
    throw Error(Fault::run, path_ + ": more bytes than its tensors have");
  file_.write_at(place.begin + offset, bytes);
  missing_ -= bytes.size();
}

void SafetensorsWriter::commit() {
  if (missing_ != 0) throw Error(Fault::run, path_ + ": " + std::to_string(missing_) + " bytes are missing");
  file_.commit();
}

void write_safetensors(const std::string& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<PlannedTensor> planned;
  for (const TensorToWrite& tensor : tensors) {
    planned.push_back({tensor.name, tensor.format, tensor.shape});
    const uint64_t bytes = tensor_bytes(path, planned.back());
    if (bytes == tensor.bytes.size()) continue;
    fail(path, tensor.name,
         "expected " + std::to_string(bytes) + " bytes, found " + std::to_string(tensor.bytes.size()));
  }
  SafetensorsWriter writer(path, planned, metadata);
  for (size_t i = 0; i < tensors.size(); ++i) writer.write(i, 0, tensors[i].bytes);
  writer.commit();
}

}  // namespace clinfer::io
