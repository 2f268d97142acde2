#include <algorithm>

#include "host/quantize/folder_layout.h"

namespace clinfer::quantize {
namespace {

constexpr std::string_view kFormat = "fp8_e4m3_128x128";
constexpr int64_t kBlock = 128;

bool is_plain(const quant::Format& format) {
  return format.name == "f32" || format.name == "f16" || format.name == "bf16";
}

bool is_fp8(const Item& item) {
  const quant::Format* format = written_format(item);
  return format != nullptr && format->name == kFormat;
}

class Fp8Layout final : public FolderLayout {
 public:
  std::string refusal(const Item& item) const override {
    const quant::Format* format = written_format(item);
    if (copies(item) && (format == nullptr || is_plain(*format) || is_fp8(item))) return "";
    if (!is_plain(*format) && !is_fp8(item))
      return formats_text("fp8", {std::string(kFormat), "f32", "f16", "bf16"}, *format);
    if (is_plain(*format)) return "";
    if (item.role == "embedding" || item.role == "head" || item.role == "router")
      return "FP8 checkpoints keep the " + item.role + " as it is; put it under quantize.ignore";
    if (item.shape.matrices != 1 || module_of(item.name).empty())
      return "FP8 checkpoints hold matrices called *.weight; put it under quantize.ignore";
    return "";
  }

  bool copies(const Item& item) const override {
    return item.encoding.format == nullptr || !is_converted(item);
  }

  std::vector<io::PlannedTensor> tensors(const Item& item) const override {
    const std::vector<int64_t> shape = {item.shape.rows, item.shape.cols};
    if (!is_fp8(item)) return {{item.name, std::string(written_format(item)->name), number_shape(item)}};
    return {{item.name, "f8_e4m3", shape},
            {item.name + "_scale_inv",
             "f32",
             {(shape[0] + kBlock - 1) / kBlock, (shape[1] + kBlock - 1) / kBlock}}};
  }

  std::unique_ptr<ItemWriter> writer(const Item&) const override { return plain_item_writer(); }

  nlohmann::ordered_json config(const std::vector<Item>& items) const override {
    nlohmann::ordered_json config = {{"quant_method", "fp8"},
                                     {"fmt", "e4m3"},
                                     {"weight_block_size", {kBlock, kBlock}},
                                     {"activation_scheme", "dynamic"}};
    const auto fp8 = std::count_if(items.begin(), items.end(), is_fp8);
    const auto powers = std::count_if(items.begin(), items.end(), [](const Item& item) {
      return is_fp8(item) && item.encoding.options.storage == quant::ScaleStorage::ue8m0;
    });
    if (fp8 == 0) return nullptr;
    if (powers == fp8) config["scale_fmt"] = "ue8m0";
    config["modules_to_not_convert"] = kept_modules(items, is_fp8);
    return config;
  }
};

}  // namespace

std::unique_ptr<FolderLayout> fp8_layout() {
  return std::make_unique<Fp8Layout>();
}

}  // namespace clinfer::quantize
