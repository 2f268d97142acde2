#include "host/quantize/codec.h"

#include <stdexcept>

#include "host/io/quote.h"
#include "host/io/safetensors.h"
#include "host/io/safetensors_writer.h"
#include "host/quantize/bands.h"
#include "quant/error.h"
#include "quant/scale_layout.h"

namespace clinfer::quantize {
namespace {

/// A tensor of the input and where its parts stand in the list of output tensors; -1 for one that is not
/// there.
struct Job {
  const io::Tensor* tensor;
  int64_t rows;
  int64_t cols;
  int codes = -1;
  int scales = -1;
  int zeros = -1;
  int tensor_scale = -1;
  int dequantized = -1;
};

std::span<const std::byte> bytes_of(const std::vector<uint8_t>& values) {
  return std::as_bytes(std::span(values));
}

/// Bytes of a row of T.codes.
int64_t code_row_bytes(const quant::Format& format, int64_t cols) {
  return format.unpack_row != nullptr ? cols : quant::row_bytes(format, cols);
}

Job job_of(const quant::Format& format, const io::Tensor& tensor, const std::string& file) {
  const auto fail = [&](const std::string& what) {
    throw Error(Fault::model, file + ": tensor " + io::quote(tensor.name) + " " + what);
  };
  if (tensor.format != "f32") fail("is " + tensor.format + ", expected f32");
  const size_t rank = tensor.shape.size();
  if (rank != 1 && rank != 2)
    fail("has " + std::to_string(rank) + " dimensions, expected [rows, cols] or a vector, which is one row");
  const Job job{&tensor, rank == 2 ? tensor.shape[0] : 1, tensor.shape.back()};
  try {
    quant::code_bytes(format, job.rows, job.cols);
    quant::scale_bytes(format, job.rows, job.cols);
  } catch (const std::invalid_argument& error) {
    fail(std::string("cannot be encoded: ") + error.what());
  }
  return job;
}

int add(std::vector<io::PlannedTensor>& list, const Job& job, const char* part, const char* type,
        std::vector<int64_t> shape) {
  list.push_back({job.tensor->name + part, type, std::move(shape)});
  return static_cast<int>(list.size()) - 1;
}

void plan(const quant::Format& format, Job& job, std::vector<io::PlannedTensor>& list) {
  job.codes = add(list, job, ".codes", "u8", {job.rows, code_row_bytes(format, job.cols)});
  job.dequantized = add(list, job, ".dequantized", "f32", {job.rows, job.cols});
  if (format.scale_type == quant::ScaleType::none) return;
  const std::vector<int64_t> blocks = {quant::ceil_div(job.rows, format.block_rows),
                                       quant::scale_row(format, job.cols).blocks};
  const bool wide = format.scale_type == quant::ScaleType::f32;
  job.scales = add(list, job, ".scales", wide ? "f32" : "u8", blocks);
  if (format.zeros) job.zeros = add(list, job, ".zeros", "u8", blocks);
  if (format.tensor_scale && job.rows > 0) job.tensor_scale = add(list, job, ".tensor_scale", "f32", {1});
}

std::vector<float> decode(const quant::Format& format, const Band& band, int64_t cols) {
  std::vector<float> values(static_cast<size_t>(band.rows * cols));
  for (int64_t r = 0; r < band.rows; ++r)
    format.decode_row(band.codes.data(), band.scales.data(), r, cols, values.data() + r * cols);
  return values;
}

void write_scales(const quant::Format& format, const Job& job, const Band& band,
                  io::SafetensorsWriter& writer) {
  const quant::SplitScales split = quant::split_scales(format, band.rows, job.cols, band.scales);
  const int64_t scale_row = band.first / format.block_rows;  // 0 for all bands that share one scale
  const bool repeated = format.block_rows == quant::kWhole && band.first > 0;
  const auto write = [&](int index, const std::vector<uint8_t>& part) {
    if (index < 0 || repeated) return;
    const auto row_bytes = static_cast<int64_t>(part.size()) / split.rows;
    writer.write(static_cast<size_t>(index), static_cast<uint64_t>(scale_row * row_bytes), bytes_of(part));
  };
  write(job.scales, split.scales);
  write(job.zeros, split.zeros);
  if (job.tensor_scale >= 0 && band.first == 0)
    writer.write(static_cast<size_t>(job.tensor_scale), 0, std::as_bytes(std::span(&*split.tensor_scale, 1)));
}

void write_band(const quant::Format& format, const Job& job, const Band& band,
                io::SafetensorsWriter& writer) {
  const auto at = static_cast<uint64_t>(band.first);
  const auto code_row = static_cast<uint64_t>(code_row_bytes(format, job.cols));
  writer.write(static_cast<size_t>(job.codes), at * code_row,
               bytes_of(quant::unpack_codes(format, band.rows, job.cols, band.codes)));
  if (job.scales >= 0) write_scales(format, job, band, writer);
  const std::vector<float> values = decode(format, band, job.cols);
  writer.write(static_cast<size_t>(job.dequantized), at * static_cast<uint64_t>(job.cols) * sizeof(float),
               std::as_bytes(std::span(values)));
}

}  // namespace

void encode_file(const Encoding& encoding, const std::string& in, const std::string& out,
                 const std::function<void(int64_t, int64_t)>& progress, const RowEncoder& encoder) {
  const quant::Format& format = *encoding.format;
  const io::SafetensorsFile file(in);
  std::vector<Job> jobs;
  std::vector<io::PlannedTensor> list;
  int64_t total = 0;
  int64_t done = 0;
  for (const io::Tensor& tensor : file.tensors()) {
    jobs.push_back(job_of(format, tensor, in));
    plan(format, jobs.back(), list);
    total += jobs.back().rows * jobs.back().cols;  // fits: the elements are in the file
  }
  io::SafetensorsWriter writer(out, list, {{"format", std::string(format.name)}});
  for (const Job& job : jobs) {
    const auto write = [&](const Band& band) {
      write_band(format, job, band, writer);
      progress(done += band.rows * job.cols, total);
    };
    encode_in_bands(encoding, job.rows, job.cols, rows_of(*job.tensor, job.cols), write, encoder);
    file.file().release(job.tensor->bytes);
  }
  writer.commit();
}

}  // namespace clinfer::quantize
