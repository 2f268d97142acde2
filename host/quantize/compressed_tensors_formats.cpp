#include "host/quantize/compressed_tensors_formats.h"

#include "host/stored/nvfp4_multiplier.h"
#include "quant/bytes.h"
#include "quant/scale_layout.h"

namespace clinfer::quantize {
namespace {

// compressed-tensors 0.20: compressors/*/base.py and quantization/quant_scheme.py.
constexpr CompressedFormat kFormats[] = {
    {"fp8_e4m3_tensor", "float-quantized", 8, "float", "tensor", 0},
    {"fp8_e4m3_row", "float-quantized", 8, "float", "channel", 0},
    {"fp8_e4m3_128x128", "float-quantized", 8, "float", "block", 0},
    {"mxfp8_e4m3", "mxfp8-quantized", 8, "float", "group", 32, "torch.uint8"},
    {"mxfp6_e2m3", "mxfp6-pack-quantized", 6, "float", "group", 32, "torch.uint8"},
    {"mxfp4", "mxfp4-pack-quantized", 4, "float", "group", 32, "torch.uint8"},
    {"nvfp4", "nvfp4-pack-quantized", 4, "float", "tensor_group", 16, "torch.float8_e4m3fn"},
    {"int8_row", "int-quantized", 8, "int", "channel", 0},
    {"int8_g32", "pack-quantized", 8, "int", "group", 32},
    {"int8_g128", "pack-quantized", 8, "int", "group", 128},
    {"int4_g128", "pack-quantized", 4, "int", "group", 128},
    {"int4_g128_asym", "pack-quantized", 4, "int", "group", 128},
};

bool is_packed(const CompressedFormat& f) {
  return f.compression == "pack-quantized";
}

/// Codes as bytes, scales as the format has them: FP8, int8, MX. Of a scale that all rows share the first is
/// written.
class ByteWriter final : public ItemWriter {
 public:
  explicit ByteWriter(bool one_scale) : one_scale_(one_scale) {}

  void write(const Band& band, const PartSink& sink) override {
    sink(0, codes_, std::as_bytes(band.codes));
    codes_ += band.codes.size();
    if (one_scale_ && scales_ > 0) return;
    sink(1, scales_, std::as_bytes(band.scales));
    scales_ += band.scales.size();
  }

 private:
  bool one_scale_;
  uint64_t codes_ = 0;
  uint64_t scales_ = 0;
};

/// NVFP4: scale rows without the tensor scale in front, which becomes weight_global_scale.
class Nvfp4Writer final : public ItemWriter {
 public:
  Nvfp4Writer(const quant::Format& format, int64_t cols) : format_(format), cols_(cols) {}

  void write(const Band& band, const PartSink& sink) override {
    sink(0, codes_, std::as_bytes(band.codes));
    codes_ += band.codes.size();
    const quant::SplitScales split = quant::split_scales(format_, band.rows, cols_, band.scales);
    sink(1, scales_, std::as_bytes(std::span(split.scales)));
    scales_ += split.scales.size();
    if (global_written_ || !split.tensor_scale) return;
    const float reciprocal = stored::reciprocal_of(*split.tensor_scale);
    sink(2, 0, std::as_bytes(std::span(&reciprocal, 1)));
    global_written_ = true;
  }

 private:
  const quant::Format& format_;
  int64_t cols_;
  uint64_t codes_ = 0;
  uint64_t scales_ = 0;
  bool global_written_ = false;
};

/// Integers in 32-bit words, unsigned; zero points in words along the rows, written at the end.
class PackWriter final : public ItemWriter {
 public:
  PackWriter(const quant::Format& format, int bits, int64_t rows, int64_t cols)
      : format_(format), bits_(bits), rows_(rows), cols_(cols) {}

  void write(const Band& band, const PartSink& sink) override {
    std::vector<uint8_t> words(band.codes.begin(), band.codes.end());
    if (bits_ == 8) {
      for (uint8_t& code : words) code ^= 0x80;  // q + 128
    }
    sink(0, codes_, std::as_bytes(std::span(words)));
    codes_ += words.size();
    const quant::SplitScales split = quant::split_scales(format_, band.rows, cols_, band.scales);
    sink(1, scales_, std::as_bytes(std::span(split.scales)));
    scales_ += split.scales.size();
    zeros_.insert(zeros_.end(), split.zeros.begin(), split.zeros.end());
  }

