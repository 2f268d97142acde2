#include "quant/format.h"
#include "quant/fp8_e4m3_128x128.h"
#include "quant/fp8_e4m3_1x128.h"
#include "quant/fp8_e4m3_row.h"
#include "quant/fp8_e4m3_tensor.h"
#include "quant/fp8_e5m2_row.h"
#include "quant/fp8_e5m2_tensor.h"
#include "quant/gguf_mxfp4.h"
#include "quant/int4_g128.h"
#include "quant/int4_g128_asym.h"
#include "quant/int8_g128.h"
#include "quant/int8_g32.h"
#include "quant/int8_row.h"
#include "quant/iq4_nl.h"
#include "quant/mxfp4.h"
#include "quant/mxfp6_e2m3.h"
#include "quant/mxfp6_e3m2.h"
#include "quant/mxfp8_e4m3.h"
#include "quant/mxfp8_e5m2.h"
#include "quant/mxint8.h"
#include "quant/nvfp4.h"
#include "quant/plain.h"
#include "quant/q4_0.h"
#include "quant/q4_1.h"
#include "quant/q4_k.h"
#include "quant/q5_0.h"
#include "quant/q5_1.h"
#include "quant/q5_k.h"
#include "quant/q6_k.h"
#include "quant/q8_0.h"

namespace clinfer::quant {
namespace {

// A format is a header (and source) of its own, and one line here.
// clang-format off
constexpr Format kFormats[] = {
    kF32,
    kF16,
    kBf16,
    kFp8E4m3Tensor,
    kFp8E4m3Row,
    kFp8E4m3Block128,
    kFp8E4m3Row128,
    kFp8E5m2Tensor,
    kFp8E5m2Row,
    kMxint8,
    kMxfp8E4m3,
    kMxfp8E5m2,
    kMxfp6E2m3,
    kMxfp6E3m2,
    kMxfp4,
    kNvfp4,
    kInt8Row,
    kInt8Group32,
    kInt8Group128,
    kInt4Group128,
    kInt4Group128Asym,
    kQ8_0,
    kQ4_0,
    kQ4_1,
    kQ5_0,
    kQ5_1,
    kQ4K,
    kQ5K,
    kQ6K,
    kIq4Nl,
    kGgufMxfp4,
};
// clang-format on

}  // namespace

std::span<const Format> formats() {
  return kFormats;
}

std::vector<std::reference_wrapper<const Format>> device_formats() {
  std::vector<std::reference_wrapper<const Format>> result;
  for (const Format& format : kFormats) {
    if (format.on_device) result.emplace_back(format);
  }
  return result;
}

}  // namespace clinfer::quant
