#include "host/io/safetensors_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "host/io/atomic_file.h"
#include "host/io/checked.h"
#include "host/io/dtype.h"
#include "host/io/quote.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

[[noreturn]] void fail(const std::string& path, const TensorToWrite& tensor, const std::string& what) {
  throw Error(Fault::run, path + ": tensor " + quote(tensor.name) + ": " + what);
}

const Dtype& checked_dtype(const std::string& path, const TensorToWrite& tensor) {
  const Dtype* dtype = find_dtype(tensor.format);
  if (dtype == nullptr) fail(path, tensor, "safetensors has no dtype for format " + quote(tensor.format));
  uint64_t bytes = dtype->bytes;
  for (const int64_t dim : tensor.shape) {
    const auto product = checked_mul(bytes, static_cast<uint64_t>(dim));
    if (dim < 0 || !product) fail(path, tensor, "its shape has too many elements");
    bytes = *product;
  }
  if (bytes != tensor.bytes.size()) {
    fail(path, tensor,
         "expected " + std::to_string(bytes) + " bytes, found " + std::to_string(tensor.bytes.size()));
  }
  return *dtype;
}

/// The length, and the JSON padded with spaces to a multiple of 8 bytes.
std::string header_bytes(const nlohmann::ordered_json& header) {
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

}  // namespace

void write_safetensors(const std::string& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<const TensorToWrite*> order;
  std::set<std::string_view> names;
  for (const TensorToWrite& tensor : tensors) {
    checked_dtype(path, tensor);
    check_tensor_name(path, tensor.name);
    if (!names.insert(tensor.name).second) fail(path, tensor, "given twice");
    order.push_back(&tensor);
  }
  std::stable_sort(order.begin(), order.end(), [](const TensorToWrite* a, const TensorToWrite* b) {
    return find_dtype(a->format)->bytes > find_dtype(b->format)->bytes;
  });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t position = 0;
  for (const TensorToWrite* tensor : order) {
    const uint64_t end = position + tensor->bytes.size();
    header[tensor->name] = {{"dtype", find_dtype(tensor->format)->stored},
                            {"shape", tensor->shape},
                            {"data_offsets", {position, end}}};
    position = end;
  }
  AtomicFile file(path);
  const std::string text = header_bytes(header);
  file.write(std::as_bytes(std::span(text)));
  for (const TensorToWrite* tensor : order) file.write(tensor->bytes);
  file.commit();
}

}  // namespace clinfer::io
