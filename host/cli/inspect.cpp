#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "graph/models/models.h"
#include "graph/parameters.h"
#include "host/cli/arguments.h"
#include "host/cli/output.h"
#include "host/cli/tensor_roles.h"
#include "host/io/checkpoint.h"
#include "host/io/safetensors.h"
#include "host/plan/print.h"
#include "host/stored/quantization_config.h"
#include "host/stored/scale_faults.h"
#include "quant/cache_format.h"

namespace clinfer::cli {
namespace {

using Tensors = std::vector<io::Tensor>;

struct FormatSum {
  int64_t tensors = 0;
  int64_t elements = 0;
  int64_t bytes = 0;
};

std::map<std::string, FormatSum> sum_formats(const Tensors& tensors) {
  std::map<std::string, FormatSum> sums;
  for (const io::Tensor& tensor : tensors) {
    FormatSum& sum = sums[tensor.format];
    ++sum.tensors;
    int64_t elements = 1;
    for (const int64_t dim : tensor.shape) elements *= dim;  // the reader has checked the product
    sum.elements += elements;
    sum.bytes += static_cast<int64_t>(tensor.bytes.size());
  }
  return sums;
}

nlohmann::json tensors_json(const Tensors& tensors) {
  nlohmann::json list = nlohmann::json::array();
  for (const io::Tensor& t : tensors) {
    list.push_back({{"name", t.name},
                    {"stored_name", t.stored_name},
                    {"format", t.format},
                    {"shape", t.shape},
                    {"bytes", t.bytes.size()}});
  }
  return list;
}

void print_json(const nlohmann::json& root) {
  print_out("{}\n", root.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// Bytes of a token by cache format, of those that can hold the model's heads.
std::vector<std::pair<std::string, double>> cache_sizes(const graph::Graph& graph) {
  std::vector<std::pair<std::string, double>> sizes;
  for (const quant::CacheFormat& format : quant::cache_formats()) {
    if (const auto bytes = graph::cache_bytes_per_token(graph, format.name))
      sizes.emplace_back(format.name, *bytes);
  }
  return sizes;
}

nlohmann::json model_json(const io::Checkpoint& checkpoint, const graph::Model& model) {
  const graph::Parameters parameters = graph::count_parameters(model.main);
  const auto caches = cache_sizes(model.main);
  nlohmann::json root = {
      {"family", model.family},
      {"layers", model.layers},
      {"hidden_size", model.hidden_size},
      {"vocab_size", model.vocab_size},
      {"max_positions", model.max_positions},
      {"parameters", {{"total", parameters.total}, {"active", parameters.active}}},
      {"cache_bytes_per_token", std::map<std::string, double>(caches.begin(), caches.end())},
      {"file_bytes", checkpoint.file_bytes()}};
  if (model.draft) root["draft_parameters"] = graph::count_parameters(*model.draft).total;
  return root;
}

void fact(std::string_view name, const std::string& value) {
  print_out("{:<18}{}\n", name, value);
}

/// 135 -> "135", 7082752 -> "7.08 M", 671e9 -> "671.00 B".
std::string readable_count(int64_t count) {
  const auto value = static_cast<double>(count);
  if (count >= 1'000'000'000) return fmt::format("{:.2f} B", value / 1e9);
  return count >= 10'000 ? fmt::format("{:.2f} M", value / 1e6) : std::to_string(count);
}

void print_model(const io::Checkpoint& checkpoint, const graph::Model& model) {
  const graph::Parameters parameters = graph::count_parameters(model.main);
  fact("family", model.family);
  fact("layers", std::to_string(model.layers));
  fact("hidden size", std::to_string(model.hidden_size));
  fact("vocabulary", std::to_string(model.vocab_size));
  fact("positions", std::to_string(model.max_positions));
  fact("parameters", fmt::format("{} total, {} active for a token", readable_count(parameters.total),
                                 readable_count(parameters.active)));
  if (model.draft) {
    fact("draft module", readable_count(graph::count_parameters(*model.draft).total) +
                             " with the embedding and head it shares");
  }
  std::string caches;
  for (const auto& [format, bytes] : cache_sizes(model.main))
    caches += fmt::format("{}{} {}", caches.empty() ? "" : ", ", format, plan::readable_bytes(bytes));
  fact("cache of a token", caches);
  fact("files", fmt::format("{}, {}", checkpoint.files().size(),
                            plan::readable_bytes(static_cast<double>(checkpoint.file_bytes()))));
  print_out("\n");
}

void print_tensors(const Tensors& tensors) {
  print_out("{:<10} {:>8} {:>16} {:>12}\n", "format", "tensors", "elements", "bytes");
  for (const auto& [format, sum] : sum_formats(tensors)) {
    print_out("{:<10} {:>8} {:>16} {:>12}\n", format, sum.tensors, sum.elements,
              plan::readable_bytes(static_cast<double>(sum.bytes)));
  }
  size_t width = 6;
  for (const io::Tensor& t : tensors) width = std::max(width, t.name.size());
  width = std::min<size_t>(width, 100);
  print_out("\n{:<{}} {:<8} {:>12}  {}\n", "tensor", width, "format", "bytes", "shape");
  for (const io::Tensor& t : tensors) {
    print_out("{:<{}} {:<8} {:>12}  [{}]\n", t.name, width, t.format,
              plan::readable_bytes(static_cast<double>(t.bytes.size())), fmt::join(t.shape, ", "));
  }
}

/// Scales of 0, Inf and NaN of one weight.
struct FaultyScales {
  std::string tensor;
  stored::ScaleFaults faults;
};

/// The weights of the model that have such scales; every scale of the checkpoint is read.
std::vector<FaultyScales> faulty_scales(const io::Checkpoint& checkpoint, const graph::Model& model) {
  std::vector<FaultyScales> list;
  for (const auto& [tensor, role] : tensor_roles(model)) {
    if (!stored::find_shape(checkpoint, tensor)) continue;
    const stored::StoredMatrix matrix = stored::stored_matrix(checkpoint, tensor);
    const stored::ScaleFaults faults = stored::scale_faults(matrix);
    stored::release(checkpoint, matrix);
    if (faults.zero + faults.infinite + faults.nan > 0) list.push_back({tensor, faults});
  }
  return list;
}

/// Reading all scales of a model larger than this takes longer than one wants to wait.
constexpr uint64_t kMostScanned = uint64_t{8} << 30;

void print_scales(const std::vector<FaultyScales>& list) {
  if (list.empty()) return;
  print_out("\n{:<60} {:>10} {:>8} {:>8} {:>8}\n", "scales of weights", "scales", "0", "Inf", "NaN");
  for (const auto& [tensor, faults] : list) {
    print_out("{:<60} {:>10} {:>8} {:>8} {:>8}\n", tensor, faults.scales, faults.zero, faults.infinite,
              faults.nan);
  }
}

nlohmann::json scales_json(const std::vector<FaultyScales>& list) {
  nlohmann::json json = nlohmann::json::array();
  for (const auto& [tensor, faults] : list) {
    json.push_back({{"tensor", tensor},
                    {"scales", faults.scales},
                    {"zero", faults.zero},
                    {"infinite", faults.infinite},
                    {"nan", faults.nan}});
  }
  return json;
}

/// A file of tensors and nothing beside it that says what model they are of.
bool is_bare(const std::filesystem::path& path) {
  std::error_code error;
  return path.extension() == ".safetensors" && std::filesystem::is_regular_file(path, error) &&
         !std::filesystem::exists(path.parent_path() / "config.json", error);
}

int inspect_bare(const Arguments& arguments) {
  const io::SafetensorsFile file(arguments.model);
  if (arguments.json) {
    print_json({{"family", nullptr}, {"tensors", tensors_json(file.tensors())}});
  } else {
    print_tensors(file.tensors());
  }
  return 0;
}

}  // namespace

int inspect(const Arguments& arguments) {
  if (is_bare(arguments.model)) return inspect_bare(arguments);
  const std::unique_ptr<io::Checkpoint> checkpoint = io::open(arguments.model);
  const graph::Model model = graph::build_model(checkpoint->config(), {.draft = true});
  stored::check_quantization(*checkpoint);
  std::vector<FaultyScales> scales;
  if (checkpoint->file_bytes() <= kMostScanned) scales = faulty_scales(*checkpoint, model);
  if (arguments.json) {
    nlohmann::json root = model_json(*checkpoint, model);
    root["tensors"] = tensors_json(checkpoint->tensors());
    root["faulty_scales"] = scales_json(scales);
    print_json(root);
  } else {
    print_model(*checkpoint, model);
    print_tensors(checkpoint->tensors());
    print_scales(scales);
  }
  return 0;
}

}  // namespace clinfer::cli
