#include "host/kernels/mma_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "cl_kernels/args/mma_rows_args.h"
#include "host/kernels/matmul.h"
#include "host/kernels/nvidia_launch.h"

namespace clinfer::kernels {

namespace {

/// The formats of cl_kernels/nvidia/mma_stage.clh, the columns of their stages, what columns must be a
/// multiple of (a word of four MX scales is copied), and those of the longest rows for which one token alone
/// is no slower than by linear/rows, as measured on an H200.
struct Stage {
  std::string_view format;
  int64_t cols;
  int64_t multiple;
  int64_t most_cols;
};
constexpr int64_t kAny = int64_t{1} << 31;
constexpr Stage kStages[] = {{"fp8_e4m3_128x128", 64, 64, kAny},
                             {"mxint8", 64, 128, 4096},
                             {"q8_0", 128, 128, 4096},
                             {"mxfp4", 128, 128, kAny},
                             {"q4_0", 128, 128, kAny}};

constexpr int64_t kRowTile = 16;
constexpr int64_t kLocalSize = 256;
constexpr int64_t kSlices = 16;             ///< of a chunk
constexpr int64_t kMostSliceCols = 256;     ///< that registers hold for 4 tokens twice, or 8 tokens
constexpr int64_t kFewTokens = 4;           ///< whose high and low parts are the 8 columns of a product
constexpr int64_t kMostRowBytes = 1 << 26;  ///< 16 rows' offsets fit 32 bits

const Stage* stage_of(std::string_view format) {
  const auto* found =
      std::ranges::find_if(kStages, [&](const Stage& stage) { return stage.format == format; });
  return found == std::end(kStages) ? nullptr : found;
}

Support supports(const OpContext& context, size_t input) {
  if (!context.device.probes.wgmma) return Support::no("the device has no wgmma");
  if (!is_small_batch(context)) return Support::no("for up to 8 tokens");
  const Support readable = supports_weight(context, input);
  if (!readable.ok) return readable;
  const graph::Weight& weight = *context.input(input).weight();
  if (!context.input(0).type.format.empty()) return Support::no("for plain activations");
  if (context.input(input).weight()->row_group > 1) return Support::no("its rows lie in groups");
  const Stage* stage = stage_of(weight.format);
  if (stage == nullptr) return Support::no("no fragments are made of " + weight.format);
  if (weight.format == "fp8_e4m3_128x128" && !context.device.probes.ptx_e4m3)
    return Support::no("the device does not convert E4M3");
  if (context.most.tokens == 1 && weight.cols > stage->most_cols)
    return Support::no("its rows are faster without");
  if (weight.cols % stage->multiple != 0)
    return Support::no("its columns are no multiple of " + std::to_string(stage->multiple));
  if (weight_args(weight).row_bytes > kMostRowBytes) return Support::no("its rows are too long");
  return Support::yes();
}

MmaRowsPlan plan_of(const graph::Weight& weight) {
  return mma_rows_plan(weight.format, weight.cols);
}

/// Groups for each of `parts` parts of the work, that take turns at the tiles of rows.
int64_t groups_of(const graph::DeviceInfo& device, const graph::Weight& weight, int64_t parts) {
  const int64_t units = std::max<int64_t>(1, device.compute_units);
  return std::min(ceil_div(weight.rows, kRowTile), ceil_div(units, parts));
}

constexpr std::string_view kLinear = "linear_mma_rows";

Launch launch_of(const std::string& stem, std::vector<BufferRef> buffers) {
  return make_nvidia_launch(stem, {}, std::move(buffers), kLocalSize);
}

std::vector<std::string> defines_of(const OpContext& context, const graph::Weight& weight, int64_t tokens) {
  std::vector<std::string> defines = weight_defines(context, weight);
  defines.push_back("SLICE_STAGES=" + std::to_string(plan_of(weight).slice_stages));
  defines.push_back("TOKENS=" + std::to_string(tokens));
  return defines;
}

MmaRowsArgs make_args(const graph::Weight& weight) {
  MmaRowsArgs args{};
  args.weight = weight_args(weight);
  args.splits = 1;
  args.chunks = static_cast<i32>(plan_of(weight).chunks);
  return args;
}

bool is_few(i32 tokens) {
  return tokens <= kFewTokens;
}

/// Adds up the splits' parts.
Launch join_launch(const OpContext& context, MmaRowsArgs args, bool few) {
  Launch join = launch_of("linear_mma_join", {scratch_ref(), optional_input_ref(context, 2), output_ref(0)});
  args.has_bias = context.has_input(2) ? 1 : 0;
  join.work = [args, few, dim = context.input(0).type.rows](const graph::Sizes& sizes) {
    MmaRowsArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    const int64_t sums = int64_t{now.tokens} * now.weight.rows;
    return Work{is_few(now.tokens) == few ? ceil_div(sums, kLocalSize) : 0, bytes_of(now)};
  };
  return join;
}

/// Groups of their own take each split of the chunks; the parts go to scratch memory.
Launch split_launch(const OpContext& context, const MmaRowsArgs& args, int64_t groups, bool few) {
  const graph::Weight& weight = *context.input(1).weight();
  Launch parts = launch_of(std::string(kLinear), {input_ref(0), input_ref(1), input_ref(0), scratch_ref()});
  parts.program.defines = defines_of(context, weight, few ? kFewTokens : kSmallBatch);
  parts.work = [args, groups, few, dim = context.input(0).type.rows](const graph::Sizes& sizes) {
    MmaRowsArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    return Work{is_few(now.tokens) == few ? groups : 0, bytes_of(now)};
  };
  return parts;
}

/// Up to 4 tokens, rows of few chunks: groups take whole rows, chunk after chunk.
Launch whole_launch(const OpContext& context) {
  const graph::Weight& weight = *context.input(1).weight();
  Launch launch = launch_of(std::string(kLinear),
                            {input_ref(0), input_ref(1), optional_input_ref(context, 2), output_ref(0)});
  launch.program.defines = defines_of(context, weight, kFewTokens);
  MmaRowsArgs args = make_args(weight);
  args.has_bias = context.has_input(2) ? 1 : 0;
  launch.work = [args, groups = groups_of(context.device, weight, 1),
                 dim = context.input(0).type.rows](const graph::Sizes& sizes) {
    MmaRowsArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    return Work{is_few(now.tokens) ? groups : 0, bytes_of(now)};
  };
  return launch;
}

/// Going on to the next chunk stalls a group: of longer rows each chunk has groups of its own.
constexpr i32 kMostWholeChunks = 2;

std::vector<Launch> few_launches(const OpContext& context) {
  const graph::Weight& weight = *context.input(1).weight();
  MmaRowsArgs args = make_args(weight);
  if (args.chunks <= kMostWholeChunks) return {whole_launch(context)};
  args.splits = std::exchange(args.chunks, 1);
  const int64_t units = std::max<int64_t>(1, context.device.compute_units / args.splits);
  const int64_t groups = std::min(ceil_div(weight.rows, kRowTile), units) * args.splits;
  return {split_launch(context, args, groups, true), join_launch(context, args, true)};
}

/// More tokens: x takes twice the registers, so a chunk is half of one of few tokens, and groups of its own
/// take each.
std::vector<Launch> more_launches(const OpContext& context) {
  const graph::Weight& weight = *context.input(1).weight();
  MmaRowsArgs args = make_args(weight);
  args.splits = 2 * std::exchange(args.chunks, 1);
  const int64_t groups = groups_of(context.device, weight, args.splits) * args.splits;
  return {split_launch(context, args, groups, false), join_launch(context, args, false)};
}

}  // namespace

MmaRowsPlan mma_rows_plan(std::string_view format, int64_t cols) {
  MmaRowsPlan plan;
  plan.stage_cols = stage_of(format)->cols;
  const int64_t stages = ceil_div(cols, plan.stage_cols);
  plan.chunks = ceil_div(stages, kSlices * std::max<int64_t>(1, kMostSliceCols / plan.stage_cols));
  plan.slice_stages = ceil_div(stages, kSlices * plan.chunks);
  return plan;
}

std::optional<MmaRowsTiles> mma_rows_tiles(const Launch& launch, const Work& work) {
  if (launch.kernel != kLinear || work.groups == 0) return std::nullopt;
  MmaRowsArgs args{};
  std::memcpy(&args, work.args.data(), std::min(sizeof args, work.args.size()));
  return MmaRowsTiles{args.splits, ceil_div(args.weight.rows, kRowTile)};
}

Support supports_linear_mma_rows(const OpContext& context) {
  return supports(context, 1);
}

Prepared prepare_linear_mma_rows(const OpContext& context) {
  const graph::Weight& weight = *context.input(1).weight();
  Prepared prepared;
  prepared.launches = few_launches(context);
  for (Launch& launch : more_launches(context)) prepared.launches.push_back(std::move(launch));
  prepared.scratch_bytes =
      2 * plan_of(weight).chunks * kSmallBatch * weight.rows * static_cast<int64_t>(sizeof(f32));
  return prepared;
}

Support supports_expert_linear_mma_rows(const OpContext& context) {
  if (context.has_input(3)) return Support::no("its experts have a bias");
  return supports(context, 2);
}

Prepared prepare_expert_linear_mma_rows(const OpContext& context) {
  const graph::Weight& weight = *context.input(2).weight();
  MmaRowsArgs args = make_args(weight);
  args.top_k = static_cast<i32>(context.input(1).type.cols);
  args.experts = static_cast<i32>(weight.experts);
  args.per_slot = std::get<graph::ExpertLinear>(context.node.op).per_slot ? 1 : 0;
  Launch launch =
      launch_of("expert_linear_mma_rows", {input_ref(0), input_ref(1), input_ref(2), output_ref(0)});
  launch.program.defines = defines_of(context, weight, kFewTokens);
  launch.work = [args, weight, device = context.device,
                 dim = context.input(0).type.rows](const graph::Sizes& sizes) {
    MmaRowsArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    const int64_t slots = int64_t{now.tokens} * now.top_k;
    return Work{slots * groups_of(device, weight, std::max<int64_t>(1, slots)), bytes_of(now)};
  };
  Prepared prepared;
  prepared.launches.push_back(std::move(launch));
  return prepared;
}

}  // namespace clinfer::kernels
