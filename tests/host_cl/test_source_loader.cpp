#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "host/cl/build_log.h"
#include "host/cl/source_loader.h"
#include "quant/error.h"
#include "tests/host_cl/contains.h"
#include "tests/host_cl/scratch_folder.h"

namespace clinfer::cl {

namespace {

using cl_kernels::EmbeddedFile;

constexpr std::array kFiles = {
    EmbeddedFile{"op/main.cl",
                 "#include \"near.clh\"\n#include \"types.clh\"\nkernel void main_kernel() {}\n"
                 " #  include \"cl_kernels/args/op_args.h\"\nlast"},
    EmbeddedFile{"op/near.clh", "#pragma once\n#include \"types.clh\"\nnear\n"},
    EmbeddedFile{"include/types.clh", "types\n#include <stdint.h>\n"},
    EmbeddedFile{"args/op_args.h", "#include \"op_args.h\"\nargs"},
    EmbeddedFile{"lost.cl", "\n\n#include \"nowhere.clh\"\n"},
    EmbeddedFile{"escape.cl", "#include \"../secret\"\n"},
};

std::string complaint(const SourceLoader& loader, const std::string& entry) {
  try {
    loader.resolve(entry);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::device);
    return error.what();
  }
  FAIL_CHECK(entry << " was resolved");
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("source loader: each include is taken once, lines keep their names") {
  const std::vector<std::string> defines = {"WG_SIZE=64", "TAIL", "SRC_T=global float*"};
  CHECK(SourceLoader(kFiles).resolve("op/main.cl", defines) ==
        "#line 1 \"<definitions>\"\n#define WG_SIZE 64\n#define TAIL 1\n#define SRC_T global float*\n"
        "#line 1 \"op/main.cl\"\n"
        "#line 1 \"op/near.clh\"\n\n"
        "#line 1 \"include/types.clh\"\ntypes\n#include <stdint.h>\n"
        "#line 3 \"op/near.clh\"\nnear\n"
        "#line 2 \"op/main.cl\"\n"
        "#line 3 \"op/main.cl\"\nkernel void main_kernel() {}\n"
        "#line 1 \"args/op_args.h\"\n#line 2 \"args/op_args.h\"\nargs\n"
        "#line 5 \"op/main.cl\"\nlast\n");
}

TEST_CASE("source loader: positions in the whole text become positions in our files") {
  const std::string text =
      "#line 1 \"<definitions>\"\n#define A 1\n#line 1 \"a.cl\"\nx\n#line 7 \"b.clh\"\ny\nz\n";
  CHECK(named_log("<kernel>:4:2: error: x\n<kernel>:7:1: note", text) ==
        "a.cl:1:2: error: x\nb.clh:8:1: note");
  CHECK(named_log("<kernel>:2: <kernel>:x", text) == "<definitions>:1: <kernel>:x");
  CHECK(named_log("op.cl:3: plain", text) == "op.cl:3: plain");
  CHECK(named_log("<kernel>:3:1", "no directive\nat\nall") == "<kernel>:3:1");
}

TEST_CASE("source loader: what cannot be found is named") {
  const SourceLoader loader(kFiles);
  CHECK(contains(complaint(loader, "lost.cl"), "lost.cl:3 includes \"nowhere.clh\""));
  CHECK(contains(complaint(loader, "escape.cl"), "escape.cl:1"));
  CHECK(contains(complaint(loader, "absent.cl"), "'absent.cl' is not in the embedded files"));
  CHECK(contains(complaint(SourceLoader(std::filesystem::path("cl_kernels")), "../CMakeLists.txt"),
                 "is not in"));
}

TEST_CASE("source loader: the embedded files are those of the folder, byte for byte") {
  REQUIRE(cl_kernels::embedded_files().size() >= 6);
  const SourceLoader embedded(cl_kernels::embedded_files());
  for (const EmbeddedFile& file : cl_kernels::embedded_files()) {
    std::ifstream in("cl_kernels/" + std::string(file.path), std::ios::binary);
    CAPTURE(file.path);
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == file.text);
  }
}

TEST_CASE("source loader: CLINFER_KERNEL_DIR reads from disk at every call") {
  const ScratchFolder scratch;
  setenv("CLINFER_KERNEL_DIR", scratch.path().c_str(), 1);
  const SourceLoader loader = SourceLoader::from_environment();
  unsetenv("CLINFER_KERNEL_DIR");
  std::ofstream(scratch.path() / "edited.cl") << "first";
  CHECK(contains(loader.resolve("edited.cl"), "first"));
  std::ofstream(scratch.path() / "edited.cl") << "second";
  CHECK(contains(loader.resolve("edited.cl"), "second"));
  CHECK(contains(SourceLoader::from_environment().resolve("probe/base.cl"), "kernel"));
}

}  // namespace clinfer::cl
