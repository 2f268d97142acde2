#include "graph/ops.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {

/// One op of each kind in the list.
template <size_t... index>
std::vector<Op> every_op(std::index_sequence<index...>) {
  return {std::variant_alternative_t<index, Op>{}...};
}

}  // namespace

TEST_CASE("every op has a name of its own and names its constraint on the number of operands") {
  std::set<std::string> names;
  for (const Op& op : every_op(std::make_index_sequence<std::variant_size_v<Op>>())) {
    const std::string name(name_of(op));
    CHECK_MESSAGE(names.insert(name).second, name);
    CHECK_MESSAGE(std::visit([&](const auto& o) { return violates(name + " C0", o, {}); }, op), name);
    OperandList many;
    for (int i = 0; i < 9; ++i) many.cache(1);
    CHECK_MESSAGE(std::visit([&](const auto& o) { return violates(name + " C0", o, many); }, op), name);
  }
}
