#include "host/stored/tensor_group.h"

#include <algorithm>

#include "host/stored/stored_matrix.h"
#include "quant/e4m3.h"
#include "quant/e8m0.h"
#include "quant/error.h"

namespace clinfer::stored {
namespace {

constexpr std::string_view kWeight = ".weight";

}  // namespace

const io::Tensor* TensorGroup::in_place(const std::string& part) const {
  if (!name_.ends_with(kWeight)) return nullptr;
  return checkpoint_.find(name_.substr(0, name_.size() - kWeight.size() + 1) + part);
}

const io::Tensor* TensorGroup::module(const std::string& suffix) const {
  if (!name_.ends_with(kWeight)) return nullptr;
  return checkpoint_.find(name_.substr(0, name_.size() - kWeight.size()) + suffix);
}

const io::Tensor& TensorGroup::need(const io::Tensor* found, const io::Tensor& of,
                                    const std::string& what) const {
  if (found != nullptr) return *found;
  fail(of, "is " + of.format + " but has no " + what + " beside it");
}

void TensorGroup::expect(const io::Tensor& tensor, const std::vector<std::string>& formats,
                         const std::vector<int64_t>& shape) const {
  const bool known = std::find(formats.begin(), formats.end(), tensor.format) != formats.end();
  if (known && tensor.shape == shape) return;
  std::string names;
  for (const std::string& format : formats) names += (names.empty() ? "" : " or ") + format;
  fail(tensor, "must be " + names + " " + shape_text(shape) + " for weight " + name_ + ", is " +
                   tensor.format + " " + shape_text(tensor.shape));
}

void TensorGroup::fail(const io::Tensor& tensor, const std::string& what) const {
  throw Error(Fault::model,
              checkpoint_.files()[static_cast<size_t>(tensor.file)] + ": tensor " + tensor.name + " " + what);
}

const uint8_t* data_of(const io::Tensor& tensor) {
  return reinterpret_cast<const uint8_t*>(tensor.bytes.data());
}

int64_t product_of_outer(const std::vector<int64_t>& shape, size_t inner) {
  int64_t product = 1;
  for (size_t i = 0; i + inner < shape.size(); ++i) product *= shape[i];
  return product;
}

std::vector<float> floats_of(const io::Tensor& tensor) {
  const int64_t count = product_of_outer(tensor.shape, 0);
  std::vector<float> floats(static_cast<size_t>(count));
  const uint8_t* bytes = data_of(tensor);
  if (const quant::Format* plain = quant::find_format(tensor.format)) {
    plain->decode_row(bytes, nullptr, 0, count, floats.data());
  } else if (tensor.format == "f8_e4m3") {
    for (size_t i = 0; i < floats.size(); ++i) floats[i] = quant::E4m3::kValues[bytes[i]];
  } else {
    for (size_t i = 0; i < floats.size(); ++i) floats[i] = quant::e8m0_to_f32(bytes[i]);
  }
  return floats;
}

}  // namespace clinfer::stored
