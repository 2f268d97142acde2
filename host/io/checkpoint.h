#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/meta.h"

namespace clinfer::io {

/// One tensor of a checkpoint. `bytes` lies in the mapped file: nothing is copied until somebody reads it.
struct Tensor {
  std::string name;         ///< Hugging Face's name ("model.layers.0.self_attn.q_proj.weight"), also for GGUF
  std::string stored_name;  ///< the name in the file ("blk.0.attn_q.weight")
  std::string format;  ///< quant::Format name where there is one ("f32", "bf16", "q4_0"), else the file's
                       ///< dtype ("i8", "f8_e4m3")
  std::vector<int64_t> shape;  ///< outermost first, as in safetensors (GGUF's order is turned round)
  std::span<const std::byte> bytes;
  int file = 0;         ///< index into Checkpoint::files()
  uint64_t offset = 0;  ///< of `bytes` in that file
};

/// A published checkpoint, opened and checked: a Hugging Face folder (config.json and safetensors, one file
/// or sharded with an index) or one GGUF file. All sizes and offsets have been checked against the files.
class Checkpoint {
 public:
  virtual ~Checkpoint() = default;
  virtual const graph::Meta& config() const = 0;  ///< config.json, or GGUF metadata under its key names
  virtual const graph::Meta& generation_config() const = 0;   ///< generation_config.json, or empty
  virtual const std::vector<Tensor>& tensors() const = 0;     ///< sorted by name
  virtual const std::vector<std::string>& files() const = 0;  ///< paths of the files with tensors
  virtual uint64_t file_bytes() const = 0;                    ///< their sizes added up
  /// Tells the system that a tensor's pages are not needed any more (they count as resident until then).
  virtual void release(const Tensor& tensor) const = 0;
  /// No: tensors have names and shapes alone, and what they hold is made up by whoever loads them.
  virtual bool has_bytes() const { return true; }

  const Tensor* find(std::string_view name) const;  ///< nullptr when there is none
};

/// Opens a folder, a config.json's folder, one .safetensors file with a config.json beside it, or a .gguf
/// file. Throws Error(Fault::model) naming the file and what was wrong.
std::unique_ptr<Checkpoint> open(const std::string& path);

}  // namespace clinfer::io
