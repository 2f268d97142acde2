#include "tests/kernels/attention_case.h"

#include <cmath>
#include <limits>

#include "graph/passes/set_cache_format.h"

namespace clinfer::tests {

namespace {

/// Operands, and where the op finds its columns in them.
struct Layout {
  graph::ValueId keys = -1;
  graph::ValueId values = -1;
  graph::ValueId shared = -1;
};

Layout add_operands(graph::Builder& b, graph::Attention& op, AttentionMemory memory) {
  Layout layout;
  if (memory == AttentionMemory::caches) {
    op.keys.head_stride = op.key_dim;
    op.values.head_stride = op.value_dim;
    layout.keys = b.cache("keys", op.kv_heads * op.key_dim, op.key_dim);
    layout.values = b.cache("values", op.kv_heads * op.value_dim, op.value_dim);
  } else if (memory == AttentionMemory::matrix) {
    op.keys.head_stride = op.values.head_stride = op.key_dim + op.value_dim;
    op.values.offset = op.key_dim;
    layout.keys = layout.values =
        b.input("keys", {graph::DType::f32, graph::kContext, op.kv_heads * (op.key_dim + op.value_dim)});
  } else {
    layout.keys = layout.values = b.cache("keys", op.key_dim, op.value_dim, op.key_dim - op.value_dim);
  }
  if (op.shared_dim > 0) {
    op.shared_offset = 24;
    layout.shared = b.cache("shared", op.shared_offset + op.shared_dim, op.shared_offset, op.shared_dim);
  }
  return layout;
}

std::string name_of(const AttentionShape& s, const std::string& format) {
  return format + " tokens=" + std::to_string(s.tokens) + " context=" + std::to_string(s.context) +
         " heads=" + std::to_string(s.heads) + "/" + std::to_string(s.kv_heads) +
         " dims=" + std::to_string(s.key_dim) + "+" + std::to_string(s.shared_dim) + "/" +
         std::to_string(s.value_dim) + " window=" + std::to_string(s.window);
}

/// Rows that no token sees hold NaN: reading them must not show.
void poison(graph::Array& array, int64_t unseen_rows) {
  for (int64_t r = 0; r < unseen_rows; ++r) {
    for (int64_t c = 0; c < array.cols; ++c) array.at(r, c) = std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace

Case attention_case(const AttentionShape& s, AttentionMemory memory, const std::string& format,
                    uint64_t seed) {
  std::mt19937_64 random(seed);
  graph::Attention op;
  op.heads = s.heads;
  op.kv_heads = s.kv_heads;
  op.key_dim = s.key_dim;
  op.value_dim = s.value_dim;
  op.shared_dim = s.shared_dim;
  op.mask.window = s.window;
  op.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(s.key_dim + s.shared_dim)));
  graph::Builder b("attention");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, s.heads * (s.key_dim + s.shared_dim)});
  const Layout layout = add_operands(b, op, memory);
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  std::vector<graph::ValueId> inputs{q, layout.keys, layout.values, positions};
  if (layout.shared >= 0) inputs.push_back(layout.shared);
  const auto y = b.add(op, "y", inputs);

  Case c;
  c.name = name_of(s, format);
  c.graph = finish(b, y);
  c.sizes = {s.tokens, s.tokens, s.context};
  c.seed = seed;
  graph::set_cache_format(c.graph, format);
  const int64_t unseen = s.window > 0 ? std::max<int64_t>(0, s.context - s.tokens + 1 - s.window) : 0;
  for (const graph::ValueId id : c.graph.nodes.front().inputs) {
    const graph::Type& type = c.graph.value(id).type;
    c.inputs.push_back(normal(c.sizes.of(type.rows), type.cols, random));
    if (type.rows == graph::kContext) poison(c.inputs.back(), unseen);
  }
  if (layout.keys == layout.values) c.inputs[2] = c.inputs[1];
  for (int64_t t = 0; t < s.tokens; ++t) c.inputs[3].at(t, 0) = static_cast<double>(s.context - s.tokens + t);
  return c;
}

}  // namespace clinfer::tests
