#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "graph/models/models.h"
#include "graph/parameters.h"
#include "host/cli/arguments.h"
#include "host/io/checkpoint.h"
#include "host/plan/print.h"

namespace clinfer::cli {
namespace {

struct FormatSum {
  int64_t tensors = 0;
  int64_t elements = 0;
  int64_t bytes = 0;
};

int64_t elements_of(const io::Tensor& tensor) {
  int64_t count = 1;
  for (int64_t dim : tensor.shape) count *= dim;
  return count;
}

std::map<std::string, FormatSum> sum_formats(const io::Checkpoint& checkpoint) {
  std::map<std::string, FormatSum> sums;
  for (const io::Tensor& tensor : checkpoint.tensors()) {
    FormatSum& sum = sums[tensor.format];
    ++sum.tensors;
    sum.elements += elements_of(tensor);
    sum.bytes += static_cast<int64_t>(tensor.bytes.size());
  }
  return sums;
}

nlohmann::json tensors_json(const io::Checkpoint& checkpoint) {
  nlohmann::json list = nlohmann::json::array();
  for (const io::Tensor& t : checkpoint.tensors()) {
    list.push_back({{"name", t.name},
                    {"stored_name", t.stored_name},
                    {"format", t.format},
                    {"shape", t.shape},
                    {"bytes", t.bytes.size()}});
  }
  return list;
}

void print_json(const io::Checkpoint& checkpoint, const graph::Model& model,
                const graph::Parameters& parameters) {
  nlohmann::json root = {{"family", model.family},
                         {"layers", model.layers},
                         {"hidden_size", model.hidden_size},
                         {"vocab_size", model.vocab_size},
                         {"max_positions", model.max_positions},
                         {"parameters", {{"total", parameters.total}, {"active", parameters.active}}},
                         {"cache_bytes_per_token_f32", graph::cache_bytes_per_token(model.main)},
                         {"file_bytes", checkpoint.file_bytes()},
                         {"tensors", tensors_json(checkpoint)}};
  if (model.draft) root["draft_parameters"] = graph::count_parameters(*model.draft).total;
  fmt::print("{}\n", root.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string millions(int64_t count) {
  return fmt::format("{:.2f} M", static_cast<double>(count) / 1e6);
}

void print_text(const io::Checkpoint& checkpoint, const graph::Model& model,
                const graph::Parameters& parameters) {
  fmt::print(
      "family            {}\nlayers            {}\nhidden size       {}\nvocabulary        {}\npositions     "
      "    {}\n",
      model.family, model.layers, model.hidden_size, model.vocab_size, model.max_positions);
  fmt::print("parameters        {} total, {} active for a token\n", millions(parameters.total),
             millions(parameters.active));
  if (model.draft)
    fmt::print("draft module      {} with the embedding and head it shares\n",
               millions(graph::count_parameters(*model.draft).total));
  const double cache = graph::cache_bytes_per_token(model.main);
  fmt::print("cache             {} a token in f32, {} in f16\n", plan::readable_bytes(cache),
             plan::readable_bytes(cache / 2));
  fmt::print("files             {}, {}\n\n", checkpoint.files().size(),
             plan::readable_bytes(static_cast<double>(checkpoint.file_bytes())));
  fmt::print("{:<10} {:>8} {:>16} {:>12}\n", "format", "tensors", "elements", "bytes");
  for (const auto& [format, sum] : sum_formats(checkpoint)) {
    fmt::print("{:<10} {:>8} {:>16} {:>12}\n", format, sum.tensors, sum.elements,
               plan::readable_bytes(static_cast<double>(sum.bytes)));
  }
  fmt::print("\n");
  for (const io::Tensor& t : checkpoint.tensors()) {
    fmt::print("{:<72} {:<8} [{}] {}\n", t.name, t.format, fmt::join(t.shape, ", "),
               plan::readable_bytes(static_cast<double>(t.bytes.size())));
  }
}

}  // namespace

int inspect(const Arguments& arguments) {
  const std::unique_ptr<io::Checkpoint> checkpoint = io::open(arguments.model);
  const graph::Model model = graph::build_model(checkpoint->config(), {.draft = true});
  const graph::Parameters parameters = graph::count_parameters(model.main);
  arguments.json ? print_json(*checkpoint, model, parameters) : print_text(*checkpoint, model, parameters);
  return 0;
}

}  // namespace clinfer::cli
