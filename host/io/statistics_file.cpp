#include "host/io/statistics_file.h"

#include <algorithm>
#include <cmath>

#include "host/io/mapped_file.h"
#include "host/io/quote.h"
#include "host/io/safetensors_writer.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

constexpr const char* kFormat = "clinfer input statistics 1";
constexpr std::string_view kRows = ".rows";

/// Matrices that a tensor stacks, and their columns.
int64_t matrices_of(const Tensor& tensor) {
  return tensor.shape.size() == 2 ? tensor.shape[0] : 1;
}

int64_t cols_of(const Tensor& tensor) {
  return tensor.shape.back();
}

template <class T>
std::vector<T> elements(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  copy_guarded(std::as_writable_bytes(std::span(values)), bytes);
  return values;
}

}  // namespace

void write_statistics(const std::string& path, const std::map<std::string, std::vector<ColumnSquares>>& all) {
  std::vector<std::vector<float>> means;
  std::vector<std::vector<int64_t>> rows;
  means.reserve(all.size());
  rows.reserve(all.size());
  std::vector<TensorToWrite> tensors;
  for (const auto& [name, matrices] : all) {
    auto& mean = means.emplace_back();
    auto& seen = rows.emplace_back();
    for (const ColumnSquares& squares : matrices) {
      const auto count = static_cast<double>(std::max<int64_t>(1, squares.rows));
      for (const double sum : squares.sums) mean.push_back(static_cast<float>(sum / count));
      seen.push_back(squares.rows);
    }
    const auto count = static_cast<int64_t>(matrices.size());
    const auto cols = static_cast<int64_t>(matrices.front().sums.size());
    const std::vector<int64_t> shape =
        count == 1 ? std::vector<int64_t>{cols} : std::vector<int64_t>{count, cols};
    tensors.push_back({name, "f32", shape, std::as_bytes(std::span(mean))});
    tensors.push_back({name + std::string(kRows), "i64", {count}, std::as_bytes(std::span(seen))});
  }
  write_safetensors(path, tensors, {{"format", kFormat}});
}

StatisticsFile::StatisticsFile(const std::string& path) : path_(path), file_(path) {
  const auto format = file_.metadata().find("format");
  if (format == file_.metadata().end() || format->second != kFormat)
    throw Error(Fault::model, path + ": expected a file that `clinfer eval --statistics` wrote");
  for (const Tensor& tensor : file_.tensors()) {
    if (tensor.name.ends_with(kRows)) continue;
    check(tensor);
    for (int64_t m = 0; m < matrices_of(tensor); ++m) unseen_ += rows_of(tensor.name, m) == 0;
  }
}

void StatisticsFile::check(const Tensor& tensor) const {
  const auto fail = [&](const std::string& what) {
    throw Error(Fault::model, path_ + ": tensor " + quote(tensor.name) + " " + what);
  };
  const bool is_matrix = tensor.shape.size() == 1 || tensor.shape.size() == 2;
  if (tensor.format != "f32" || !is_matrix) fail("is not f32 [cols] or [matrices, cols]");
  const Tensor* rows = file_.find(tensor.name + std::string(kRows));
  if (rows == nullptr || rows->format != "i64" || rows->shape.size() != 1 ||
      rows->shape[0] != matrices_of(tensor))
    fail("has no i64 " + std::string(kRows) + " for each of its matrices");
  for (const float mean : elements<float>(tensor.bytes)) {
    if (!(mean >= 0.0f && std::isfinite(mean))) fail("holds a mean square that is negative or not finite");
  }
}

int64_t StatisticsFile::rows_of(const std::string& tensor, int64_t matrix) const {
  return elements<int64_t>(file_.find(tensor + std::string(kRows))->bytes).at(static_cast<size_t>(matrix));
}

int64_t StatisticsFile::matrices(const std::string& tensor) const {
  const Tensor* found = tensor.ends_with(kRows) ? nullptr : file_.find(tensor);
  return found == nullptr ? 0 : matrices_of(*found);
}

std::vector<float> StatisticsFile::find(const std::string& tensor, int64_t matrix) const {
  if (matrix >= matrices(tensor) || rows_of(tensor, matrix) == 0) return {};
  const Tensor* found = file_.find(tensor);
  const auto bytes = static_cast<size_t>(cols_of(*found)) * sizeof(float);
  return elements<float>(found->bytes.subspan(static_cast<size_t>(matrix) * bytes, bytes));
}

}  // namespace clinfer::io
