#include "host/quantize/gguf_file.h"

#include <filesystem>
#include <map>

#include "host/io/gguf_metadata.h"
#include "host/io/gguf_names.h"
#include "host/io/gguf_types.h"
#include "host/io/quote.h"
#include "quant/error.h"

namespace clinfer::quantize {
namespace {

constexpr const char* kRopeFactors = "rope_freqs.weight";

/// An item and the tensor it becomes.
struct Entry {
  Item item;
  io::PlannedTensor output;
  int64_t heads = 0;  ///< whose rows are put in another order; 0: they stay
  bool copied = false;
};

bool is_gguf(std::string_view format) {
  for (const io::GgufTensorType& type : io::gguf_tensor_types()) {
    if (type.format == format) return true;
  }
  return false;
}

std::string no_place(const quant::Format& wanted) {
  std::vector<std::string> names;
  for (const quant::Format& format : quant::formats()) {
    if (is_gguf(format.name)) names.emplace_back(format.name);
  }
  return formats_text("GGUF", names, wanted);
}

/// The HF row that stands in row `row` of a matrix with permuted heads of `dim` rows: within a head row 2 i +
/// j is row i + j dim / 2.
int64_t permuted_row(int64_t row, int64_t dim) {
  const int64_t at = row % dim;
  return row - at + at % 2 * (dim / 2) + at / 2;
}

class Planner {
 public:
  Planner(const io::Checkpoint& checkpoint, const GgufPlan& plan)
      : checkpoint_(checkpoint), plan_(plan), from_gguf_(io::gguf_metadata(checkpoint) != nullptr) {}

  Entry entry_of(Item item) const {
    Entry entry;
    const std::string name = from_gguf_ ? item.shape.tensor->stored_name : io::gguf_tensor_name(item.name);
    if (name.empty()) fail(item, "has no name in GGUF");
    entry.copied = from_gguf_ && !is_converted(item);
    entry.heads = heads_of(item);
    const std::vector<int64_t>& shape = item.shape.tensor->shape;
    if (entry.copied) {
      entry.output = {name, item.shape.tensor->format, shape};
    } else {
      if (item.shape.format == nullptr) fail(item, "is stored as " + item.shape.tensor->format);
      if (!item.matrix) item.encoding.format = quant::find_format("f32");
      const quant::Format& format = *written_format(item);
      check_format(item, format);
      entry.output = {name, std::string(format.name), number_shape(item)};
    }
    entry.item = std::move(item);
    return entry;
  }

 private:
  void check_format(const Item& item, const quant::Format& format) const {
    if (!is_gguf(format.name)) fail(item, no_place(format));
    if (item.shape.cols % format.group_elems == 0) return;
    fail(item, "has " + std::to_string(item.shape.cols) + " columns, which blocks of " +
                   std::to_string(format.group_elems) + " (" + std::string(format.name) +
                   ") do not divide; give it another format in a rule before");
  }

  int64_t heads_of(const Item& item) const {
    if (!plan_.permuted_heads) return 0;
    if (item.name.find(".q_proj.") != std::string::npos) return plan_.heads;
    return item.name.find(".k_proj.") != std::string::npos ? plan_.kv_heads : 0;
  }

  [[noreturn]] void fail(const Item& item, const std::string& why) const {
    throw Error(Fault::usage, checkpoint_.config().file() + ": tensor " + io::quote(item.name) + ": " + why);
  }

