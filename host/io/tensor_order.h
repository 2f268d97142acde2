#pragma once

#include <string_view>
#include <vector>

#include "host/io/checkpoint.h"

namespace clinfer::io {

void sort_by_name(std::vector<Tensor>& tensors);

/// Binary search in tensors sorted by name; nullptr when there is none of that name.
const Tensor* find_by_name(const std::vector<Tensor>& tensors, std::string_view name);

}  // namespace clinfer::io
