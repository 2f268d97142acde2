#include "host/kernels/linear_parts.h"

#include <algorithm>
#include <utility>

namespace clinfer::kernels {

namespace {

/// The node of one matrix.
graph::Node part_of(const graph::Node& all, size_t index) {
  graph::Node part = all;
  part.inputs = {all.inputs[0], all.inputs[1 + index]};
  part.outputs = {all.outputs[index]};
  return part;
}

void move_refs(Launch& launch, size_t index) {
  for (BufferRef& ref : launch.buffers) {
    const bool is_matrix = ref.kind == BufferRef::Kind::input && ref.index > 0;
    if (is_matrix || ref.kind == BufferRef::Kind::output) ref.index += index;
  }
}

}  // namespace

Support supports_each(const OpContext& context, Support (*supports)(const OpContext&)) {
  if (context.node.outputs.size() == 1) return supports(context);
  for (size_t i = 0; i < context.node.outputs.size(); ++i) {
    const graph::Node part = part_of(context.node, i);
    Support support = supports({context.graph, part, context.device, context.most});
    if (!support.ok) return support;
  }
  return Support::yes();
}

Prepared prepare_each(const OpContext& context, Prepared (*prepare)(const OpContext&), size_t of_x) {
  if (context.node.outputs.size() == 1) return prepare(context);
  Prepared all;
  for (size_t i = 0; i < context.node.outputs.size(); ++i) {
    const graph::Node part = part_of(context.node, i);
    Prepared prepared = prepare({context.graph, part, context.device, context.most});
    for (size_t l = i == 0 ? 0 : of_x; l < prepared.launches.size(); ++l) {
      move_refs(prepared.launches[l], i);
      all.launches.push_back(std::move(prepared.launches[l]));
    }
    all.scratch_bytes = std::max(all.scratch_bytes, prepared.scratch_bytes);
  }
  return all;
}

}  // namespace clinfer::kernels
