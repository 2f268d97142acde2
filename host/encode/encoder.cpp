#include "host/encode/encoder.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <limits>
#include <stdexcept>

#include "cl_kernels/args/encode_args.h"
#include "quant/error.h"
#include "quant/importance.h"
#include "quant/scale_layout.h"

namespace clinfer::encode {

namespace {

constexpr int64_t kLanes = 64;

/// Work-items of a group: one on CPUs.
int64_t lanes_for(const graph::DeviceInfo& device) {
  return device.is_cpu ? 1 : std::min<int64_t>(kLanes, std::bit_floor(uint64_t(device.max_work_group)));
}

std::string constant(const char* name, int64_t value) {
  return std::string(name) + "=" + std::to_string(value);
}

int32_t narrow(int64_t size, const quant::Format& format) {
  if (size <= std::numeric_limits<int32_t>::max()) return static_cast<int32_t>(size);
  throw Error(Fault::run, std::string(format.name) +
                              ": the device encodes less than 2^31 elements at once, not " +
                              std::to_string(size));
}

/// Whether a scale's elements lie in one row and are few enough for one work-item.
bool is_block_format(const quant::Format& format) {
  return format.block_rows == 1 && format.block_cols != quant::kWhole && format.block_cols > 1;
}

bool has_encoder(const quant::Format& format) {
  return format.block_cols > 1;  // plain types are only copied
}

std::string format_define(const quant::Format& format) {
  std::string define = "FORMAT_" + std::string(format.name);
  std::transform(define.begin(), define.end(), define.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return define;
}

cl::ProgramSource program_of(const graph::DeviceInfo& device, const char* stem, const quant::Format& format) {
  std::vector<std::string> defines = {format_define(format),
                                      constant("FP32_DENORMALS", device.probes.fp32_denormals ? 1 : 0)};
  if (is_block_format(format)) {
    const int64_t bytes = format.block_cols / format.group_elems * format.group_bytes;
    defines.push_back(constant("ENCODE_BLOCK_BYTES", bytes));
  }
  defines.push_back(constant("WG_SIZE", lanes_for(device)));
  return {stem, std::string(stem) + ".cl", std::move(defines)};
}

/// The value of the option that the format knows.
int32_t choice_of(const quant::Format& format, const quant::EncodeOptions& chosen) {
  const quant::EncodeOptions usual = quant::parse_encode_options(format.default_options);
  const auto value = [&](auto member) {
    return static_cast<int32_t>((chosen.*member ? chosen.*member : usual.*member).value());
  };
  if ((format.options & quant::kScaleMode) != 0) return value(&quant::EncodeOptions::mode);
  if ((format.options & quant::kScaling) != 0) return value(&quant::EncodeOptions::scaling);
  if ((format.options & quant::kIntegerRange) != 0) return value(&quant::EncodeOptions::range);
  if ((format.options & quant::kNvfp4Profile) != 0) return value(&quant::EncodeOptions::profile);
  if ((format.options & quant::kScaleSearch) != 0) return value(&quant::EncodeOptions::search);
  return 0;
}

EncodeArgs args_of(const quant::Format& format, const quant::EncodeOptions& options, int64_t rows,
                   int64_t cols) {
  EncodeArgs args{};
  args.row_bytes = quant::row_bytes(format, cols);
  args.rows = narrow(rows, format);
  args.cols = narrow(cols, format);
  narrow(rows * cols, format);
  if (format.scale_type != quant::ScaleType::none) {
    const quant::ScaleRow row = quant::scale_row(format, cols);
    args.scale_row_bytes = row.bytes;
    args.scales_offset = narrow(row.scales, format);
    args.zeros_offset = narrow(row.zeros, format);
  }
  args.choice = choice_of(format, options);
  args.power_scales = options.storage == quant::ScaleStorage::ue8m0;
  args.inf_saturates = options.inf == quant::InfCast::saturate;
  return args;
}

cl::NdRange range_of(const graph::DeviceInfo& device, const EncodeArgs& args) {
  const int64_t items = int64_t{args.rows} * args.cols / 16 + 1;
  const int64_t lanes = lanes_for(device);
  const int64_t per_unit = device.is_cpu ? 4 : 32;
  const int64_t most = std::max<int64_t>(1, device.compute_units * per_unit);
  const auto groups = static_cast<size_t>(std::clamp<int64_t>(items / lanes, 1, most));
  return {{groups * static_cast<size_t>(lanes)}, {static_cast<size_t>(lanes)}};
}

std::span<const std::byte> bytes_at(const void* data, int64_t bytes) {
  return {static_cast<const std::byte*>(data), static_cast<size_t>(bytes)};
}

cl::ProgramSource first_program(const graph::DeviceInfo& device, const quant::Format& format) {
  std::vector<cl::ProgramSource> programs = encoder_programs(device, format);
  if (programs.empty()) {
    throw Error(Fault::usage,
                "format " + std::string(format.name) + " has no quantiser kernel, expected one with scales");
  }
  return programs.front();
}

}  // namespace

std::vector<cl::ProgramSource> encoder_programs(const graph::DeviceInfo& device,
                                                const quant::Format& format) {
  if (!has_encoder(format)) return {};
  std::vector<cl::ProgramSource> programs;
  programs.push_back(
      program_of(device, is_block_format(format) ? "encode_blocks" : "encode_regions", format));
  if (format.whole_matrix) {
    programs.push_back(program_of(device, "encode_amax", format));
    programs.back().defines.erase(programs.back().defines.begin());  // the same for all formats
  }
  return programs;
}

Encoder::Encoder(const cl::Device& device, cl::ProgramCache& programs, const quant::Format& format)
    : device_(device),
      format_(format),
      kernel_(programs.build(device, first_program(device.info(), format)),
              is_block_format(format) ? "encode_blocks" : "encode_regions") {
  if (!format.whole_matrix) return;
  amax_.emplace(programs.build(device, encoder_programs(device.info(), format).at(1)), "encode_amax");
}

cl::Buffer& Encoder::at_least(cl::Buffer& buffer, int64_t bytes) {
  if (!buffer || buffer.bytes() < bytes) {
    buffer = {};
    buffer = device_.allocate(bytes);
  }
  return buffer;
}

uint32_t Encoder::matrix_amax() {
  device_.fill(at_least(most_, 4), 0, 0, 4);
  amax_->set_all(values_, most_, args_);
  amax_->enqueue(device_, range_of(device_.info(), args_));
  uint32_t most = 0;
  device_.read(most_, std::as_writable_bytes(std::span(&most, 1)));
  return most;
}

void Encoder::enqueue() {
  if (scale_bytes_ > 0) device_.fill(scales_, 0, 0, scale_bytes_);  // padding
  if (format_.whole_matrix && !amax_given_) args_.matrix_amax = static_cast<int32_t>(matrix_amax());
  kernel_.set_all(values_, codes_, scales_, args_);
  kernel_.enqueue(device_, range_of(device_.info(), args_));
}

void Encoder::encode_again() {
  enqueue();
  device_.finish();
}

void Encoder::check(const quant::EncodeOptions& options) const {
  if (options.fit != quant::ScaleFit::mse && options.importance.empty()) return;
  throw Error(Fault::usage, std::string(format_.name) +
                                ": scales of the least error are searched on the host, not on a device");
}

void Encoder::encode(const quant::EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                     uint8_t* codes, uint8_t* scales) {
  quant::encode_with(format_, options, values, 0, cols, codes, scales);  // refuses options
  if (quant::searches(options)) {
    throw std::invalid_argument(std::string(format_.name) +
                                ": scales are searched (mse, an importance) by the host codec only");
  }
  check(options);
  if (rows == 0 || cols == 0) return quant::encode_with(format_, options, values, rows, cols, codes, scales);
  const int64_t code_bytes = quant::code_bytes(format_, rows, cols);
  scale_bytes_ = quant::scale_bytes(format_, rows, cols);
  args_ = args_of(format_, options, rows, cols);
  amax_given_ = options.matrix_amax.has_value();
  if (amax_given_) args_.matrix_amax = std::bit_cast<int32_t>(*options.matrix_amax);
  device_.write(at_least(values_, rows * cols * 4), bytes_at(values, rows * cols * 4));
  at_least(codes_, code_bytes);
  at_least(scales_, std::max<int64_t>(4, scale_bytes_));
  enqueue();
  device_.read(codes_, {reinterpret_cast<std::byte*>(codes), static_cast<size_t>(code_bytes)});
  if (scale_bytes_ > 0)
    device_.read(scales_, {reinterpret_cast<std::byte*>(scales), static_cast<size_t>(scale_bytes_)});
}

}  // namespace clinfer::encode
