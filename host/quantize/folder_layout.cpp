#include "host/quantize/folder_layout.h"

namespace clinfer::quantize {
namespace {

class PlainItemWriter final : public ItemWriter {
 public:
  void write(const Band& band, const PartSink& sink) override {
    sink(0, codes_, std::as_bytes(band.codes));
    codes_ += band.codes.size();
    if (band.scales.empty()) return;
    sink(1, scales_, std::as_bytes(band.scales));
    scales_ += band.scales.size();
  }

 private:
  uint64_t codes_ = 0;
  uint64_t scales_ = 0;
};

}  // namespace

std::unique_ptr<ItemWriter> plain_item_writer() {
  return std::make_unique<PlainItemWriter>();
}

std::string formats_text(const std::string& layout, const std::vector<std::string>& formats,
                         const quant::Format& wanted) {
  std::string names;
  for (const std::string& name : formats) names += (names.empty() ? "" : ", ") + name;
  return "format " + std::string(wanted.name) + " has no place in the layout " + layout + ", which has " +
         names;
}

std::string module_of(const std::string& tensor) {
  constexpr std::string_view kWeight = ".weight";
  return tensor.ends_with(kWeight) ? tensor.substr(0, tensor.size() - kWeight.size()) : "";
}

std::vector<std::string> kept_modules(const std::vector<Item>& items,
                                      const std::function<bool(const Item&)>& quantized) {
  constexpr const char* kHead = "lm_head";  // what transformers calls it in every model
  std::vector<std::string> modules;
  bool head = false;
  for (const Item& item : items) {
    const std::string module = module_of(item.name);
    head = head || module == kHead;
    const bool linear = item.matrix && !item.role.empty() && item.role != "embedding";
    if (linear && !module.empty() && !quantized(item)) modules.push_back(module);
  }
  if (!head) modules.emplace_back(kHead);
  return modules;
}

}  // namespace clinfer::quantize
