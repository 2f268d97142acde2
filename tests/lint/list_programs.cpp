// Prints every kernel program that plans may ask for, one a line: its entry file and its constants. The plans
// are those of the models in tests/models, in every weight and cache format, and of the small ones in
// tests/data/families as they are stored, for a made-up CPU and a made-up GPU. Fails when a variant's
// programs were not among them.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include "graph/models/native_sparse_block.h"
#include "graph/passes/set_cache_format.h"
#include "host/encode/encoder.h"
#include "host/io/checkpoint.h"
#include "host/io/config_json.h"
#include "host/kernels/row_tiles.h"
#include "host/kernels/variant.h"
#include "host/run/engine.h"
#include "quant/cache_format.h"
#include "quant/error.h"
#include "quant/format.h"
#include "tests/model/generated_model.h"

using namespace clinfer;

namespace {

graph::DeviceInfo made_up_device(bool is_cpu) {
  graph::DeviceInfo device;
  device.id = is_cpu ? "cpu0" : "gpu0";
  device.name = "made-up";
  device.is_cpu = is_cpu;
  device.is_gpu = !is_cpu;
  device.compute_units = 8;
  device.global_bytes = int64_t{64} << 30;
  device.max_alloc_bytes = int64_t{16} << 30;
  device.local_bytes = 48 << 10;
  device.max_work_group = 1024;
  device.probes = {true, true, true, is_cpu, is_cpu, is_cpu, is_cpu, !is_cpu, !is_cpu, !is_cpu};
  device.usable = true;
  return device;
}

/// Integers are multiplied in pairs of shorts there.
graph::DeviceInfo without_vnni(graph::DeviceInfo cpu) {
  cpu.probes.x86_vnni_asm = cpu.probes.x86_amx_int8 = false;
  return cpu;
}

/// Weights with quantised activations: every way that the kernels take apart.
constexpr std::pair<const char*, const char*> kQuantised[] = {{"fp8_e4m3_128x128", "fp8_e4m3_1x128"},
                                                              {"fp8_e4m3_128x128", "mxint8"},
                                                              {"q4_1", "fp8_e4m3_1x128"},
                                                              {"q4_1", "int8_g32"},
                                                              {"q4_0", "int8_g32"},
                                                              {"q5_0", "int8_g32"},
                                                              {"q4_k", "int8_g32"},
                                                              {"int4_g128_asym", "int8_g32"},
                                                              {"iq4_nl", "int8_g32"},
                                                              {"mxfp4", "int8_g32"},
                                                              {"bf16", "bf16"},
                                                              {"q4_1", "bf16"},
                                                              {"mxint8", "mxint8"},
                                                              {"int8_row", "mxint8"}};

struct Found {
  std::set<std::string> programs;
  std::set<std::string> variants;
};

/// Every variant that supports the node, not only the one the plan took.
void collect(const kernels::OpContext& context, Found& found) {
  for (const kernels::Variant& variant : kernels::variants_of(context.node.op)) {
    if (!variant.supports(context).ok) continue;
    found.variants.insert(std::string(variant.name));
    for (const kernels::Launch& launch : variant.prepare(context).launches) {
      std::string line = launch.program.entry;
      for (const std::string& define : launch.program.defines) line += " -D" + define;
      found.programs.insert(std::move(line));
    }
  }
}

void collect(const io::Checkpoint& checkpoint, const run::EngineOptions& options, Found& found) {
  for (const auto& plan : run::make_plans(checkpoint, options).list) {
    for (const graph::Node& node : plan->graph.nodes) {
      collect({plan->graph, node, options.devices.front(), plan->most}, found);
    }
  }
}

template <size_t... kIndex>
std::set<std::string> all_variants(std::index_sequence<kIndex...>) {
  std::set<std::string> names;
  const auto add = [&](const graph::Op& op) {
    for (const kernels::Variant& variant : kernels::variants_of(op)) names.insert(std::string(variant.name));
  };
  (add(std::variant_alternative_t<kIndex, graph::Op>{}), ...);
  return names;
}

bool is_known(const std::string& type) {
  for (const graph::Family& family : graph::families()) {
    if (std::find(family.model_types.begin(), family.model_types.end(), type) != family.model_types.end())
      return true;
  }
  return false;
}

/// Ops that only some families have.
void collect_families(Found& found) {
  for (const std::string& name : tests::generated_models()) {
    const std::string folder = tests::generated_model(name);
    if (!is_known(io::read_config_json(folder + "/config.json").string("model_type"))) continue;
    const auto checkpoint = io::open(folder);
    for (const bool is_cpu : {true, false}) {
      run::EngineOptions options;
      options.devices = {made_up_device(is_cpu)};
      collect(*checkpoint, options, found);
    }
  }
}

/// Ops of a block that no family has.
void collect_native_sparse(Found& found) {
  graph::NativeSparseBlock block;
  block.heads = block.kv_heads = 1;
  block.hidden = block.head_dim = 32;
  graph::Builder b("native_sparse");
  const auto x = b.input("x", {graph::DType::f32, graph::kTokens, block.hidden});
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  const auto table = b.constant("inv_freq", std::vector<float>(16));
  b.output(graph::native_sparse_attention(b, block, "block", x, positions, table), "y");
  graph::Graph graph = b.finish(0);
  for (const quant::CacheFormat& cache : quant::cache_formats()) {
    graph::set_cache_format(graph, std::string(cache.name));
    for (const bool is_cpu : {true, false}) {
      for (const graph::Node& node : graph.nodes) {
        if (std::holds_alternative<graph::Linear>(node.op)) continue;  // its weight has no format
        collect({graph, node, made_up_device(is_cpu), {64, 64, 4096}}, found);
      }
    }
  }
}

/// A router's option that no family uses.
void collect_capacity(Found& found) {
  graph::Builder b("router");
  const auto logits = b.input("logits", {graph::DType::f32, graph::kTokens, 8});
  const graph::Router op{.experts = 8, .top_k = 2, .capacity = 1.25f};
  b.output(b.result(b.add(op, "ids", {logits}), 1), "weights");
  const graph::Graph graph = b.finish(0);
  for (const bool is_cpu : {true, false})
    collect({graph, graph.nodes.front(), made_up_device(is_cpu), {64, 64, 64}}, found);
}

/// Absorbed attention over latents as wide as published models have them.
void collect_latents(Found& found) {
  graph::Attention op;
  op.heads = 16;
  op.key_dim = 576;
  op.value_dim = 512;
  graph::Builder b("latents");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, op.heads * op.key_dim});
  const auto latents = b.cache("latents", 576, 512, 64);
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  b.output(b.add(op, "y", {q, latents, latents, positions}), "y");
  graph::Graph graph = b.finish(0);
  for (const char* format : {"f32", "f16", "bf16", "fp8_e4m3"}) {
    graph::set_cache_format(graph, format);
    for (const bool is_cpu : {true, false})
      collect({graph, graph.nodes.front(), made_up_device(is_cpu), {8, 8, 4096}}, found);
  }
}

