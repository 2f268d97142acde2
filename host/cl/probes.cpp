#include "host/cl/probes.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "cl_kernels/embedded.h"
#include "host/cl/error.h"
#include "host/cl/kernel.h"
#include "host/cl/program_cache.h"
#include "host/cl/sm_90a.h"
#include "host/cl/source_loader.h"
#include "host/cl/x86_amx.h"

namespace clinfer::cl {

namespace {

constexpr size_t kAnswers = 64;
constexpr const char* kOptions = "-cl-std=CL1.2";
constexpr int kDeathsAllowed = 2;  ///< one death may be a user's kill

using Answers = std::array<int32_t, kAnswers>;

/// The argument of probe/base.cl.
struct ProbeArgs {
  int32_t scale;
  float offset;
};

constexpr std::array kProbes = {
    Probe{"base", &graph::Probes::base},
    Probe{"fp16", &graph::Probes::fp16},
    Probe{"fp32_denormals", &graph::Probes::fp32_denormals},
    Probe{"x86_vnni_asm", &graph::Probes::x86_vnni_asm},
    Probe{"x86_avx512_asm", &graph::Probes::x86_avx512_asm},
    Probe{"x86_amx_int8", &graph::Probes::x86_amx_int8},
    Probe{"x86_amx_bf16", &graph::Probes::x86_amx_bf16},
    Probe{"ptx_asm", &graph::Probes::ptx_asm},
    Probe{"ptx_e4m3", &graph::Probes::ptx_e4m3},
    Probe{"wgmma", &graph::Probes::wgmma},
};

/// 2048 + i in half precision, whose numbers are 2 apart there; ties go to the multiple of 4.
int32_t half_sum(int i) {
  constexpr std::array<int32_t, 4> kRounding = {0, -1, 0, 1};
  return 2048 + i + kRounding[static_cast<size_t>(i % 4)];
}

int32_t question(std::string_view name, int i) {
  return name == "fp32_denormals" ? 2 * i : -1;  // 2 * i are the bits of a denormal
}

int32_t expected(std::string_view name, int i) {
  const float lane = static_cast<float>(i % 16);
  if (name == "base") return 2 * ((63 - i) * 3 + 5);
  if (name == "fp16") return half_sum(i);
  if (name == "fp32_denormals") return i;
  if (name == "ptx_asm") return i * 3 + 7;
  if (name == "wgmma") return 32 * (2 * (i % 4) + 1) * (1 + i / 4 % 2);
  if (name == "ptx_e4m3") return std::bit_cast<int32_t>(2.5f + static_cast<float>(i % 8) / 4.0f);
  const int tile = (i % 16 - 3) * (i / 16 * 5 - 5);
  if (name == "x86_amx_int8") return 32 * tile + 64;
  if (name == "x86_amx_bf16") return std::bit_cast<int32_t>(static_cast<float>(16 * tile + 32));
  if (i >= 16) return -1;  // the other x86 probes answer 16 lanes
  if (name == "x86_vnni_asm") return i + 4 * 200 * -3;
  return std::bit_cast<int32_t>(1.0f + 2.0f * lane);
}

bool contains_word(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

/// Whether the question may be asked at all.
bool worth_asking(std::string_view name, const graph::DeviceInfo& info) {
#if defined(__x86_64__)
  if (name == "x86_vnni_asm") return info.is_cpu && __builtin_cpu_supports("avx512vnni");
  if (name == "x86_avx512_asm") return info.is_cpu && __builtin_cpu_supports("avx512f");
  if (name == "x86_amx_int8") return info.is_cpu && may_use_amx_int8();
  if (name == "x86_amx_bf16") return info.is_cpu && may_use_amx_bf16();
#else
  if (name.starts_with("x86")) return false;
#endif
  // A GPU may compute in half without saying so; a CPU without the extension has no compiler support for it.
  if (name == "fp16") return info.fp16_extension || !info.is_cpu;
  if (name.starts_with("ptx") || name == "wgmma")
    return info.is_gpu && contains_word(info.vendor + info.platform, "NVIDIA");
  return true;
}

ProbeResult ask(const Device& device, const std::string& name, const std::string& text) {
  try {
    const bool hopper = name == "wgmma";
    const Program program =
        (hopper ? build_for_sm_90a : build_from_source)(device, "probe/" + name, text, kOptions, kOptions);
    Kernel kernel(program, "probe");
    Answers answers{};
    for (size_t i = 0; i < kAnswers; ++i) answers[i] = question(name, static_cast<int>(i));
    const Buffer out = device.allocate(sizeof answers);
    device.write(out, std::as_bytes(std::span(answers)));
    kernel.set(0, out);
    if (name == "base") kernel.set(1, ProbeArgs{.scale = 3, .offset = 5.0f});
    const size_t group = name.starts_with("x86") ? 1 : hopper ? 128 : kAnswers;
    kernel.enqueue(device, NdRange({group}, {group}));
    device.read(out, std::as_writable_bytes(std::span(answers)));
    for (size_t i = 0; i < kAnswers; ++i) {
      if (answers[i] == expected(name, static_cast<int>(i))) continue;
      return {false, "probe " + name + " gave a wrong answer at " + std::to_string(i) + ": " +
                         std::to_string(answers[i]) + " instead of " +
                         std::to_string(expected(name, static_cast<int>(i)))};
    }
    return {true, {}};
  } catch (const Error& error) {
    return {false, error.what()};
  }
}

/// What the cache holds about a probe: "yes", "no <reason>" or "asking <pid> <deaths before>".
struct Note {
  std::optional<ProbeResult> result;
  int deaths = 0;
};

Note read_note(const DiskCache& cache, const Digest& key) {
  const auto payload = cache.load(key);
  if (!payload) return {};
  const std::string_view text(reinterpret_cast<const char*>(payload->data()), payload->size());
  if (text == "yes") return {ProbeResult{true, {}}, 0};
  if (text.starts_with("no ")) return {ProbeResult{false, std::string(text.substr(3))}, 0};
  int pid = 0;
  int deaths = 0;
  if (!text.starts_with("asking ")) return {};
  const char* end = text.data() + text.size();
  const auto after_pid = std::from_chars(text.data() + 7, end, pid);
  if (after_pid.ptr != end) std::from_chars(after_pid.ptr + 1, end, deaths);
  const bool alive = pid > 0 && (pid == getpid() || kill(pid, 0) == 0);
  return {std::nullopt, alive ? deaths : deaths + 1};
}

void write_note(DiskCache& cache, const Digest& key, const std::string& text) {
  cache.store(key, std::as_bytes(std::span(text)));
}

ProbeResult ask_once(const Device& device, const std::string& name, DiskCache& cache) {
  static const SourceLoader loader(cl_kernels::embedded_files());
  const std::string text = loader.resolve("probe/" + name + ".cl");
  const Digest key = program_key(device.info(), text, "probe 1 " + name);
  const Note note = read_note(cache, key);
  if (note.result) return *note.result;
  if (note.deaths >= kDeathsAllowed) return {false, "probe " + name + " killed the process"};
  if (cache.enabled())
    write_note(cache, key, "asking " + std::to_string(getpid()) + " " + std::to_string(note.deaths));
  ProbeResult result = ask(device, name, text);
  if (cache.enabled()) write_note(cache, key, result.passed ? "yes" : "no " + result.reason);
  return result;
}

bool masks(std::string_view disabled, std::string_view probe) {
  std::string padded = "_";
  padded.append(probe).append("_");
  std::string word = "_";
  word.append(disabled).append("_");
  return contains_word(padded, word);
}

}  // namespace

std::span<const Probe> probe_list() {
  return kProbes;
}

graph::Probes run_probes(const Device& device, DiskCache& cache, std::string& base_reason) {
  graph::Probes probes;
  for (const Probe& probe : kProbes) {
    if (!worth_asking(probe.name, device.info())) continue;
    const ProbeResult result = ask_once(device, probe.name, cache);
    probes.*probe.flag = result.passed;
    if (probe.flag == &graph::Probes::base && !result.passed) {
      base_reason = result.reason;
      return probes;
    }
  }
  return probes;
}

std::vector<std::string> mask_probes(std::string_view disabled, graph::Probes& probes) {
  std::vector<std::string> unknown;
  while (!disabled.empty()) {
    const size_t end = std::min(disabled.find(','), disabled.size());
    const std::string_view name = disabled.substr(0, end);
    disabled.remove_prefix(std::min(end + 1, disabled.size()));
    bool known = name.empty();
    for (const Probe& probe : kProbes) {
      if (name.empty() || !masks(name, probe.name)) continue;
      known = true;
      probes.*probe.flag = false;
    }
    if (!known) unknown.emplace_back(name);
  }
  return unknown;
}

}  // namespace clinfer::cl
