#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/io/safetensors_writer.h"
#include "host/quantize/items.h"

namespace clinfer::quantize {

/// Receives bytes of one of an item's tensors, from byte `offset` of it on.
using PartSink = std::function<void(size_t part, uint64_t offset, std::span<const std::byte> bytes)>;

/// How one item's matrix is spread over tensors, while it is written.
class ItemWriter {
 public:
  virtual ~ItemWriter() = default;
  virtual void write(const Band& band, const PartSink& sink) = 0;
  virtual void finish(const PartSink&) {}  ///< behind the last band
};

/// How a Hugging Face folder holds quantised weights.
class FolderLayout {
 public:
  virtual ~FolderLayout() = default;

  /// Why the item cannot be held as the rules want it; "" when it can.
  virtual std::string refusal(const Item& item) const = 0;
  /// Whether its tensors are copied as they are, names and all; else it is written anew.
  virtual bool copies(const Item& item) const = 0;
  /// The tensors of an item that is not copied, and what writes them in this order.
  virtual std::vector<io::PlannedTensor> tensors(const Item& item) const = 0;
  virtual std::unique_ptr<ItemWriter> writer(const Item& item) const = 0;
  /// quantization_config of config.json; null where there is nothing to say.
  virtual nlohmann::ordered_json config(const std::vector<Item>& items) const = 0;
};

/// X.weight F8_E4M3 and X.weight_scale_inv F32 [ceil(rows / 128), ceil(cols / 128)], a multiplier:
/// DeepSeek-V3's layout, transformers' FineGrainedFP8. Scales that are all powers of two are announced as
/// scale_fmt ue8m0.
std::unique_ptr<FolderLayout> fp8_layout();

/// compressed-tensors 0.20: float-, int-, pack-quantized, mxfp8, mxfp6, mxfp4, nvfp4.
std::unique_ptr<FolderLayout> compressed_tensors_layout();

/// The first string of refusal() for formats that it has no place for: which ones it has.
std::string formats_text(const std::string& layout, const std::vector<std::string>& formats,
                         const quant::Format& wanted);

/// Writes codes to part 0 and scales to part 1, each as they come.
std::unique_ptr<ItemWriter> plain_item_writer();

/// A linear layer's name: "X" of "X.weight"; "" when it has no such name.
std::string module_of(const std::string& tensor);

/// The linear layers that `quantized` does not hold of, in their order, and the head even where it is tied to
/// the embedding: readers take all linear layers for quantised ones unless told not to.
std::vector<std::string> kept_modules(const std::vector<Item>& items,
                                      const std::function<bool(const Item&)>& quantized);

}  // namespace clinfer::quantize
