#include <doctest/doctest.h>

#include "host/run/engine.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/host_io/fault_message.h"
#include "tests/host_run/altered_checkpoint.h"
#include "tests/model/generated_model.h"

using namespace clinfer;
using namespace clinfer::tests;
using test::contains;

namespace {

std::string llama() {
  return generated_model("llama2");
}

std::string deepseek() {
  return generated_model("deepseek_v3");
}

run::EngineOptions options_of(bool draft = false) {
  run::EngineOptions options;
  REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
  options.devices = {cl::usable_devices().front()};
  options.draft = draft;
  return options;
}

/// The message of that fault when plans are made: nothing has been allocated yet.
std::string plan_fault(Fault fault, const std::string& from, const Alteration& alteration,
                       bool draft = false) {
  const test::TemporaryFolder folder;
  const std::string path = alter_checkpoint(from, folder, alteration);
  return test::fault_message(fault, [&] { run::make_plans(*io::open(path), options_of(draft)); });
}

std::string without(const std::string& from, const std::string& tensor, bool draft = false) {
  return plan_fault(Fault::model, from, {.tensors = [&](auto& tensors) { drop_tensor(tensors, tensor); }},
                    draft);
}

std::string engine_fault(Fault fault, const run::EngineOptions& options) {
  const auto checkpoint = io::open(llama());
  cl::ProgramCache programs;
  return test::fault_message(fault, [&] { run::Engine(*checkpoint, options, programs, {}); });
}

}  // namespace

TEST_CASE("a missing tensor is named") {
  for (const char* name : {"model.layers.1.mlp.up_proj.weight", "model.norm.weight", "lm_head.weight",
                           "model.embed_tokens.weight", "model.layers.0.input_layernorm.weight"})
    CHECK(contains(without(llama(), name), name));
  const std::string expert = "model.layers.1.mlp.experts.5.down_proj.weight";
  CHECK(contains(without(deepseek(), expert), expert));
  const std::string bias = "model.layers.2.mlp.gate.e_score_correction_bias";
  CHECK(contains(without(deepseek(), bias), bias));
}

TEST_CASE("a configuration that does not fit the tensors names one of them, with both shapes") {
  const std::string vocab =
      plan_fault(Fault::model, llama(), {.config = {{"\"vocab_size\": 320", "\"vocab_size\": 321"}}});
  CHECK(contains(vocab, "model.embed_tokens.weight"));
  CHECK(contains(vocab, "[320, 64]"));
  CHECK(contains(vocab, "[321, 64]"));
  const auto change = [](const std::string& before, const std::string& after) {
    return plan_fault(Fault::model, llama(), {.config = {{before, after}}});
  };
  CHECK(contains(change("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4"), "model.layers.3."));
  CHECK(contains(change("\"intermediate_size\": 112", "\"intermediate_size\": 96"), "mlp."));
  CHECK(contains(change("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 4"), "k_proj"));
  CHECK(contains(change("\"head_dim\": 16", "\"head_dim\": 32"), "q_proj"));
}

TEST_CASE("FP8 without its scales, or with scales of another shape, is refused") {
  const std::string fp8 = generated_model("deepseek_v3_fp8");
  const std::string name = "model.layers.0.self_attn.o_proj.weight";
  CHECK(contains(without(fp8, name + "_scale_inv"), name));
  const auto reshape = [&](auto& tensors) {
    for (io::TensorToWrite& t : tensors) {
      if (t.name == "model.layers.0.mlp.gate_proj.weight_scale_inv") std::swap(t.shape[0], t.shape[1]);
    }
  };
  CHECK(contains(plan_fault(Fault::model, fp8, {.tensors = reshape}), "gate_proj.weight_scale_inv"));
}

TEST_CASE("a type that is no weight format is refused") {
  const auto retype = [](auto& tensors) {
    for (io::TensorToWrite& t : tensors) {
      if (t.name != "model.layers.0.mlp.up_proj.weight") continue;
      t.format = "i8";
      t.shape.back() *= 2;  // as many bytes as of bf16
    }
  };
  const std::string message = plan_fault(Fault::model, llama(), {.tensors = retype});
  CHECK(contains(message, "up_proj"));
  CHECK(contains(message, "i8"));
}

TEST_CASE("a draft module that is not there is a fault of usage, half of one a fault of the model") {
  CHECK(contains(plan_fault(Fault::usage, llama(), {}, true), "mtp"));
  CHECK(contains(plan_fault(Fault::usage, deepseek(), {}, true), "mtp"));  // announced, but not in the file
  const std::string norm = "model.layers.0.input_layernorm.weight";
  const auto half = [&](auto& tensors) {
    for (const io::TensorToWrite& t : tensors) {
      if (t.name != norm) continue;
      io::TensorToWrite twin = t;
      twin.name = "model.layers.3.input_layernorm.weight";
      tensors.push_back(twin);
      break;
    }
  };
  CHECK(contains(plan_fault(Fault::model, deepseek(), {.tensors = half}, true), "model.layers.3."));
}

TEST_CASE("too little memory is told with the numbers before anything is read") {
  run::EngineOptions options = options_of();
  options.devices[0].global_bytes = 300 << 10;
  const std::string message = engine_fault(Fault::memory, options);
  for (const char* part : {"weights", "caches", "values", "256 tokens", "1 MiB"})
    CHECK(contains(message, part));
  options = options_of();
  options.devices[0].max_alloc_bytes = 1 << 14;
  CHECK(contains(engine_fault(Fault::memory, options), "one buffer"));
}

TEST_CASE("options that do not fit the model are faults of usage") {
  run::EngineOptions options = options_of();
  options.max_context = 257;
  CHECK(contains(engine_fault(Fault::usage, options), "256"));
  options = options_of();
  options.weights_format = "q3_k";
  CHECK(contains(engine_fault(Fault::usage, options), "q3_k"));
  options = options_of();
  options.cache_format = "f8";
  CHECK(contains(engine_fault(Fault::usage, options), "f8"));
  options = options_of();
  options.force_variant["linear"] = "linear/none";
  CHECK(contains(engine_fault(Fault::usage, options), "linear/rows"));
}

TEST_CASE("calls that do not fit are refused, and the engine goes on") {
  const auto checkpoint = io::open(llama());
  cl::ProgramCache programs;
  run::Engine engine(*checkpoint, options_of(), programs, {});
  const std::vector<int32_t> ids = {1, 2, 3};
  const auto call = [&](std::vector<int32_t> tokens, int64_t position, std::vector<int32_t> rows) {
    return [&engine, tokens, position, rows] { engine.forward(tokens, position, rows); };
  };
  CHECK(contains(test::fault_message(Fault::usage, call({320}, 0, {0})), "320"));
  CHECK(contains(test::fault_message(Fault::usage, call({-1}, 0, {0})), "-1"));
  for (const auto& bad : {call({}, 0, {}), call(ids, 0, {3}), call(ids, 0, {-1}), call(ids, 0, {}),
                          call(ids, -1, {0}), call(ids, 254, {0}), call(ids, int64_t{1} << 62, {0})})
    CHECK_FALSE(contains(test::fault_message(Fault::run, bad), "no error"));
  CHECK(engine.forward(ids, 253, std::vector<int32_t>{2}).size() == 320);
}
