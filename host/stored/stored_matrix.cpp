#include "host/stored/stored_matrix.h"

#include "host/stored/layout.h"
#include "host/stored/quantization_config.h"
#include "quant/error.h"

namespace clinfer::stored {
namespace {

std::optional<Located> find(const TensorGroup& group) {
  for (const Layout layout : layouts()) {
    if (std::optional<Located> found = layout(group)) return found;
  }
  return std::nullopt;
}

Located locate(const io::Checkpoint& checkpoint, const std::string& name) {
  const TensorGroup group(checkpoint, name);
  if (std::optional<Located> found = find(group)) return std::move(*found);
  if (const io::Tensor* tensor = group.self())
    group.fail(*tensor, "is " + tensor->format + ", which is not a weight format that can be computed with");
  throw Error(Fault::model, checkpoint.config().file() + ": the model needs tensor " + name +
                                ", which the checkpoint does not have" + method_hint(checkpoint));
}

}  // namespace

StoredMatrix stored_matrix(const io::Checkpoint& checkpoint, const std::string& name) {
  Located located = locate(checkpoint, name);
  if (located.fill) located.fill(located.matrix);
  return std::move(located.matrix);
}

StoredMatrix stored_shape(const io::Checkpoint& checkpoint, const std::string& name) {
  return std::move(locate(checkpoint, name).matrix);
}

std::optional<StoredMatrix> find_shape(const io::Checkpoint& checkpoint, const std::string& name) {
  std::optional<Located> found = find(TensorGroup(checkpoint, name));
  if (!found) return std::nullopt;
  return std::move(found->matrix);
}

OneMatrix matrix_at(const StoredMatrix& m, int64_t row) {
  const int64_t rows = m.rows / m.matrices;
  const int64_t index = row / rows;
  const int64_t scales = quant::scale_bytes(*m.format, rows, m.cols);
  return {m.codes + index * quant::code_bytes(*m.format, rows, m.cols),
          scales == 0 ? nullptr : m.scales + index * scales, row % rows, rows};
}

void decode_rows(const StoredMatrix& m, int64_t first, int64_t count, float* out) {
  for (int64_t r = 0; r < count; ++r) {
    const OneMatrix one = matrix_at(m, first + r);
    m.format->decode_row(one.codes, one.scales, one.row, m.cols, out + r * m.cols);
  }
}

void release(const io::Checkpoint& checkpoint, const StoredMatrix& m) {
  for (const io::Tensor* part : m.parts) checkpoint.release(*part);
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

}  // namespace clinfer::stored
