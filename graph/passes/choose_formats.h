#pragma once

#include <functional>
#include <optional>
#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

/// The quant format that a checkpoint tensor is stored in; throws Error(Fault::model) when there is no such
/// tensor.
using StoredFormat = std::function<std::string(const std::string& tensor)>;

/// What a rule says of a matrix: a quant format's name and the words of its encode options, or "keep".
struct FormatRule {
  std::string format = "keep";
  std::string scale;
};

/// The rule for a checkpoint tensor with that role (weight_roles.h); nullopt where no rule speaks of it.
using FormatRules =
    std::function<std::optional<FormatRule>(const std::string& tensor, const std::string& role)>;

/// Gives every weight the format it is held in. Vectors are f32. A matrix that a rule speaks of gets what the
/// rule says; the others get `wanted`, or the stored format when wanted is "keep". `wanted` leaves out the
/// embedding table, the router and other matrices that checkpoints leave unquantised, and matrices whose
/// columns its groups do not divide. Experts of one weight must agree. Throws Error(Fault::usage) for a
/// format that does not exist or that a rule gives to a matrix whose columns its groups do not divide.
void choose_formats(Graph& graph, const std::string& wanted, const FormatRules& rules,
                    const StoredFormat& stored);
void choose_formats(Graph& graph, const std::string& wanted, const StoredFormat& stored);

}  // namespace clinfer::graph