  void finish(const PartSink& sink) override {
    const int64_t shape[] = {rows_, cols_};
    sink(2, 0, std::as_bytes(std::span(shape)));
    if (!format_.zeros) return;
    const int64_t groups = static_cast<int64_t>(zeros_.size()) / rows_;
    std::vector<uint32_t> words(static_cast<size_t>(quant::ceil_div(rows_, 8) * groups));
    for (int64_t i = 0; i < rows_ * groups; ++i) {
      const int64_t row = i / groups;
      words[static_cast<size_t>(row / 8 * groups + i % groups)] |= uint32_t{zeros_[static_cast<size_t>(i)]}
                                                                   << (4 * (row % 8));
    }
    sink(3, 0, std::as_bytes(std::span(words)));
  }

 private:
  const quant::Format& format_;
  int bits_;
  int64_t rows_, cols_;
  uint64_t codes_ = 0;
  uint64_t scales_ = 0;
  std::vector<uint8_t> zeros_;
};

std::vector<int64_t> scale_shape(const CompressedFormat& f, int64_t rows, int64_t cols) {
  if (f.strategy == "tensor") return {1};
  if (f.strategy == "channel") return {rows, 1};
  if (f.strategy == "block") return {quant::ceil_div(rows, 128), quant::ceil_div(cols, 128)};
  return {rows, cols / f.group};
}

}  // namespace

std::span<const CompressedFormat> compressed_formats() {
  return kFormats;
}

const CompressedFormat* find_compressed_format(std::string_view format) {
  for (const CompressedFormat& entry : kFormats) {
    if (entry.format == format) return &entry;
  }
  return nullptr;
}

nlohmann::ordered_json weights_scheme(const CompressedFormat& f) {
  nlohmann::ordered_json scheme = {{"num_bits", f.bits},
                                   {"type", f.type},
                                   {"strategy", f.strategy},
                                   {"symmetric", !quant::find_format(f.format)->zeros},
                                   {"dynamic", false}};
  if (f.group != 0) scheme["group_size"] = f.group;
  if (f.strategy == "block") scheme["block_structure"] = {128, 128};
  if (!f.scale_dtype.empty()) scheme["scale_dtype"] = f.scale_dtype;
  return scheme;
}

std::vector<io::PlannedTensor> compressed_tensors(const CompressedFormat& f, const Item& item) {
  const int64_t rows = item.shape.rows;
  const int64_t cols = item.shape.cols;
  const std::string base = module_of(item.name) + ".weight";
  const std::vector<int64_t> scales = scale_shape(f, rows, cols);
  const bool by_bytes = f.bits == 8 && !is_packed(f);
  std::vector<io::PlannedTensor> tensors;
  if (by_bytes) {
    tensors.push_back({base, f.type == "int" ? "i8" : "f8_e4m3", {rows, cols}});
  } else if (is_packed(f)) {
    tensors.push_back({base + "_packed", "i32", {rows, cols * f.bits / 32}});
  } else {
    tensors.push_back({base + "_packed", "u8", {rows, cols * f.bits / 8}});
  }
  const bool e8m0 = f.scale_dtype == "torch.uint8";
  tensors.push_back({base + "_scale", e8m0 ? "u8" : f.format == "nvfp4" ? "f8_e4m3" : "f32", scales});
  if (f.format == "nvfp4") tensors.push_back({base + "_global_scale", "f32", {1}});
  if (is_packed(f)) tensors.push_back({base + "_shape", "i64", {2}});
  if (quant::find_format(f.format)->zeros)
    tensors.push_back({base + "_zero_point", "i32", {quant::ceil_div(rows, 8), scales[1]}});
  return tensors;
}

std::unique_ptr<ItemWriter> compressed_writer(const CompressedFormat& f, const Item& item) {
  const quant::Format& format = *quant::find_format(f.format);
  if (is_packed(f)) return std::make_unique<PackWriter>(format, f.bits, item.shape.rows, item.shape.cols);
  if (f.format == "nvfp4") return std::make_unique<Nvfp4Writer>(format, item.shape.cols);
  return std::make_unique<ByteWriter>(f.strategy == "tensor");
}

}  // namespace clinfer::quantize