  const io::Checkpoint& checkpoint_;
  const GgufPlan& plan_;
  bool from_gguf_;
};

/// Numbers that files say what they mostly hold with (llama_ftype of the GGUF specification).
uint32_t file_type(const std::vector<Entry>& entries) {
  static const std::map<std::string, uint32_t, std::less<>> kTypes = {
      {"f32", 0},   {"f16", 1},   {"q4_0", 2},  {"q4_1", 3},    {"q8_0", 7},  {"q5_0", 8},       {"q5_1", 9},
      {"q4_k", 14}, {"q5_k", 16}, {"q6_k", 18}, {"iq4_nl", 25}, {"bf16", 32}, {"gguf_mxfp4", 38}};
  constexpr uint32_t kGuessed = 1024;
  std::map<std::string, int64_t> elements;
  for (const Entry& entry : entries) {
    if (entry.item.matrix) elements[entry.output.format] += entry.item.shape.rows * entry.item.shape.cols;
  }
  int64_t most = 0;
  uint32_t type = kGuessed;
  for (const auto& [format, count] : elements) {
    const auto found = kTypes.find(format);
    if (count <= most) continue;
    most = count;
    type = found == kTypes.end() ? kGuessed : found->second;
  }
  return type;
}

/// A vector as floats, its elements in the order of the permuted rows.
void write_vector(const io::Checkpoint& checkpoint, const Entry& entry, io::GgufWriter& file, size_t index) {
  const stored::StoredMatrix m = stored::stored_matrix(checkpoint, entry.item.name);
  std::vector<float> values(static_cast<size_t>(m.rows * m.cols));
  stored::decode_rows(m, 0, m.rows, values.data());
  std::vector<float> ordered = values;
  if (entry.heads > 0) {
    const auto count = static_cast<int64_t>(values.size());
    for (int64_t i = 0; i < count; ++i)
      ordered[static_cast<size_t>(i)] = values[static_cast<size_t>(permuted_row(i, count / entry.heads))];
  }
  file.write(index, 0, std::as_bytes(std::span(ordered)));
}

/// A matrix with its rows in another order, which encoding row by row allows.
void write_permuted(const io::Checkpoint& checkpoint, const Entry& entry, io::GgufWriter& file,
                    size_t index) {
  const stored::StoredMatrix m = stored::stored_matrix(checkpoint, entry.item.name);
  const int64_t dim = m.rows / entry.heads;
  const RowSource source = [&](int64_t first, int64_t rows, float* out) {
    for (int64_t r = 0; r < rows; ++r)
      stored::decode_rows(m, permuted_row(first + r, dim), 1, out + r * m.cols);
  };
  uint64_t at = 0;
  const Encoding encoding{written_format(entry.item), entry.item.encoding.options};
  encode_in_bands(encoding, m.rows, m.cols, source, [&](const Band& band) {
    file.write(index, at, std::as_bytes(band.codes));
    at += band.codes.size();
  });
}

void write_entry(const io::Checkpoint& checkpoint, const Entry& entry, io::GgufWriter& file, size_t index,
                 const ReadBytes& read) {
  const Item& item = entry.item;
  if (entry.copied) {
    for_pieces(
        *item.shape.tensor,
        [&](uint64_t at, std::span<const std::byte> bytes) { file.write(index, at, bytes); }, read);
    checkpoint.release(*item.shape.tensor);
  } else if (!item.matrix || entry.heads > 0) {
    (item.matrix ? write_permuted : write_vector)(checkpoint, entry, file, index);
    read(stored_bytes(item));
    stored::release(checkpoint, item.shape);
  } else {
    uint64_t at = 0;
    for_bands(
        item, checkpoint,
        [&](int64_t, const Band& band) {
          file.write(index, at, std::as_bytes(band.codes));
          at += band.codes.size();
        },
        read);
  }
}

void refuse_existing(const std::string& out) {
  std::error_code error;
  if (std::filesystem::symlink_status(out, error).type() == std::filesystem::file_type::not_found) return;
  throw Error(Fault::usage, out + ": is there already; expected the name of a new file");
}

}  // namespace

WrittenSummary write_gguf(const io::Checkpoint& checkpoint, const GgufPlan& plan, const Rules& rules,
                          const Roles& roles, const std::string& out, const WriteProgress& progress) {
  refuse_existing(out);
  const Planner planner(checkpoint, plan);
  WrittenSummary summary;
  std::vector<Entry> entries;
  std::vector<io::PlannedTensor> outputs;
  uint64_t total = 0;
  for (Item& item : list_items(checkpoint, rules, roles)) {
    total += stored_bytes(item);
    add_to(summary, item);
    entries.push_back(planner.entry_of(std::move(item)));
    outputs.push_back(entries.back().output);
  }
  const auto factors = static_cast<int64_t>(plan.rope_factors.size());
  if (factors > 0) outputs.push_back({kRopeFactors, "f32", {factors}});
  io::GgufPairs pairs = plan.pairs;
  pairs.add("general.quantization_version", uint32_t{2});
  pairs.add("general.file_type", file_type(entries));
  io::GgufWriter file(out, pairs, outputs);
  require_room(std::filesystem::absolute(out).parent_path().string(), file.bytes());
  uint64_t done = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    write_entry(checkpoint, entries[i], file, i, [&](uint64_t more) {
      progress(static_cast<int64_t>(done += more), static_cast<int64_t>(total));
    });
  }
  if (factors > 0) file.write(entries.size(), 0, std::as_bytes(std::span(plan.rope_factors)));
  summary.bytes = file.bytes();
  summary.files = 1;
  file.commit();
  return summary;
}

}  // namespace clinfer::quantize
