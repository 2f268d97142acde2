#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/io/safetensors_writer.h"
#include "tests/temporary_folder.h"

namespace clinfer::tests {

/// A copy of a one-file checkpoint folder with changes.
struct Alteration {
  /// Old text in config.json and its replacement; the old must be there.
  std::vector<std::pair<std::string, std::string>> config{};
  /// Called for the list of tensors before it is written.
  std::function<void(std::vector<io::TensorToWrite>&)> tensors{};
};

/// The path of the copy, inside `folder`.
std::string alter_checkpoint(const std::string& from, const test::TemporaryFolder& folder,
                             const Alteration& alteration);

/// Removes the tensor of that name, which must be there.
void drop_tensor(std::vector<io::TensorToWrite>& tensors, const std::string& name);

}  // namespace clinfer::tests
