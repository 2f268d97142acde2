#pragma once

#include <string>
#include <variant>
#include <vector>

#include "graph/type.h"

namespace clinfer::graph {

/// Given anew at each call: token ids, positions, rows of which logits are wanted, the main model's hidden.
struct Input {
  bool operator==(const Input&) const = default;
};

/// A matrix of the checkpoint, [rows, cols] as nn.Linear stores it ([out, in]); with experts > 1 that many
/// matrices stacked along the rows.
struct Weight {
  std::vector<std::string> tensors;  ///< one checkpoint tensor, or one per expert; a 1-D tensor is one row
  int64_t experts = 1;
  int64_t rows = 1;  ///< of one expert's matrix
  int64_t cols = 1;
  std::string format{};  ///< quant::Format it is held in on its device; empty until chosen
  bool vector = false;   ///< a norm weight or bias: always held as f32
  std::string scale{};   ///< words of quant::EncodeOptions for encoding it; "" = the format's default
  /// Rows that lie interleaved on its device, for kernels that work on so many at once (the pass group_rows
  /// sets it; host/kernels/row_groups.h); 1: rows lie one after the other.
  int64_t row_group = 1;
  bool operator==(const Weight&) const = default;
};

/// Known when the graph is built (rotary frequencies).
struct Constant {
  std::vector<float> data;
  bool operator==(const Constant&) const = default;
};

/// What outlives a call: one row a token position, `width` elements, held as `format` (a
/// quant::CacheFormat). A node that writes it has the written cache as its output, which is the same memory.
struct Cache {
  int64_t width = 1;
  std::string format = "f32";
  int64_t head = 0;  ///< columns of a head, whose scales are its own; 0: all but the tail
  int64_t tail = 0;  ///< last columns, which quantised formats keep in 16 bits (MLA's rotary part)
  /// 0: a row a position. Else a matrix of so many rows, always f32, that a call reads and replaces: the
  /// state of a recurrent layer, which counts as zeros when a call begins at position 0.
  int64_t state_rows = 0;
  bool is_state() const { return state_rows > 0; }
  /// Positions from ring_first on take `ring` rows in turn, a position the row of the one `ring` before it;
  /// those below have a row of their own. 0: all have (cache_row.h; the pass ring_caches sets it).
  int64_t ring = 0;
  int64_t ring_first = 0;
  bool operator==(const Cache&) const = default;
};

/// Made by a node.
struct Result {
  int node = -1;
  bool operator==(const Result&) const = default;
};

using ValueId = int;

struct Value {
  std::string name;
  Type type;
  std::variant<Input, Weight, Constant, Cache, Result> source;
  int device = 0;         ///< index into the run's device list; where the value's memory lies
  ValueId alias_of = -1;  ///< a written cache: the value whose memory this is

  const Weight* weight() const { return std::get_if<Weight>(&source); }
  const Constant* constant() const { return std::get_if<Constant>(&source); }
  const Cache* cache() const { return std::get_if<Cache>(&source); }
  bool is_input() const { return std::holds_alternative<Input>(source); }
  bool is_result() const { return std::holds_alternative<Result>(source); }
};

}  // namespace clinfer::graph
