#include "tests/kernels/attention_case.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/passes/ring_caches.h"
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

std::string name_of(const AttentionShape& s, const graph::Attention& op, const std::string& format) {
  std::string name = format + " tokens=" + std::to_string(s.tokens) + " context=" + std::to_string(s.context);
  for (const auto& [key, value] : op.attributes()) name += " " + std::string(key) + "=" + value;
  return name;
}

/// Rows that no token may see hold NaN: reading them must not show.
void poison(graph::Array& array, const graph::AttentionMask& mask, int64_t tokens) {
  std::vector<bool> seen(static_cast<size_t>(array.rows), false);
  for (int64_t p = array.rows - tokens; p < array.rows; ++p) {
    const graph::AttentionMask::Range range = mask.range(p);
    for (int64_t s = 0; s < range.end; ++s)
      if (s < range.first_end || s >= range.begin) seen[static_cast<size_t>(s)] = true;
  }
  for (int64_t r = 0; r < array.rows; ++r) {
    if (seen[static_cast<size_t>(r)]) continue;
    for (int64_t c = 0; c < array.cols; ++c) array.at(r, c) = std::numeric_limits<double>::quiet_NaN();
  }
}

/// For each token and set other blocks, in no order; one in eight is left out.
graph::Array random_selection(const graph::Selection& selection, int64_t tokens, int64_t context,
                              std::mt19937_64& random) {
  std::vector<double> ids;
  for (int64_t id = 0; id * selection.block < context; ++id) ids.push_back(static_cast<double>(id));
  graph::Array selected(tokens, selection.sets * selection.count);
  for (int64_t at = 0; at < tokens * selection.sets; ++at) {
    std::shuffle(ids.begin(), ids.end(), random);
    for (int64_t i = 0; i < selection.count; ++i) {
      const bool left_out = i >= static_cast<int64_t>(ids.size()) || random() % 8 == 0;
      selected.data[static_cast<size_t>(at * selection.count + i)] =
          left_out ? -1 : ids[static_cast<size_t>(i)];
    }
  }
  return selected;
}

/// The operands behind the shared keys.
void add_optional_operands(graph::Builder& b, const graph::Attention& op,
                           std::vector<graph::ValueId>& inputs) {
  if (op.sinks) inputs.push_back(b.vector("sinks", op.heads));
  if (op.alibi) {
    std::vector<float> slopes;
    for (int64_t h = 0; h < op.heads; ++h) slopes.push_back(std::exp2(-static_cast<float>(h + 1)));
    inputs.push_back(b.constant("slopes", slopes));
  }
  if (op.selection.count > 0)
    inputs.push_back(
        b.input("selected", {graph::DType::i32, graph::kTokens, op.selection.sets * op.selection.count}));
}

void fill_inputs(Case& c, const graph::Attention& op, std::mt19937_64& random) {
  for (const graph::ValueId id : c.graph.nodes.front().inputs) {
    const graph::Value& value = c.graph.value(id);
    c.inputs.push_back(normal(c.sizes.of(value.type.rows), value.type.cols, random));
    if (value.type.rows == graph::kContext) poison(c.inputs.back(), op.mask, c.sizes.tokens);
    if (const graph::Constant* constant = value.constant())
      c.inputs.back().data.assign(constant->data.begin(), constant->data.end());
  }
  for (int64_t t = 0; t < c.sizes.tokens; ++t)
    c.inputs[3].at(t, 0) = static_cast<double>(c.sizes.context - c.sizes.tokens + t);
  if (op.selection.count > 0)
    c.inputs.back() = random_selection(op.selection, c.sizes.tokens, c.sizes.context, random);
}

}  // namespace

Case attention_case(const AttentionShape& s, AttentionMemory memory, const std::string& format, uint64_t seed,
                    graph::Attention op) {
  std::mt19937_64 random(seed);
  op.heads = s.heads;
  op.kv_heads = s.kv_heads;
  op.key_dim = s.key_dim;
  op.value_dim = s.value_dim;
  op.shared_dim = s.shared_dim;
  if (s.window > 0) op.mask.window = s.window;
  op.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(s.key_dim + s.shared_dim)));
  graph::Builder b("attention");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens,
                               graph::count_of(op.views) * s.heads * (s.key_dim + s.shared_dim)});
  const Layout layout = add_operands(b, op, memory);
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  std::vector<graph::ValueId> inputs{q, layout.keys, layout.values, positions};
  if (layout.shared >= 0) inputs.push_back(layout.shared);
  add_optional_operands(b, op, inputs);
  const auto y = b.add(op, "y", inputs);

  Case c;
  c.name = name_of(s, op, format);
  c.graph = finish(b, y);
  c.sizes = {s.tokens, s.tokens, s.context};
  c.seed = seed;
  graph::set_cache_format(c.graph, format);
  fill_inputs(c, op, random);
  if (layout.keys == layout.values) c.inputs[2] = c.inputs[1];
  return c;
}

Case in_rings(Case c) {
  REQUIRE(graph::ring_caches(c.graph, c.sizes.tokens, c.sizes.context) > 0);
  c.name += " in rings";
  return c;
}

}  // namespace clinfer::tests
