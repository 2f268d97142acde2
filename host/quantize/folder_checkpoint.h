#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "host/io/checkpoint.h"
#include "host/quantize/folder_layout.h"
#include "host/quantize/rules.h"

namespace clinfer::quantize {

struct WrittenSummary {
  std::map<std::string, int64_t> encoded;  ///< matrices that rules chose, by format
  int64_t kept = 0;                        ///< weights and other tensors as they were
  int64_t files = 0;
  uint64_t bytes = 0;  ///< of all tensors
};

/// Bytes read and in all; may throw to stop.
using WriteProgress = std::function<void(int64_t done, int64_t total)>;

/// Writes a Hugging Face folder: shards of safetensors, config.json with the layout's quantization_config,
/// and the folder's other files as they are. Tensor by tensor, so memory is that of a band of rows, or of one
/// matrix that a file holds in words of its own.
///
/// `folder` is the checkpoint's, `out` an existing folder, a shard has at most `shard_bytes` of tensors (or
/// one item). Throws Error(Fault::usage) naming the tensor for which the layout has no place, with the
/// formats it has; Error(Fault::run) for I/O faults and where the disk has no room.
WrittenSummary write_folder(const io::Checkpoint& checkpoint, const std::string& folder,
                            const FolderLayout& layout, const Rules& rules, const Roles& roles,
                            const std::string& out, uint64_t shard_bytes, const WriteProgress& progress);

/// The layout of that name; "auto": fp8 where all rules say fp8_e4m3_128x128, else compressed-tensors.
std::unique_ptr<FolderLayout> layout_of(const std::string& name,
                                        const std::vector<config::QuantizeRule>& rules);

/// Throws Error(Fault::run) when the file system of `path` has fewer bytes free.
void require_room(const std::string& path, uint64_t bytes);

/// Counts an item.
void add_to(WrittenSummary& summary, const Item& item);

}  // namespace clinfer::quantize
