#include "host/kernels/attention_args.h"

#include "host/kernels/cache_storage.h"
#include "host/kernels/narrow.h"
#include "host/kernels/program.h"

namespace clinfer::kernels {

namespace {

const graph::Value* shared_of(const OpContext& context) {
  const int index = attention_of(context).shared_operand();
  return index < 0 ? nullptr : &context.input(static_cast<size_t>(index));
}

void set_mask(AttentionArgs& args, const graph::Attention& op) {
  args.window = narrow(op.mask.window, "attention: window");
  args.first = narrow(op.mask.first, "attention: first rows");
  args.chunk = narrow(op.mask.chunk, "attention: chunk of the mask");
  args.row_stride = narrow(op.mask.stride, "attention: tokens from row to row");
  args.row_length = narrow(op.mask.length, "attention: tokens of a row");
  args.selected = narrow(op.selection.count, "attention: chosen blocks");
  args.sets = narrow(op.selection.sets, "attention: sets of heads");
  args.block = narrow(op.selection.block, "attention: rows of a block");
  args.view_chunk = narrow(op.view_chunk, "attention: chunk of the views");
}

BufferRef operand_ref(int index) {
  return input_ref(index < 0 ? 0 : static_cast<size_t>(index));
}

}  // namespace

const graph::Attention& attention_of(const OpContext& context) {
  return std::get<graph::Attention>(context.node.op);
}

std::vector<const graph::Value*> attention_storages(const OpContext& context) {
  return {&context.input(1), &context.input(2), shared_of(context)};
}

Support attention_storage_support(const OpContext& context) {
  const Support layout = cache_support(attention_storages(context));
  if (!layout.ok) return layout;
  const std::vector<const graph::Value*> storages = attention_storages(context);
  const auto ring_of = [](const graph::Value* value) {
    return value == nullptr || value->cache() == nullptr ? 0 : value->cache()->ring;
  };
  for (const graph::Value* value : storages)
    if (value != nullptr && ring_of(value) != ring_of(storages.front()))
      return Support::no("rows of " + value->name + " lie otherwise than those of its keys");
  const graph::Attention& op = attention_of(context);
  const auto ends_in = [&](const graph::Value& value, int64_t first, int64_t end) {
    return storage_of(value, first) == storage_of(value, end - 1);
  };
  const int64_t values_end = op.values.offset + (op.kv_heads - 1) * op.values.head_stride + op.value_dim;
  const graph::Value* shared = shared_of(context);
  const bool whole =
      shared == nullptr || ends_in(*shared, op.shared_offset, op.shared_offset + op.shared_dim);
  if (whole && ends_in(context.input(2), op.values.offset, values_end)) return Support::yes();
  return Support::no("its values or shared keys lie across the border of a cache's coded columns");
}

AttentionArgs attention_args(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  AttentionArgs args{};
  args.heads = narrow(op.heads, "attention: heads");
  args.kv_heads = narrow(op.kv_heads, "attention: kv_heads");
  args.key_dim = narrow(op.key_dim, "attention: key_dim");
  args.value_dim = narrow(op.value_dim, "attention: value_dim");
  args.shared_dim = narrow(op.shared_dim, "attention: shared_dim");
  args.key_bytes = narrow(row_bytes(context.input(1)), "attention: bytes of a key row");
  args.key_offset = narrow(op.keys.offset, "attention: key offset");
  args.key_stride = narrow(op.keys.head_stride, "attention: key stride");
  args.value_bytes = narrow(row_bytes(context.input(2)), "attention: bytes of a value row");
  args.value_offset = narrow(op.values.offset, "attention: value offset");
  args.value_stride = narrow(op.values.head_stride, "attention: value stride");
  if (const graph::Value* shared = shared_of(context)) {
    args.shared_bytes = narrow(row_bytes(*shared), "attention: bytes of a shared row");
    args.shared_offset = narrow(storage_column(*shared, op.shared_offset), "attention: shared offset");
  }
  set_mask(args, op);
  if (const graph::Cache* cache = context.input(1).cache()) {
    args.ring = narrow(cache->ring, "attention: rows of a ring");
    args.ring_first = narrow(cache->ring_first, "attention: rows before a ring");
  }
  args.scale = op.scale;
  args.softcap = op.softcap;
  return args;
}

std::vector<std::string> attention_constants(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const auto number = [](Storage storage) { return static_cast<int64_t>(storage); };
  const graph::Value* shared = shared_of(context);
  std::vector<std::string> result = cache_constants(context, attention_storages(context));
  result.push_back(constant("KEYS", number(storage_of(context.input(1), op.keys.offset))));
  result.push_back(constant("VALUES", number(storage_of(context.input(2), op.values.offset))));
  result.push_back(constant(
      "SHARED", number(shared == nullptr ? Storage::matrix : storage_of(*shared, op.shared_offset))));
  const graph::Cache* cache = context.input(1).cache();
  if (cache != nullptr && cache->ring > 0) result.push_back(constant("RING", 1));
  if (op.softcap > 0) result.push_back(constant("SOFTCAP", 1));
  if (op.sinks) result.push_back(constant("SINKS", 1));
  if (op.alibi) result.push_back(constant("SLOPES", 1));
  if (op.selection.count > 0) result.push_back(constant("SELECTED", 1));
  if (op.views != graph::QueryViews::one) result.push_back(constant("VIEWS", graph::count_of(op.views) - 1));
  return result;
}

std::vector<BufferRef> attention_buffers(const OpContext& context, BufferRef result) {
  const graph::Attention& op = attention_of(context);
  return {input_ref(0),
          input_ref(1),
          input_ref(2),
          input_ref(3),
          operand_ref(op.shared_operand()),
          operand_ref(op.sinks_operand()),
          operand_ref(op.slopes_operand()),
          operand_ref(op.selected_operand()),
          result};
}

}  // namespace clinfer::kernels
