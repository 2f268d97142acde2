#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "host/io/checkpoint.h"

namespace clinfer::stored {

/// The tensors of a checkpoint that may make up one weight.
class TensorGroup {
 public:
  TensorGroup(const io::Checkpoint& checkpoint, std::string name)
      : checkpoint_(checkpoint), name_(std::move(name)) {}

  const io::Checkpoint& checkpoint() const { return checkpoint_; }
  const std::string& name() const { return name_; }
  const io::Tensor* self() const { return checkpoint_.find(name_); }
  /// The tensor of that name behind the weight's own: "X.weight" + "_scale". nullptr when there is none.
  const io::Tensor* behind(const std::string& suffix) const { return checkpoint_.find(name_ + suffix); }
  /// In the weight's place: "X." + "qweight". nullptr for names that do not end in ".weight".
  const io::Tensor* in_place(const std::string& part) const;
  /// As above, "X" + "_blocks".
  const io::Tensor* module(const std::string& suffix) const;
  /// Throws Error(Fault::model) saying that `of` needs it.
  const io::Tensor& need(const io::Tensor* found, const io::Tensor& of, const std::string& what) const;

  /// Throws Error(Fault::model) unless the tensor has one of the formats and the shape.
  void expect(const io::Tensor& tensor, const std::vector<std::string>& formats,
              const std::vector<int64_t>& shape) const;
  /// Throws Error(Fault::model) naming file and tensor.
  [[noreturn]] void fail(const io::Tensor& tensor, const std::string& what) const;

 private:
  const io::Checkpoint& checkpoint_;
  std::string name_;
};

const uint8_t* data_of(const io::Tensor& tensor);

/// The product of all dimensions but the last `inner`; of an empty shape 1.
int64_t product_of_outer(const std::vector<int64_t>& shape, size_t inner);

/// The elements as floats, of f32, f16, bf16, f8_e4m3, and u8 or f8_e8m0 as E8M0 exponents.
std::vector<float> floats_of(const io::Tensor& tensor);

/// The bytes, copied to where they are aligned.
template <class T>
std::vector<T> elements_of(const io::Tensor& tensor) {
  std::vector<T> elements(tensor.bytes.size() / sizeof(T));
  std::copy_n(tensor.bytes.data(), elements.size() * sizeof(T),
              reinterpret_cast<std::byte*>(elements.data()));
  return elements;
}

}  // namespace clinfer::stored
