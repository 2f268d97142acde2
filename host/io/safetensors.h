#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/checkpoint.h"
#include "host/io/mapped_file.h"

namespace clinfer::io {

/// The tensors of a safetensors image, sorted by name; their bytes lie in `file` and need not be aligned to
/// the element size. Checked (https://github.com/huggingface/safetensors, "Format"): the header's length (2
/// bytes to 100 MB, inside the file), its JSON, names, data types, sizes, and that the tensors fill the rest
/// of the file without gap or overlap. Throws Error(Fault::model) naming `path` and the tensor.
std::vector<Tensor> parse_safetensors(std::span<const std::byte> file, std::string_view path,
                                      std::map<std::string, std::string>* metadata);

/// One .safetensors file, mapped.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);

  const MappedFile& file() const { return file_; }
  const std::vector<Tensor>& tensors() const { return tensors_; }  ///< sorted by name
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const Tensor* find(std::string_view name) const;  ///< nullptr when there is none

 private:
  MappedFile file_;
  std::map<std::string, std::string> metadata_;
  std::vector<Tensor> tensors_;
};

}  // namespace clinfer::io
