#pragma once

#include "graph/models/model.h"
#include "host/quantize/rules.h"

namespace clinfer::cli {

/// What every tensor that the model reads is for (graph/weight_roles.h).
quantize::Roles tensor_roles(const graph::Model& model);

}  // namespace clinfer::cli
