#include <doctest/doctest.h>

#include "host/io/gguf_types.h"
#include "host/kernels/row_groups.h"
#include "host/kernels/weight_layout.h"
#include "host/run/weight_load.h"
#include "host/run/weight_source.h"
#include "tests/host_io/fault_message.h"
#include "tests/model/generated_model.h"

using namespace clinfer;

namespace {

/// All matrices of a checkpoint as weights of a format (theirs where it is empty), some in groups of rows.
std::vector<graph::Weight> weights_of(const io::Checkpoint& checkpoint, const std::string& format) {
  std::vector<graph::Weight> weights;
  for (const io::Tensor& tensor : checkpoint.tensors()) {
    const run::StoredMatrix shape = stored::stored_shape(checkpoint, tensor.name);
    graph::Weight weight;
    weight.tensors = {tensor.name};
    weight.vector = tensor.shape.size() == 1;
    weight.format = format.empty() || weight.vector ? std::string(shape.format->name) : format;
    weight.rows = shape.rows;
    weight.cols = shape.cols;
    if (!weight.vector && weight.format == "f16" && weight.rows % kernels::kGroupRows == 0)
      weight.row_group = kernels::kGroupRows;
    weights.push_back(weight);
  }
  return weights;
}

using Bytes = std::vector<std::byte>;

std::vector<Bytes> memory_for(const std::vector<graph::Weight>& weights) {
  std::vector<Bytes> memory;
  for (const graph::Weight& weight : weights)
    memory.emplace_back(static_cast<size_t>(kernels::layout_of(weight).bytes), std::byte{0xEE});
  return memory;
}

std::vector<run::WeightPlace> places_in(const std::vector<graph::Weight>& weights,
                                        std::vector<Bytes>& memory) {
  std::vector<run::WeightPlace> places;
  for (size_t i = 0; i < weights.size(); ++i) places.push_back({weights[i], memory[i]});
  return places;
}

}  // namespace

TEST_CASE("weights come by threads as they come one after another") {
  const auto checkpoint = io::open(tests::generated_model("qwen3"));
  for (const char* format : {"", "f16", "int8_row"}) {
    CAPTURE(format);
    const std::vector<graph::Weight> weights = weights_of(*checkpoint, format);
    std::vector<Bytes> memory = memory_for(weights);
    int64_t told = 0;
    run::WeightLoad load(
        places_in(weights, memory), {}, *checkpoint, nullptr, [&](int64_t bytes) { told += bytes; }, nullptr);
    load.wait();
    int64_t grouped = 0;
    int64_t bytes = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      Bytes alone(memory[i].size(), std::byte{0xEE});
      run::load_weight(weights[i], *checkpoint, [&](int64_t offset, std::span<const std::byte> piece) {
        std::copy(piece.begin(), piece.end(), alone.begin() + offset);
        bytes += std::ssize(piece);
      });
      kernels::group(weights[i], alone);
      grouped += weights[i].row_group > 1 ? 1 : 0;
      CHECK_MESSAGE(memory[i] == alone, weights[i].tensors.front());
    }
    CHECK(told == bytes);
    CHECK((grouped > 5) == (std::string_view(format) == "f16"));
  }
}

TEST_CASE("behind the weights the first pages of caches are touched") {
  const auto checkpoint = io::open(tests::generated_model("qwen3"));
  const std::vector<graph::Weight> weights = weights_of(*checkpoint, "");
  std::vector<Bytes> memory = memory_for(weights);
  std::vector<Bytes> caches(70, Bytes(3, std::byte{0xEE}));
  run::WeightLoad load(
      places_in(weights, memory), {caches.begin(), caches.end()}, *checkpoint, nullptr, [](int64_t) {},
      nullptr);
  load.wait();
  for (const Bytes& cache : caches) CHECK(cache == Bytes{std::byte{0}, std::byte{0xEE}, std::byte{0xEE}});
}

TEST_CASE("the fault of a weight reaches who waits, and an abandoned load ends") {
  const auto checkpoint = io::open(tests::generated_model("qwen3"));
  std::vector<graph::Weight> weights = weights_of(*checkpoint, "");
  std::vector<Bytes> memory = memory_for(weights);
  weights[weights.size() / 2].tensors = {"no.such.tensor"};
  const auto nothing = [](int64_t) {};
  run::WeightLoad load(places_in(weights, memory), {}, *checkpoint, nullptr, nothing, nullptr);
  CHECK(test::contains(test::fault_message(Fault::model, [&] { load.wait(); }), "no.such.tensor"));
  { const run::WeightLoad abandoned(places_in(weights, memory), {}, *checkpoint, nullptr, nothing, nullptr); }
}

TEST_CASE("a piece that does not lie in a weight's memory is refused") {
  graph::Weight weight;
  weight.tensors = {"w"};
  weight.format = "f32";
  weight.rows = 2;
  weight.cols = 8;
  Bytes memory(64);
  const kernels::LayoutSink sink = kernels::placing(weight, memory);
  const Bytes piece(32);
  for (const int64_t offset : {-1, 33, 65}) {
    CAPTURE(offset);
    test::fault_message(Fault::run, [&] { sink(offset, piece); });
  }
  sink(32, piece);
}
