#include <algorithm>
#include <charconv>
#include <numeric>

#include "host/cli/arguments.h"
#include "host/cli/setup.h"
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

config::RunConfig config_of(const Arguments& arguments, size_t tokens) {
  std::vector<std::string> values = {"model.path=" + arguments.model};
  values.insert(values.end(), arguments.overrides.begin(), arguments.overrides.end());
  config::RunConfig config = config::load("", values).config;
  if (!arguments.device.empty()) config.device = arguments.device;
  config.weights.format = arguments.weights;
  config.runtime.batch_tokens = std::min<int64_t>(config.runtime.batch_tokens, static_cast<int64_t>(tokens));
  return config;
}

}  // namespace

int logits(const Arguments& arguments) {
  const std::vector<int32_t> ids = parse_ids(arguments.ids);
  const config::RunConfig config = config_of(arguments, ids.size());
  const LoadedModel model = load_model(config, config.runtime.batch_tokens);
  run::Engine& engine = *model.engine;
  if (static_cast<int64_t>(ids.size()) > engine.max_context()) {
    throw Error(Fault::usage, "context_length_exceeded: --ids has " + std::to_string(ids.size()) +
                                  " tokens, the context holds " + std::to_string(engine.max_context()));
  }
  std::vector<float> all;
  const auto batch = static_cast<size_t>(engine.batch_tokens());
  for (size_t first = 0; first < ids.size(); first += batch) {
    const std::span<const int32_t> chunk = std::span(ids).subspan(first, std::min(batch, ids.size() - first));
    std::vector<int32_t> rows(chunk.size());
    std::iota(rows.begin(), rows.end(), 0);
    const std::span<const float> part = engine.forward(chunk, static_cast<int64_t>(first), rows);
    all.insert(all.end(), part.begin(), part.end());
  }
  const std::vector<int64_t> shape = {static_cast<int64_t>(ids.size()), engine.model().vocab_size};
  io::write_safetensors(arguments.out, {{"logits", "f32", shape, std::as_bytes(std::span(all))}});
  return 0;
}

}  // namespace clinfer::cli