/// Products with rows longer than those of tests/models: the same format on both sides, rows in tiles.
void collect_long_rows(const char* weights, const char* activations, Found& found) {
  graph::Builder b("long_rows");
  const auto x = b.input("x", {graph::DType::f32, graph::kTokens, 1024, activations});
  const auto ids = b.input("ids", {graph::DType::i32, graph::kTokens, 2});
  const auto experts = b.expert_weight("e", {"e"}, 4, 64, 1024);
  b.output(b.add(graph::Linear{}, "linear", {x, b.weight("w", 1024, 1024)}), "y");
  b.output(b.add(graph::ExpertLinear{}, "expert_linear", {x, ids, experts}), "z");
  const auto gate = b.weight("gate", 128, 1024);
  b.output(b.add(graph::Glu{.format = "fp8_e4m3_1x128"}, "gated", {x, gate, b.weight("up", 128, 1024)}),
           "gated");
  graph::Graph graph = b.finish(0);
  for (graph::Value& value : graph.values) {
    auto* weight = std::get_if<graph::Weight>(&value.source);
    if (weight == nullptr) continue;
    weight->format = weights;
    weight->row_group = kernels::kTileRows;
  }
  for (const graph::Node& node : graph.nodes) {
    for (const int64_t tokens : {8, 64})
      collect({graph, node, made_up_device(false), {tokens, tokens, tokens}}, found);
  }
}

