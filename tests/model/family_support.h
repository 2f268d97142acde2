#pragma once

#include <string>

namespace clinfer::tests {

/// Whether clinfer has the family of a checkpoint's folder. Where it has not, checks that the model is
/// refused by the name of its type, and prints so.
bool has_family(const std::string& folder);

}  // namespace clinfer::tests
