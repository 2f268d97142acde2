#pragma once

#include <functional>
#include <vector>

#include "host/plan/plan.h"

namespace clinfer::run {

/// A step that has just run, valid for the length of one call. Its inputs are still what it read, except for
/// a cache that it wrote; every value has the rows that this call's sizes give it.
class StepView {
 public:
  /// Waits for the device and copies the bytes of a value as the device holds them.
  using Read = std::function<std::vector<std::byte>(graph::ValueId)>;

  StepView(const plan::Plan& plan, const plan::Step& step, const graph::Sizes& sizes, Read read)
      : plan_(plan), step_(step), sizes_(sizes), read_(std::move(read)) {}

  const plan::Plan& plan() const { return plan_; }
  const plan::Step& step() const { return step_; }
  const graph::Node& node() const { return plan_.graph.nodes[static_cast<size_t>(step_.node)]; }
  const graph::Sizes& sizes() const { return sizes_; }
  const graph::Value& value(graph::ValueId id) const { return plan_.graph.value(id); }
  /// Rows of a value in this call; a cache has those of the context so far.
  int64_t rows(graph::ValueId id) const { return sizes_.of(value(id).type.rows); }

  /// Elements of an input or output of the node, row by row, decoded from the format that the value is held
  /// in. Waits for the device. Error(Fault::run) when the node has no such value or it holds integers
  /// (floats) or floats (integers).
  std::vector<float> floats(graph::ValueId id) const;
  std::vector<int32_t> integers(graph::ValueId id) const;

 private:
  void check(graph::ValueId id, graph::DType dtype) const;

  const plan::Plan& plan_;
  const plan::Step& step_;
  const graph::Sizes& sizes_;
  Read read_;
};

/// Called after each step of each plan of an engine. Looking at a value makes the device wait, so a run that
/// is observed is no measure of speed.
using Observer = std::function<void(const StepView&)>;

}  // namespace clinfer::run
