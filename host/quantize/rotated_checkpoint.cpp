#include "host/quantize/rotated_checkpoint.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/io/mapped_file.h"
#include "host/io/quote.h"
#include "host/io/safetensors_writer.h"
#include "host/quantize/bands.h"
#include "host/quantize/folder_files.h"
#include "quant/error.h"

namespace clinfer::quantize {
namespace {

using graph::TensorChange;

constexpr int64_t kBandElements = int64_t{1} << 22;

/// A tensor to write and what it is made of.
struct Item {
  std::string name;
  const io::Tensor* source;
  const TensorChange* change;  ///< nullptr: copied
};

[[noreturn]] void fail(const io::Tensor& tensor, const std::string& what) {
  throw Error(Fault::model, "tensor " + io::quote(tensor.name) + " " + what);
}

const io::Tensor& require(const io::Checkpoint& checkpoint, const std::string& name) {
  if (const io::Tensor* tensor = checkpoint.find(name)) return *tensor;
  throw Error(Fault::model, "tensor " + io::quote(name) + " is missing, which is to be rotated");
}

/// The sizes of a tensor as matrices [rows, cols]; a vector is a column of outputs, or one row of a norm.
struct Shape {
  int64_t matrices, rows, cols;
};

Shape shape_of(const io::Tensor& tensor) {
  const auto& s = tensor.shape;
  if (s.size() == 1) return {1, s[0], 1};
  if (s.size() == 2) return {1, s[0], s[1]};
  if (s.size() == 3) return {s[0], s[1], s[2]};
  fail(tensor, "has " + std::to_string(s.size()) + " dimensions, expected 1 to 3 to be rotated");
}

void check(const io::Tensor& tensor, const TensorChange& change) {
  if (tensor.format != "f32" && tensor.format != "f16" && tensor.format != "bf16")
    fail(tensor, "is stored as " + tensor.format + ", expected f32, f16 or bf16 to be rotated");
  const Shape shape = shape_of(tensor);
  const bool rows_fit = !change.rows || shape.rows % change.rows->stride == 0;
  const bool cols_fit = !change.columns || shape.cols % change.columns->stride == 0;
  if (!rows_fit || !cols_fit) fail(tensor, "does not have the shape that the configuration implies");
}

std::vector<float> vector_of(const io::Tensor& tensor) {
  check(tensor, {});
  const auto count = static_cast<int64_t>(tensor.shape.empty() ? 0 : tensor.shape.back());
  std::vector<float> values(static_cast<size_t>(count));
  rows_of(tensor, count)(0, 1, values.data());
  return values;
}

void change_columns(const TensorChange& change, const std::vector<float>& norm, float* values, int64_t rows,
                    int64_t cols) {
  for (int64_t r = 0; r < rows; ++r) {
    float* row = values + r * cols;
    for (size_t c = 0; c < norm.size(); ++c) row[c] *= norm[c];
    if (change.columns) quant::rotate_row(*change.columns, row, cols);
  }
}

class Writer {
 public:
  Writer(const io::Checkpoint& checkpoint, const std::string& path, const std::vector<Item>& items,
         const std::string& format, const std::function<void(uint64_t)>& read)
      : checkpoint_(checkpoint),
        format_(*quant::find_format(format)),
        writer_(path, planned(items, format), {{"format", "pt"}}),
        read_(read) {}

  static std::vector<io::PlannedTensor> planned(const std::vector<Item>& items, const std::string& format) {
    std::vector<io::PlannedTensor> list;
    for (const Item& item : items)
      list.push_back({item.name, item.change != nullptr ? format : item.source->format, item.source->shape});
    return list;
  }

  void copy(size_t index, const io::Tensor& tensor) {
    constexpr size_t kPiece = size_t{1} << 24;
    std::vector<std::byte> piece;
    for (size_t at = 0; at < tensor.bytes.size(); at += piece.size()) {
      piece.resize(std::min(kPiece, tensor.bytes.size() - at));
      io::copy_guarded(piece, tensor.bytes.subspan(at, piece.size()));
      writer_.write(index, at, piece);
    }
    done(tensor);
  }

