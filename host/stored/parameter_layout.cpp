#include <cstring>

#include "host/stored/layout.h"

namespace clinfer::stored {
namespace {

/// Each of `matrices` matrices [rows, cols] of `element_bytes` an element, turned round.
std::vector<uint8_t> transposed(const uint8_t* from, int64_t matrices, int64_t rows, int64_t cols,
                                int64_t element_bytes) {
  std::vector<uint8_t> to(static_cast<size_t>(matrices * rows * cols * element_bytes));
  uint8_t* at = to.data();
  for (int64_t m = 0; m < matrices; ++m) {
    const uint8_t* matrix = from + m * rows * cols * element_bytes;
    for (int64_t c = 0; c < cols; ++c) {
      for (int64_t r = 0; r < rows; ++r, at += element_bytes)
        std::memcpy(at, matrix + (r * cols + c) * element_bytes, static_cast<size_t>(element_bytes));
    }
  }
  return to;
}

}  // namespace

/// All experts' matrices as one parameter X [experts, in, out] of floats (gpt-oss, Llama 4): the weight
/// X.weight is a stack of [out, in].
std::optional<Located> parameter_layout(const TensorGroup& group) {
  const io::Tensor* parameter = group.module("");
  const quant::Format* format = parameter == nullptr ? nullptr : quant::find_format(parameter->format);
  if (format == nullptr || format->scale_type != quant::ScaleType::none || format->group_elems != 1 ||
      parameter->shape.size() != 3)
    return std::nullopt;
  require_elements(group, *parameter);
  Located located{matrix_like(*parameter, parameter->format.c_str())};
  StoredMatrix& m = located.matrix;
  const int64_t in = parameter->shape[1];
  m.cols = in;
  m.rows = m.matrices * parameter->shape[2];
  located.fill = [in, out = parameter->shape[2], experts = m.matrices](StoredMatrix& to) {
    const int64_t element_bytes = quant::code_bytes(*to.format, 1, 1);
    own_codes(to, transposed(to.codes, experts, in, out, element_bytes));
  };
  return located;
}

}  // namespace clinfer::stored
