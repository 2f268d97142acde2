#include "quant/format.h"
#include "quant/fp8_e4m3_128x128.h"
#include "quant/mxint8.h"
#include "quant/plain.h"
#include "quant/q4_0.h"
#include "quant/q4_1.h"
#include "quant/q8_0.h"

namespace clinfer::quant {
namespace {

// A format is a header and source of its own, and one entry here.
constexpr Format kFormats[] = {
    kF32, kF16, kBf16, kFp8E4m3Block128, kMxint8, kQ8_0, kQ4_1, kQ4_0,
};

}  // namespace

std::span<const Format> formats() {
  return kFormats;
}

}  // namespace clinfer::quant
