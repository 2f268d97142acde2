#include <doctest/doctest.h>

#include <cstring>

#include "cl_kernels/embedded.h"
#include "host/cl/probes.h"
#include "host/cl/program_cache.h"
#include "tests/host_cl/scratch_folder.h"
#include "tests/host_cl/usable_devices.h"

namespace clinfer::cl {

namespace {

graph::Probes all_set() {
  graph::Probes probes;
  for (const Probe& probe : probe_list()) probes.*probe.flag = true;
  return probes;
}

Digest note_key(const Device& device, const std::string& name) {
  const std::string text = SourceLoader(cl_kernels::embedded_files()).resolve("probe/" + name + ".cl");
  return program_key(device.info(), text, "probe 1 " + name);
}

void leave_note(DiskCache& cache, const Digest& key, const std::string& text) {
  REQUIRE(cache.store(key, std::as_bytes(std::span(text))));
}

std::string note_text(const DiskCache& cache, const Digest& key) {
  const auto bytes = cache.load(key);
  return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()) : "nothing";
}

}  // namespace

TEST_CASE("probes: names of CLINFER_DISABLE mask what they name") {
  graph::Probes probes = all_set();
  CHECK(mask_probes("", probes).empty());
  CHECK(probes == all_set());
  CHECK(mask_probes("fp16,vnni", probes).empty());
  CHECK_FALSE(probes.fp16);
  CHECK_FALSE(probes.x86_vnni_asm);
  CHECK(probes.x86_avx512_asm);
  CHECK(probes.fp32_denormals);
  CHECK(probes.x86_amx_int8);
  CHECK(mask_probes("amx", probes).empty());
  CHECK_FALSE(probes.x86_amx_int8);
  CHECK_FALSE(probes.x86_amx_bf16);
  CHECK(mask_probes("x86", probes).empty());
  CHECK_FALSE(probes.x86_avx512_asm);
  CHECK(mask_probes("ptx_asm,,sve,fp", probes) == std::vector<std::string>{"sve", "fp"});
  CHECK_FALSE(probes.ptx_asm);
  CHECK(probes.base);
}

TEST_CASE("probes: every usable device answers the base probe, and answers are kept") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    CHECK(info.probes.base);
    const Device device(info);
    const ScratchFolder scratch;
    DiskCache cache(scratch.path() / "cache");
    std::string reason;
    CHECK(run_probes(device, cache, reason) == info.probes);
    CHECK(reason.empty());
    const Digest key = note_key(device, "base");
    CHECK(note_text(cache, key) == "yes");
    CHECK(run_probes(device, cache, reason) == info.probes);
    leave_note(cache, key, "no because of a test");
    CHECK_FALSE(run_probes(device, cache, reason).base);
    CHECK(reason == "because of a test");
  }
}

TEST_CASE("probes: one that killed two processes is not asked again") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    const Device device(info);
    const ScratchFolder scratch;
    DiskCache cache(scratch.path() / "cache");
    const Digest key = note_key(device, "fp32_denormals");
    constexpr const char* kDeadProcess = "2147483646";  // above any pid limit
    std::string reason;
    leave_note(cache, key, std::string("asking ") + kDeadProcess + " 0");
    CHECK(run_probes(device, cache, reason).fp32_denormals == info.probes.fp32_denormals);
    CHECK(note_text(cache, key).substr(0, 6) != "asking");
    leave_note(cache, key, std::string("asking ") + kDeadProcess + " 1");
    CHECK_FALSE(run_probes(device, cache, reason).fp32_denormals);
    leave_note(cache, key, "asking 1 1");  // a process that lives
    CHECK(run_probes(device, cache, reason).fp32_denormals == info.probes.fp32_denormals);
    leave_note(cache, key, "nonsense");
    CHECK(run_probes(device, cache, reason).fp32_denormals == info.probes.fp32_denormals);
  }
}

}  // namespace clinfer::cl