Found collect_all() {
  Found found;
  for (const auto& entry : std::filesystem::directory_iterator("tests/models")) {
    const auto checkpoint = io::open(entry.path().string());
    for (const bool is_cpu : {true, false}) {
      run::EngineOptions options;
      options.devices = {made_up_device(is_cpu)};
      options.draft = checkpoint->config().has("num_nextn_predict_layers");
      for (const quant::CacheFormat& cache : quant::cache_formats()) {
        options.cache_format = std::string(cache.name);
        collect(*checkpoint, options, found);
      }
      options.cache_format = "f32";
      for (const quant::Format& format : quant::device_formats()) {
        options.weights_format = std::string(format.name);
        options.activations_format = "keep";
        collect(*checkpoint, options, found);
        for (const auto& [weights, activations] : kQuantised) {
          if (format.name != weights) continue;
          options.activations_format = activations;
          collect(*checkpoint, options, found);
          if (!is_cpu) continue;
          run::EngineOptions plain = options;
          plain.devices = {without_vnni(options.devices.front())};
          collect(*checkpoint, plain, found);
        }
      }
    }
  }
  return found;
}

/// The quantisers, which no plan asks for.
void collect_encoders(Found& found) {
  for (const bool is_cpu : {true, false}) {
    graph::DeviceInfo device = made_up_device(is_cpu);
    device.probes.fp32_denormals = is_cpu;
    for (const quant::Format& format : quant::formats()) {
      for (const cl::ProgramSource& program : encode::encoder_programs(device, format)) {
        std::string line = program.entry;
        for (const std::string& define : program.defines) line += " -D" + define;
        found.programs.insert(std::move(line));
      }
    }
  }
}

}  // namespace

int main() try {
  Found found = collect_all();
  collect_families(found);
  collect_native_sparse(found);
  collect_capacity(found);
  collect_latents(found);
  collect_long_rows("fp8_e4m3_128x128", "fp8_e4m3_1x128", found);
  collect_long_rows("bf16", "bf16", found);
  collect_encoders(found);
  found.programs.insert(
      "chain.cl -DCHAIN_SCRATCH=1 -DX86_LINUX=0 -DCHAIN_FUNCTIONS(form)="
      " -DCHAIN_CALL(function,worker,workers,pointers,args,scratch)=(void)(function)");
  for (const char* ptx : {"0", "1"}) {
    found.programs.insert(
        std::string("chain_groups.cl -DPTX_ASM=") + ptx + " -DCHAIN_PTX=" + ptx +
        " -DCHAIN_LOCAL=1024 -DCHAIN_RECORD=64 -DCHAIN_THREADS=64 -DCHAIN_FUNCTIONS(form)="
        " -DCHAIN_CALL(function,group,groups,workers,pointers,args,memory,scratch,begun)=(void)(begun)"
        " -DCHAIN_BEGIN(function,group,workers,pointers,args,memory)=(void)(function)");
  }
  for (const std::string& program : found.programs) std::puts(program.c_str());
  int missed = 0;
  for (const std::string& name : all_variants(std::make_index_sequence<std::variant_size_v<graph::Op>>{})) {
    if (found.variants.contains(name)) continue;
    std::fprintf(stderr, "no model of tests/models or tests/data/families has a node for %s\n", name.c_str());
    ++missed;
  }
  return missed == 0 ? 0 : 1;
} catch (const Error& error) {
  std::fprintf(stderr, "list_programs: %s\n", error.what());
  return 1;
}