  void change(size_t index, const io::Tensor& tensor, const TensorChange& change) {
    const Shape shape = shape_of(tensor);
    if (change.ones) {
      write(index, 0, std::vector<float>(static_cast<size_t>(shape.rows), 1.0f));
      return done(tensor);
    }
    std::vector<float> norm;
    if (!change.norm.empty()) norm = vector_of(require(checkpoint_, change.norm));
    if (!norm.empty() && static_cast<int64_t>(norm.size()) != shape.cols)
      fail(tensor, "has other columns than " + change.norm);
    const RowSource rows = rows_of(tensor, shape.cols);
    const int64_t band = std::max<int64_t>(1, kBandElements / std::max<int64_t>(1, shape.cols));
    const int64_t all = shape.matrices * shape.rows;
    const int64_t step = change.rows ? shape.rows : std::min(band, all);
    std::vector<float> values;
    for (int64_t first = 0; first < all; first += step) {
      const int64_t count = std::min(step, all - first);
      values.resize(static_cast<size_t>(count * shape.cols));
      rows(first, count, values.data());
      change_columns(change, norm, values.data(), count, shape.cols);
      if (change.rows) quant::rotate_rows(*change.rows, values.data(), count, shape.cols);
      write(index, first * shape.cols, values);
    }
    done(tensor);
  }

  void commit() { writer_.commit(); }

 private:
  void write(size_t index, int64_t first_element, const std::vector<float>& values) {
    const auto count = static_cast<int64_t>(values.size());
    std::vector<uint8_t> bytes(static_cast<size_t>(quant::code_bytes(format_, 1, count)));
    format_.encode(values.data(), 1, count, bytes.data(), nullptr);
    writer_.write(index, static_cast<uint64_t>(quant::code_bytes(format_, 1, first_element)),
                  std::as_bytes(std::span(bytes)));
  }

  void done(const io::Tensor& tensor) {
    checkpoint_.release(tensor);
    read_(tensor.bytes.size());
  }

  const io::Checkpoint& checkpoint_;
  const quant::Format& format_;
  io::SafetensorsWriter writer_;
  const std::function<void(uint64_t)>& read_;
};

std::vector<Item> items_of(const io::Checkpoint& checkpoint, const RotationPlan& plan) {
  std::vector<Item> items;
  for (const auto& [name, change] : plan.rotations.tensors) check(require(checkpoint, name), change);
  for (const io::Tensor& tensor : checkpoint.tensors()) {
    if (plan.left_out.contains(tensor.name)) continue;
    const auto found = plan.rotations.tensors.find(tensor.name);
    items.push_back({tensor.name, &tensor, found == plan.rotations.tensors.end() ? nullptr : &found->second});
  }
  for (const graph::UntiedTensor& untied : plan.rotations.untied) {
    // A copy of a tied matrix that a file has besides gives way.
    std::erase_if(items, [&](const Item& item) { return item.name == untied.name; });
    const io::Tensor& source = require(checkpoint, untied.source);
    check(source, untied.change);
    items.push_back({untied.name, &source, &untied.change});
  }
  return items;
}

void write_rotated_config(const std::string& from, const std::string& to, const RotationPlan& plan) {
  const std::string path = from + "/config.json";
  std::ifstream file(path, std::ios::binary);
  nlohmann::ordered_json config = nlohmann::ordered_json::parse(file, nullptr, false);
  if (!config.is_object()) throw Error(Fault::model, path + ": expected a JSON object");
  if (!plan.rotations.untied.empty()) config["tie_word_embeddings"] = false;
  if (!plan.left_out.empty()) config["num_nextn_predict_layers"] = 0;
  write_json(to + "/config.json", config);
}

}  // namespace

RotationSummary write_rotated_checkpoint(const io::Checkpoint& checkpoint, const std::string& folder,
                                         const RotationPlan& plan, const std::string& out,
                                         const std::function<void(int64_t, int64_t)>& progress) {
  const std::vector<Item> items = items_of(checkpoint, plan);
  RotationSummary summary;
  summary.left_out = static_cast<int64_t>(plan.left_out.size());
  int64_t total = 0;
  int64_t done = 0;
  for (const Item& item : items) total += static_cast<int64_t>(item.source->bytes.size());
  const std::function<void(uint64_t)> read = [&](uint64_t bytes) {
    progress(done += static_cast<int64_t>(bytes), total);
  };
  const std::string path = out + "/model.safetensors";
  Writer writer(checkpoint, path, items, plan.format, read);
  for (const io::PlannedTensor& tensor : Writer::planned(items, plan.format))
    summary.bytes += io::tensor_bytes(path, tensor);
  for (size_t i = 0; i < items.size(); ++i) {
    const bool changes = items[i].change != nullptr;
    changes ? writer.change(i, *items[i].source, *items[i].change) : writer.copy(i, *items[i].source);
    ++(changes ? summary.changed : summary.kept);
  }
  writer.commit();
  write_rotated_config(folder, out, plan);
  copy_other_files(folder, out);
  return summary;
}

}  // namespace clinfer::quantize
