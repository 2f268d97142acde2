#include "host/quantize/folder_checkpoint.h"

#include <algorithm>
#include <filesystem>

#include "host/io/quote.h"
#include "host/quantize/folder_files.h"
#include "quant/error.h"

namespace clinfer::quantize {
namespace {

/// An item and the tensors it becomes.
struct Entry {
  Item item;
  bool copied;
  std::vector<io::PlannedTensor> outputs;
  uint64_t bytes;  ///< of the outputs
};

Entry entry_of(Item item, const FolderLayout& layout, const std::string& folder) {
  const std::string why = layout.refusal(item);
  if (!why.empty()) throw Error(Fault::usage, folder + ": tensor " + io::quote(item.name) + ": " + why);
  Entry entry{std::move(item), false, {}, 0};
  entry.copied = layout.copies(entry.item);
  if (entry.copied) {
    for (const io::Tensor* part : entry.item.shape.parts)
      entry.outputs.push_back({part->name, part->format, part->shape});
  } else {
    entry.outputs = layout.tensors(entry.item);
  }
  for (const io::PlannedTensor& output : entry.outputs) entry.bytes += io::tensor_bytes(folder, output);
  return entry;
}

/// Entries in their order, as many in a shard as fit; at least one.
std::vector<std::vector<Entry>> into_shards(std::vector<Entry> entries, uint64_t shard_bytes) {
  std::vector<std::vector<Entry>> shards(1);
  uint64_t bytes = 0;
  for (Entry& entry : entries) {
    if (!shards.back().empty() && (bytes > shard_bytes || entry.bytes > shard_bytes - bytes)) {
      shards.emplace_back();
      bytes = 0;
    }
    bytes += entry.bytes;
    shards.back().push_back(std::move(entry));
  }
  return shards;
}

void write_entry(const io::Checkpoint& checkpoint, const Entry& entry, const FolderLayout& layout,
                 size_t index, io::SafetensorsWriter& file, const ReadBytes& read) {
  const PartSink sink = [&](size_t part, uint64_t offset, std::span<const std::byte> bytes) {
    file.write(index + part, offset, bytes);
  };
  if (entry.copied) {
    for (size_t part = 0; part < entry.item.shape.parts.size(); ++part) {
      const io::Tensor& tensor = *entry.item.shape.parts[part];
      for_pieces(
          tensor, [&](uint64_t at, std::span<const std::byte> bytes) { sink(part, at, bytes); }, read);
      checkpoint.release(tensor);
    }
    return;
  }
  const std::unique_ptr<ItemWriter> writer = layout.writer(entry.item);
  for_bands(
      entry.item, checkpoint, [&](int64_t, const Band& band) { writer->write(band, sink); }, read);
  writer->finish(sink);
}

void write_shard(const io::Checkpoint& checkpoint, const std::vector<Entry>& entries,
                 const FolderLayout& layout, const std::string& path, const ReadBytes& read) {
  std::vector<io::PlannedTensor> list;
  for (const Entry& entry : entries) list.insert(list.end(), entry.outputs.begin(), entry.outputs.end());
  io::SafetensorsWriter file(path, list, {{"format", "pt"}});
  size_t index = 0;
  for (const Entry& entry : entries) {
    write_entry(checkpoint, entry, layout, index, file, read);
    index += entry.outputs.size();
  }
  file.commit();
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

void add_to(WrittenSummary& summary, const Item& item) {
  if (item.encoding.format == nullptr) {
    ++summary.kept;
  } else {
    ++summary.encoded[std::string(item.encoding.format->name)];
  }
}

void require_room(const std::string& path, uint64_t bytes) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(path, error);
  if (error || space.available >= bytes) return;
  throw Error(Fault::run, path + ": needs " + std::to_string(bytes >> 20) + " MiB, but the file system has " +
                              std::to_string(space.available >> 20) + " MiB free");
}

std::unique_ptr<FolderLayout> layout_of(const std::string& name,
                                        const std::vector<config::QuantizeRule>& rules) {
  const bool fp8 = std::all_of(rules.begin(), rules.end(), [](const config::QuantizeRule& rule) {
    return rule.format == "fp8_e4m3_128x128" || rule.format == "keep";
  });
  return name == "fp8" || (name == "auto" && fp8) ? fp8_layout() : compressed_tensors_layout();
}

WrittenSummary write_folder(const io::Checkpoint& checkpoint, const std::string& folder,
                            const FolderLayout& layout, const Rules& rules, const Roles& roles,
                            const std::string& out, uint64_t shard_bytes, const WriteProgress& progress) {
  std::vector<Item> items = list_items(checkpoint, rules, roles);
  const nlohmann::ordered_json config = layout.config(items);
  WrittenSummary summary;
  std::vector<Entry> entries;
  uint64_t total = 0;
  for (Item& item : items) {
    total += stored_bytes(item);
    add_to(summary, item);
    entries.push_back(entry_of(std::move(item), layout, folder));
    summary.bytes += entries.back().bytes;
  }
  require_room(out, summary.bytes);
  const std::vector<std::vector<Entry>> shards = into_shards(std::move(entries), shard_bytes);
  nlohmann::ordered_json map = nlohmann::ordered_json::object();
  uint64_t done = 0;
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = shard_name(i, shards.size());
    write_shard(checkpoint, shards[i], layout, out + "/" + name, [&](uint64_t more) {
      progress(static_cast<int64_t>(done += more), static_cast<int64_t>(total));
    });
    for (const Entry& entry : shards[i]) {
      for (const io::PlannedTensor& output : entry.outputs) map[output.name] = name;
    }
  }
  summary.files = static_cast<int64_t>(shards.size());
  if (shards.size() > 1)
    write_json(out + "/model.safetensors.index.json",
               {{"metadata", {{"total_size", summary.bytes}}}, {"weight_map", map}});
  write_config(folder, out, config);
  copy_other_files(folder, out);
  return summary;
}

}  // namespace clinfer::quantize
