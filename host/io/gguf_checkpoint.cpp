#include "host/io/gguf_checkpoint.h"

#include <algorithm>
#include <cstdint>

#include "host/io/gguf.h"
#include "host/io/gguf_names.h"
#include "host/io/quote.h"
#include "host/io/tensor_order.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

/// The tokens that end a text: end of sequence, of turn and of message, where they differ.
graph::Meta generation_config_from(const GgufMetadata& metadata) {
  GgufValue::Integers ends;
  for (const char* key :
       {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    const int64_t id = metadata.integer_or(key, -1, -1, INT32_MAX);
    if (id >= 0 && std::find(ends.begin(), ends.end(), id) == ends.end()) ends.push_back(id);
  }
  graph::MetaValue::Object values;
  if (!ends.empty()) {
    graph::MetaValue::Array list(ends.size());
    for (size_t i = 0; i < ends.size(); ++i) list[i].data = ends[i];
    values["eos_token_id"] = graph::MetaValue(std::move(list));
  }
  return {metadata.file(), graph::Meta::Source::gguf, std::move(values)};
}

void rename_tensors(std::vector<Tensor>& tensors, const std::string& path) {
  for (Tensor& tensor : tensors) tensor.name = hugging_face_tensor_name(tensor.stored_name);
  sort_by_name(tensors);
  for (size_t i = 1; i < tensors.size(); ++i) {
    if (tensors[i].name != tensors[i - 1].name) continue;
    throw Error(Fault::model, path + ": tensors " + quote(tensors[i - 1].stored_name) + " and " +
                                  quote(tensors[i].stored_name) + " mean the same tensor");
  }
}

}  // namespace

GgufCheckpoint::GgufCheckpoint(const std::string& path) : file_(path), files_{path} {
  GgufContents contents = parse_gguf(file_.bytes(), path);
  metadata_ = std::move(contents.metadata);
  raw_values_ = std::move(contents.raw_values);
  if (metadata_.integer_or("split.count", 1, 0, UINT16_MAX) > 1) {
    throw Error(Fault::model,
                path + ": is one part of a split GGUF; join the parts with gguf-split --merge first");
  }
  config_ = config_from_gguf(metadata_, contents.tensors);
  generation_config_ = generation_config_from(metadata_);
  tensors_ = std::move(contents.tensors);
  rename_tensors(tensors_, path);
}

const GgufMetadata* gguf_metadata(const Checkpoint& checkpoint) {
  const auto* gguf = dynamic_cast<const GgufCheckpoint*>(&checkpoint);
  return gguf == nullptr ? nullptr : &gguf->metadata();
}

const GgufRawValues* gguf_raw_values(const Checkpoint& checkpoint) {
  const auto* gguf = dynamic_cast<const GgufCheckpoint*>(&checkpoint);
  return gguf == nullptr ? nullptr : &gguf->raw_values();
}

}  // namespace clinfer::io
