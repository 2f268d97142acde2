#include "host/kernels/attention_mma.h"

#include <algorithm>

#include "host/kernels/attention_args.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kWarps = 8;
constexpr int64_t kWarpRows = 16;
constexpr int64_t kColumns = 64;  ///< what columns of a tile are a multiple of
constexpr int64_t kMostKeyCols = 192;
constexpr int64_t kMostValueCols = 128;
constexpr int64_t kLeastDim = 64;  ///< of keys in two bf16

const graph::Value* shared_of(const OpContext& context) {
  const int operand = attention_of(context).shared_operand();
  return operand < 0 ? nullptr : &context.input(static_cast<size_t>(operand));
}

/// Columns of an operand that the kernel reads: [first, end), heads `stride` apart.
struct Columns {
  const graph::Value* value;
  int64_t first;
  int64_t stride;
  int64_t end;
};

std::vector<Columns> operands_of(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const auto end_of = [&](const graph::HeadLayout& layout, int64_t dim) {
    return layout.offset + (op.kv_heads - 1) * layout.head_stride + dim;
  };
  std::vector<Columns> result = {
      {&context.input(1), op.keys.offset, op.keys.head_stride, end_of(op.keys, op.key_dim)},
      {&context.input(2), op.values.offset, op.values.head_stride, end_of(op.values, op.value_dim)}};
  if (const graph::Value* shared = shared_of(context))
    result.push_back({shared, op.shared_offset, 0, op.shared_offset + op.shared_dim});
  return result;
}

/// Whether position s is in row s of every cache.
bool are_in_order(const OpContext& context) {
  return std::ranges::all_of(operands_of(context), [](const Columns& columns) {
    const graph::Cache* cache = columns.value->cache();
    return cache == nullptr || cache->ring == 0;
  });
}

/// Whether every operand is an f16 cache whose heads start at multiples of 16 bytes.
bool are_halves(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  if (op.key_dim % 8 != 0 || op.value_dim % 8 != 0 || op.shared_dim % 8 != 0) return false;
  return std::ranges::all_of(operands_of(context), [](const Columns& columns) {
    const graph::Cache* cache = columns.value->cache();
    return cache != nullptr && cache->format == "f16" && columns.first % 8 == 0 && columns.stride % 8 == 0 &&
           row_bytes(*columns.value) % 16 == 0 &&
           storage_of(*columns.value, columns.end - 1) == Storage::codes;
  });
}

int64_t round_up(int64_t n) {
  return divide_up(n, kColumns) * kColumns;
}

std::vector<std::string> make_constants(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  std::vector<std::string> result = attention_constants(context);
  const std::pair<const char*, int64_t> more[] = {{"HALVES", are_halves(context) ? 1 : 0},
                                                  {"KEY_COLS", round_up(op.key_dim + op.shared_dim)},
                                                  {"VALUE_COLS", round_up(op.value_dim)},
                                                  {"WARPS", kWarps}};
  for (const auto& [name, value] : more) result.push_back(constant(name, value));
  return result;
}

}  // namespace

bool reads_fours(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  if (op.key_dim % 4 != 0 || op.value_dim % 4 != 0 || op.shared_dim % 4 != 0) return false;
  return std::ranges::all_of(operands_of(context), [](const Columns& columns) {
    return columns.first % 4 == 0 && columns.stride % 4 == 0 && scale_group(*columns.value) % 4 == 0 &&
           storage_of(*columns.value, columns.first) == storage_of(*columns.value, columns.end - 1);
  });
}

Support supports_attention_mma(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  if (!context.device.probes.wgmma) return Support::no("the device has no wgmma");
  if (context.most.tokens <= kSmallBatch)
    return Support::no("for more than " + std::to_string(kSmallBatch) + " tokens");
  if (op.softcap > 0 || op.sinks || op.alibi || op.selection.count > 0 ||
      op.views != graph::QueryViews::one || op.mask != graph::AttentionMask{.window = op.mask.window})
    return Support::no("for plain masks and scores");
  if (!are_in_order(context)) return Support::no("its cache is a ring");
  const int64_t dim = op.key_dim + op.shared_dim;
  if (dim > kMostKeyCols || op.value_dim > kMostValueCols)
    return Support::no("for heads of up to 192 key and 128 value columns");
  const Support layout = cache_support({&context.input(1), &context.input(2), shared_of(context)});
  if (!layout.ok) return layout;
  if (dim < kLeastDim && !are_halves(context)) return Support::no("for heads of 64 columns, or f16 caches");
  if (!reads_fours(context)) return Support::no("its columns are no multiples of 4, or coded in part");
  return Support::yes();
}

Prepared prepare_attention_mma(const OpContext& context) {
  const int shared = attention_of(context).shared_operand();
  Launch launch;
  launch.program.stem = "attention_mma";
  launch.program.entry = "nvidia/attention_mma.cl";
  launch.program.defines = make_constants(context);
  launch.kernel = "attention_mma";
  launch.buffers = {input_ref(0),
                    input_ref(1),
                    input_ref(2),
                    input_ref(3),
                    input_ref(shared < 0 ? 0 : static_cast<size_t>(shared)),
                    output_ref(0)};
  launch.local_size = kWarps * 32;
  launch.work = [args = attention_args(context)](const graph::Sizes& sizes) {
    AttentionArgs now = args;
    now.tokens = narrow(sizes.tokens, "attention: tokens");
    now.context = narrow(sizes.context, "attention: context");
    const int64_t rows = sizes.tokens * (args.heads / args.kv_heads);
    return Work{divide_up(rows, kWarps * kWarpRows) * args.kv_heads, bytes_of(now)};
  };
  return one_launch(std::move(launch));
}

}  // namespace clinfer::kernels
