#include "host/kernels/rounded.h"

#include <algorithm>

#include "host/kernels/matmul.h"
#include "host/kernels/ops.h"
#include "host/kernels/program.h"

namespace clinfer::kernels {

namespace {

Support supports_rounding(const OpContext& context) {
  if (context.output(0).type.format.empty()) return Support::no("for results in a format of activations");
  return Support::yes();
}

}  // namespace

Support supports_runs(const OpContext& context) {
  const Support rounding = supports_rounding(context);
  if (!rounding.ok) return rounding;
  if (!one_item_workers(context.device)) return Support::no("for devices where a work-item is a worker");
  if (context.output(0).type.format == "bf16") return Support::no("for codes with scales");
  return Support::yes();
}

Support supports_warps(const OpContext& context, int64_t cols) {
  const Support rounding = supports_rounding(context);
  if (!rounding.ok) return rounding;
  if (!context.device.probes.ptx_e4m3) return Support::no("the device does not convert E4M3");
  if (context.output(0).type.format != "fp8_e4m3_1x128") return Support::no("for fp8_e4m3_1x128");
  if (cols % 128 != 0) return Support::no("its columns are no multiple of 128");
  return Support::yes();
}

std::vector<std::string> rounded_defines(const OpContext& context, bool records) {
  std::vector<std::string> defines = {constant("ROUNDED", records)};
  if (!records) return defines;
  const graph::Type& type = context.output(0).type;
  for (std::string& define : activation_defines(type)) defines.push_back(std::move(define));
  defines.push_back(format_definition(type.format));
  defines.push_back(constant("FP32_DENORMALS", context.device.probes.fp32_denormals ? 1 : 0));
  if (!one_item_workers(context.device)) defines.push_back(constant("PTX_ASM", 1));
  return defines;
}

Prepared then_rounded(const OpContext& context, Launch plain, const BufferRef& values) {
  const auto variants = quantize_variants();
  const auto chosen =
      std::ranges::find_if(variants, [&](const Variant& variant) { return variant.supports(context).ok; });
  Prepared prepared = chosen->prepare(context);
  prepared.launches.front().buffers = {values, output_ref(0)};
  prepared.launches.insert(prepared.launches.begin(), std::move(plain));
  if (values.kind == BufferRef::Kind::scratch) {
    const graph::Type& type = context.output(0).type;
    prepared.scratch_bytes = context.most.of(type.rows) * type.cols * static_cast<int64_t>(sizeof(float));
  }
  return prepared;
}

}  // namespace clinfer::kernels
