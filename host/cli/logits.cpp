#include <algorithm>
#include <charconv>
#include <numeric>

#include "host/cli/arguments.h"
#include "host/cli/interrupt.h"
#include "host/cli/output.h"
#include "host/cli/prompt.h"
#include "host/cli/setup.h"
#include "host/cli/source.h"
#include "host/io/safetensors_writer.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

std::vector<int32_t> parse_ids(const std::string& text) {
  std::vector<int32_t> ids;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    int32_t id = 0;
    const auto [next, error] = std::from_chars(at, end, id);
    if (error != std::errc{} || id < 0 || (next != end && *next != ',')) break;
    ids.push_back(id);
    at = next == end ? end : next + 1;
    if (at == end && next != end) ids.clear();  // a comma at the end
  }
  if (at != end || ids.empty())
    throw Error(Fault::usage, "--ids: expected token ids like 1,2,3, got \"" + text + "\"");
  return ids;
}

/// The run of these tokens: caches in f32 and no longer than needed, unless --set says otherwise.
config::RunConfig config_of(const Arguments& arguments, const std::vector<int32_t>& ids) {
  std::vector<std::string> values = {"kv_cache.format=f32"};
  if (!arguments.weights.empty()) values.push_back(literal_override("weights.format", arguments.weights));
  config::RunConfig config = load_source(arguments, values).config;
  config.runtime.batch_tokens =
      std::min<int64_t>(config.runtime.batch_tokens, static_cast<int64_t>(ids.size()));
  return config;
}

/// Before the model is loaded: ids that it has, and not more than its context holds.
void check_ids(const std::vector<int32_t>& ids, const graph::Model& model, int64_t context) {
  check_length("--ids", ids.size(), context);
  const int32_t largest = *std::max_element(ids.begin(), ids.end());
  if (largest < model.vocab_size) return;
  throw Error(Fault::usage, "--ids: token id " + std::to_string(largest) + " is outside the vocabulary [0, " +
                                std::to_string(model.vocab_size) + ")");
}

/// Logits of all tokens, [tokens, vocab].
std::vector<float> all_logits(run::Engine& engine, std::span<const int32_t> ids) {
  std::vector<float> all;
  const auto batch = static_cast<size_t>(engine.batch_tokens());
  for (size_t first = 0; first < ids.size(); first += batch) {
    const std::span<const int32_t> chunk = ids.subspan(first, std::min(batch, ids.size() - first));
    std::vector<int32_t> rows(chunk.size());
    std::iota(rows.begin(), rows.end(), 0);
    const std::span<const float> part = engine.forward(chunk, static_cast<int64_t>(first), rows);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

int logits(const Arguments& arguments) {
  const std::vector<int32_t> ids = parse_ids(arguments.ids);
  check_output_path("--out", arguments.out);
  const config::RunConfig config = config_of(arguments, ids);
  std::unique_ptr<io::Checkpoint> checkpoint = io::open(config.model.path);
  check_ids(ids, graph::build_model(checkpoint->config()), context_of(config, *checkpoint));
  const LoadedModel model =
      load_model(config, std::move(checkpoint), {.prefill_outputs = config.runtime.batch_tokens});
  const std::vector<float> all = all_logits(*model.engine, ids);
  const std::vector<int64_t> shape = {static_cast<int64_t>(ids.size()), model.engine->model().vocab_size};
  const GracefulScope whole_file;
  io::write_safetensors(arguments.out, {{"logits", "f32", shape, std::as_bytes(std::span(all))}});
  end_if_interrupted();
  return 0;
}

}  // namespace clinfer::cli
