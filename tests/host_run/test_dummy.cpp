#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

#include "graph/models/models.h"
#include "host/kernels/weight_layout.h"
#include "host/run/dummy_checkpoint.h"
#include "host/run/dummy_weights.h"
#include "host/run/weight_source.h"
#include "quant/error.h"
#include "quant/format.h"
#include "tests/host_cl/usable_devices.h"

using namespace clinfer;

namespace {

std::vector<uint8_t> filled(const cl::Device& device, const graph::Weight& weight) {
  const cl::Buffer buffer = device.allocate(kernels::layout_of(weight).bytes);
  device.fill(buffer, 0xFF, 0, buffer.bytes());
  run::DummyWeights(device).fill(weight, buffer);
  std::vector<uint8_t> bytes(static_cast<size_t>(buffer.bytes()));
  device.read(buffer, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::vector<float> values_of(const graph::Weight& weight, const std::vector<uint8_t>& bytes, int64_t expert) {
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  std::vector<float> values(static_cast<size_t>(weight.rows * weight.cols));
  for (int64_t row = 0; row < weight.rows; ++row)
    quant::find_format(weight.format)
        ->decode_row(bytes.data() + expert * layout.expert_code_bytes,
                     bytes.data() + layout.scales_offset + expert * layout.expert_scale_bytes, row,
                     weight.cols, values.data() + row * weight.cols);
  return values;
}

double deviation_of(const std::vector<float>& values) {
  double squares = 0;
  for (const float v : values) squares += static_cast<double>(v) * v;
  return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace

TEST_CASE("dummy weights: every format, of one deviation, the same each time, experts unlike") {
  const cl::Device device(cl::usable_devices().front());
  for (const quant::Format& format : quant::device_formats()) {
    CAPTURE(format.name);
    // More rows than a block of rows has, and no multiple of a scale's rows.
    const graph::Weight weight{{"w"}, 2, 600, 32768, std::string(format.name)};
    const std::vector<uint8_t> bytes = filled(device, weight);
    CHECK(bytes == filled(device, weight));
    const std::vector<float> first = values_of(weight, bytes, 0);
    CHECK(first != values_of(weight, bytes, 1));
    CHECK(deviation_of(first) == doctest::Approx(1 / std::sqrt(32768.0)).epsilon(0.1));
  }
}

TEST_CASE("dummy checkpoint: what every published configuration implies is there") {
  for (const auto& file : std::filesystem::directory_iterator("configs/architectures")) {
    CAPTURE(file.path().string());
    const run::DummyCheckpoint checkpoint(file.path().string(), 0);
    CHECK_NOTHROW(run::check_weights(graph::build_model(checkpoint.config()).main, checkpoint));
  }
}

TEST_CASE("dummy checkpoint: the first layers alone") {
  const run::DummyCheckpoint checkpoint("configs/architectures/deepseek_v3.json", 4);
  CHECK(graph::build_model(checkpoint.config()).layers == 4);
  CHECK(checkpoint.find("model.layers.3.mlp.experts.255.up_proj.weight") != nullptr);
  CHECK(checkpoint.find("model.layers.4.input_layernorm.weight") == nullptr);
  CHECK_THROWS_WITH_AS(run::DummyCheckpoint("configs/architectures/deepseek_v3.json", 62),
                       doctest::Contains("at most the 61 layers"), Error);
}
