#include <map>

#include "host/quantize/compressed_tensors_formats.h"

namespace clinfer::quantize {
namespace {

const std::vector<std::string> kPlain = {"f32", "f16", "bf16"};

bool is_plain(const quant::Format& format) {
  return format.scale_type == quant::ScaleType::none && format.group_elems == 1;
}

/// The entry of the format that the item will have; nullptr for floats and what is no weight.
const CompressedFormat* compressed(const Item& item) {
  const quant::Format* format = written_format(item);
  return format == nullptr ? nullptr : find_compressed_format(format->name);
}

std::string no_place(const quant::Format& format) {
  std::vector<std::string> names;
  for (const CompressedFormat& entry : compressed_formats()) names.emplace_back(entry.format);
  names.insert(names.end(), kPlain.begin(), kPlain.end());
  return formats_text("compressed-tensors", names, format);
}

class CompressedTensorsLayout final : public FolderLayout {
 public:
  std::string refusal(const Item& item) const override {
    const quant::Format* format = written_format(item);
    if (format == nullptr || is_plain(*format)) return "";
    const CompressedFormat* entry = compressed(item);
    if (entry == nullptr) return no_place(*format);
    if (item.shape.matrices != 1 || module_of(item.name).empty())
      return "compressed-tensors holds matrices called *.weight; put it under quantize.ignore";
    if (item.role == "embedding" || item.role == "router")
      return "compressed-tensors readers keep the " + item.role + " in floats; put it under quantize.ignore";
    // Packed codes fill words of 32 bits, and groups must be whole.
    const int64_t unit = entry->group != 0 ? entry->group : 1;
    if (item.shape.cols % unit != 0)
      return "has " + std::to_string(item.shape.cols) + " columns, which groups of " + std::to_string(unit) +
             " (" + std::string(format->name) + ") do not divide";
    return "";
  }

  bool copies(const Item& item) const override {
    return item.shape.format == nullptr || (!is_converted(item) && is_plain(*item.shape.format));
  }

  std::vector<io::PlannedTensor> tensors(const Item& item) const override {
    if (const CompressedFormat* entry = compressed(item)) return compressed_tensors(*entry, item);
    return {{item.name, std::string(written_format(item)->name), number_shape(item)}};
  }

  std::unique_ptr<ItemWriter> writer(const Item& item) const override {
    const CompressedFormat* entry = compressed(item);
    return entry == nullptr ? plain_item_writer() : compressed_writer(*entry, item);
  }

  nlohmann::ordered_json config(const std::vector<Item>& items) const override {
    std::map<const CompressedFormat*, std::vector<std::string>> modules;
    for (const Item& item : items) {
      if (const CompressedFormat* entry = compressed(item)) modules[entry].push_back(module_of(item.name));
    }
    if (modules.empty()) return nullptr;
    nlohmann::ordered_json groups = nlohmann::ordered_json::object();
    for (const auto& [entry, names] : modules) {
      nlohmann::ordered_json targets = nlohmann::ordered_json::array({"Linear"});
      if (modules.size() > 1) targets = names;
      groups["group_" + std::to_string(groups.size())] = {{"targets", targets},
                                                          {"weights", weights_scheme(*entry)},
                                                          {"input_activations", nullptr},
                                                          {"output_activations", nullptr},
                                                          {"format", entry->compression}};
    }
    return {{"quant_method", "compressed-tensors"},
            {"quantization_status", "compressed"},
            {"format", modules.size() > 1 ? "mixed-precision" : modules.begin()->first->compression},
            {"config_groups", groups},
            {"ignore", kept_modules(items, [](const Item& item) { return compressed(item) != nullptr; })},
            {"kv_cache_scheme", nullptr}};
  }
};

}  // namespace

std::unique_ptr<FolderLayout> compressed_tensors_layout() {
  return std::make_unique<CompressedTensorsLayout>();
}

}  // namespace clinfer::quantize
