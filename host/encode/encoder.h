#pragma once

#include <optional>
#include <vector>

#include "cl_kernels/args/encode_args.h"
#include "host/cl/kernel.h"
#include "host/cl/program_cache.h"
#include "quant/format.h"

namespace clinfer::encode {

/// Encodes matrices in one format on a device, to the bits of quant::encode_with. Keeps buffers for the
/// largest matrix so far.
class Encoder {
 public:
  /// Builds the format's kernels. Throws Error(Fault::usage) naming the format when there are none, and as
  /// cl::ProgramCache::build does.
  Encoder(const cl::Device& device, cl::ProgramCache& programs, const quant::Format& format);

  /// Throws Error(Fault::usage) for options that only the host encodes by: `mse` and an importance.
  void check(const quant::EncodeOptions& options) const;

  /// As quant::encode_with, its std::invalid_argument included, and check(). Throws Error(Fault::run) when
  /// the matrix has 2^31 elements or more, and what the driver makes of it.
  void encode(const quant::EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
              uint8_t* codes, uint8_t* scales);

  /// The last matrix once more, from device memory to device memory, and waits: what a benchmark measures.
  void encode_again();

 private:
  void enqueue();
  cl::Buffer& at_least(cl::Buffer& buffer, int64_t bytes);
  uint32_t matrix_amax();

  cl::Device device_;
  const quant::Format& format_;
  cl::Kernel kernel_;
  std::optional<cl::Kernel> amax_;  ///< where the scale is the matrix's
  cl::Buffer values_, codes_, scales_, most_;
  EncodeArgs args_{};  ///< of the last matrix
  int64_t scale_bytes_ = 0;
  bool amax_given_ = false;
};

/// The programs of the format: its encoder first, then that of the matrix's largest magnitude where it needs
/// one; none when the format has no kernel.
std::vector<cl::ProgramSource> encoder_programs(const graph::DeviceInfo& device, const quant::Format& format);

}  // namespace clinfer::encode
