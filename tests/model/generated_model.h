#pragma once

#include <string>
#include <vector>

namespace clinfer::tests {

/// The folder of a small model of tests/data/families, with the weights that its recipe says beside its
/// config.json and goldens: a checkpoint as the hub has it. It is written once a process into a temporary
/// folder, which goes when the process ends. Throws std::runtime_error when there is no such model.
std::string generated_model(const std::string& name);

/// tests/data/families/NAME, which has config.json and goldens but no weights.
std::string family_folder(const std::string& name);

/// The names of all models of tests/data/families, sorted.
std::vector<std::string> generated_models();

}  // namespace clinfer::tests
