#include "graph/passes/round_attention.h"

namespace clinfer::graph {

bool rounds_attention(std::string_view activation_format) {
  return activation_format == "fp8_e4m3_1x128" || activation_format == "bf16";
}

int64_t round_attention(Graph& graph) {
  int64_t count = 0;
  for (Node& node : graph.nodes) {
    auto* op = std::get_if<Attention>(&node.op);
    if (op == nullptr) continue;
    op->rounded = true;
    ++count;
  }
  return count;
}

}  // namespace clinfer::graph
