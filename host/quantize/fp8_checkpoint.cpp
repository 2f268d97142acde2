#include "host/quantize/fp8_checkpoint.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/io/atomic_file.h"
#include "host/io/mapped_file.h"
#include "host/io/quote.h"
#include "host/io/safetensors_writer.h"
#include "host/quantize/bands.h"
#include "host/quantize/folder_files.h"
#include "quant/error.h"

namespace clinfer::quantize {
namespace {

constexpr std::string_view kFormat = "fp8_e4m3_128x128";
constexpr int64_t kBlock = 128;
constexpr size_t kCopyBytes = size_t{1} << 24;

/// A tensor of the checkpoint and what becomes of it.
struct Item {
  const io::Tensor* tensor;
  Encoding encoding;                       ///< format nullptr = copied
  std::vector<io::PlannedTensor> outputs;  ///< the tensor; its scales where it is encoded
  uint64_t bytes = 0;                      ///< of the outputs
};

/// Why the layout cannot hold the tensor as the rules want it; "" when it can.
std::string refusal(const io::Tensor& tensor, const quant::Format& format, const std::string& role) {
  if (format.name != kFormat) {
    return "format " + std::string(format.name) + " has no checkpoint layout that is written here; " +
           std::string(kFormat) + " has";
  }
  if (role == "embedding" || role == "head" || role == "router")
    return "FP8 checkpoints keep the " + role + " as it is; put it under quantize.ignore";
  if (tensor.shape.size() != 2 || !tensor.name.ends_with(".weight"))
    return "FP8 checkpoints hold matrices called *.weight; put it under quantize.ignore";
  const bool is_float = tensor.format == "f32" || tensor.format == "f16" || tensor.format == "bf16";
  return is_float ? "" : "is stored as " + tensor.format + ", expected f32, f16 or bf16";
}

Item item_of(const io::Tensor& tensor, const Rules& rules, const std::string& folder) {
  Item item{&tensor, tensor.shape.size() > 1 ? rules.choose(tensor.name) : Encoding{}, {}, 0};
  if (item.encoding.format == nullptr) {
    item.outputs = {{tensor.name, tensor.format, tensor.shape}};
  } else {
    const std::string why = refusal(tensor, *item.encoding.format, rules.role(tensor.name));
    if (!why.empty()) throw Error(Fault::usage, folder + ": tensor " + io::quote(tensor.name) + ": " + why);
    const std::vector<int64_t> blocks = {(tensor.shape[0] + kBlock - 1) / kBlock,
                                         (tensor.shape[1] + kBlock - 1) / kBlock};
    item.outputs = {{tensor.name, "f8_e4m3", tensor.shape}, {tensor.name + "_scale_inv", "f32", blocks}};
  }
  for (const io::PlannedTensor& output : item.outputs) item.bytes += io::tensor_bytes(folder, output);
  return item;
}

/// Items in their order, as many in a shard as fit; at least one.
std::vector<std::vector<Item>> into_shards(std::vector<Item> items, uint64_t shard_bytes) {
  std::vector<std::vector<Item>> shards(1);
  uint64_t bytes = 0;
  for (Item& item : items) {
    if (!shards.back().empty() && (bytes > shard_bytes || item.bytes > shard_bytes - bytes)) {
      shards.emplace_back();
      bytes = 0;
    }
    bytes += item.bytes;
    shards.back().push_back(std::move(item));
  }
  return shards;
}

using Progress = std::function<void(uint64_t more)>;

void write_copy(const Item& item, size_t index, io::SafetensorsWriter& writer, const Progress& read) {
  const std::span<const std::byte> all = item.tensor->bytes;
  std::vector<std::byte> piece;
  for (size_t at = 0; at < all.size(); at += piece.size()) {
    piece.resize(std::min(kCopyBytes, all.size() - at));
    io::copy_guarded(piece, all.subspan(at, piece.size()));
    writer.write(index, at, piece);
    read(piece.size());
  }
}

void write_encoded(const Item& item, size_t index, io::SafetensorsWriter& writer, const Progress& read) {
  const int64_t rows = item.tensor->shape[0];
  const int64_t cols = item.tensor->shape[1];
  const uint64_t row_bytes = item.tensor->bytes.size() / static_cast<uint64_t>(std::max<int64_t>(1, rows));
  uint64_t scales = 0;
  encode_in_bands(item.encoding, rows, cols, rows_of(*item.tensor, cols), [&](const Band& band) {
    writer.write(index, static_cast<uint64_t>(band.first * cols), std::as_bytes(band.codes));
    writer.write(index + 1, scales, std::as_bytes(band.scales));
    scales += band.scales.size();
    read(static_cast<uint64_t>(band.rows) * row_bytes);
  });
}

void write_shard(const io::Checkpoint& checkpoint, const std::vector<Item>& items, const std::string& path,
                 const Progress& read) {
  std::vector<io::PlannedTensor> list;
  for (const Item& item : items) list.insert(list.end(), item.outputs.begin(), item.outputs.end());
  io::SafetensorsWriter writer(path, list, {{"format", "pt"}});
  size_t index = 0;
  for (const Item& item : items) {
    const auto write = item.encoding.format == nullptr ? write_copy : write_encoded;
    write(item, index, writer, read);
    index += item.outputs.size();
    checkpoint.release(*item.tensor);
  }
  writer.commit();
}

/// Linear layers that stay as they are: readers replace all others.
std::vector<std::string> kept_linears(const std::vector<Item>& items, const Rules& rules) {
  std::vector<std::string> names;
  for (const Item& item : items) {
    const std::string& name = item.tensor->name;
    const std::string& role = rules.role(name);
    const bool other =
        role.empty() || role == "vectors" || role == "embedding" || role == "head" || role == "router";
    const bool fp8 = item.encoding.format != nullptr || item.tensor->format == "f8_e4m3";
    if (other || fp8 || !name.ends_with(".weight")) continue;
    names.push_back(name.substr(0, name.size() - std::string_view(".weight").size()));
  }
  return names;
}

nlohmann::ordered_json quantization_config(const std::vector<std::string>& kept) {
  nlohmann::ordered_json config = {{"quant_method", "fp8"},
                                   {"fmt", "e4m3"},
                                   {"weight_block_size", {kBlock, kBlock}},
                                   {"activation_scheme", "dynamic"}};
  if (!kept.empty()) config["modules_to_not_convert"] = kept;
  return config;
}

std::string shard_name(size_t index, size_t count) {
  const auto number = [](size_t value) {
    const std::string digits = std::to_string(value);
    return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
  };
  return count == 1 ? "model.safetensors"
                    : "model-" + number(index + 1) + "-of-" + number(count) + ".safetensors";
}

}  // namespace

Fp8Summary write_fp8_checkpoint(const io::Checkpoint& checkpoint, const std::string& folder,
                                const Rules& rules, const std::string& out, uint64_t shard_bytes,
                                const std::function<void(int64_t, int64_t)>& progress) {
  std::vector<Item> items;
  Fp8Summary summary;
  uint64_t total = 0;
  for (const io::Tensor& tensor : checkpoint.tensors()) {
    items.push_back(item_of(tensor, rules, folder));
    total += tensor.bytes.size();
    summary.bytes += items.back().bytes;
    ++(items.back().encoding.format != nullptr ? summary.encoded : summary.kept);
  }
  const nlohmann::ordered_json config = quantization_config(kept_linears(items, rules));
  const std::vector<std::vector<Item>> shards = into_shards(std::move(items), shard_bytes);
  nlohmann::ordered_json map = nlohmann::ordered_json::object();
  uint64_t done = 0;
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = shard_name(i, shards.size());
    write_shard(checkpoint, shards[i], out + "/" + name, [&](uint64_t more) {
      progress(static_cast<int64_t>(done += more), static_cast<int64_t>(total));
    });
    for (const Item& item : shards[i]) {
      for (const io::PlannedTensor& output : item.outputs) map[output.name] = name;
    }
  }
  summary.shards = static_cast<int64_t>(shards.size());
  if (shards.size() > 1)
    write_json(out + "/model.safetensors.index.json",
               {{"metadata", {{"total_size", summary.bytes}}}, {"weight_map", map}});
  write_config(folder, out, config);
  copy_other_files(folder, out);
  return summary;
}

}  // namespace clinfer::quantize
