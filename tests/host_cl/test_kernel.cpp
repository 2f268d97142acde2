#include <doctest/doctest.h>

#include <array>
#include <numeric>
#include <vector>

#include "host/cl/error.h"
#include "host/cl/kernel.h"
#include "tests/host_cl/contains.h"
#include "tests/host_cl/usable_devices.h"

namespace clinfer::cl {

namespace {

struct MixArgs {
  int32_t count;
  float factor;
  int64_t shift;
};

const std::string kMix = R"(
typedef struct { int count; float factor; long shift; } MixArgs;
kernel void mix_all(global const int* restrict x, global int* restrict y, const MixArgs a, local int* scratch,
                    const int last) {
  const int lane = (int)get_local_id(0);
  scratch[lane] = x[get_global_id(0)];
  barrier(CLK_LOCAL_MEM_FENCE);
  const int turned = scratch[(int)get_local_size(0) - 1 - lane];
  if ((int)get_global_id(0) < a.count) y[get_global_id(0)] = (int)((float)turned * a.factor) + (int)a.shift + last;
})";

Program build(const Device& device, const std::string& text) {
  return build_from_source(device, "test", text, "-cl-std=CL1.2", "-cl-std=CL1.2");
}

}  // namespace

TEST_CASE("kernel: buffers, a struct by value, local memory and scalars arrive") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    const Device device(info, {.profiling = true, .debug_sync = true});
    const Program program = build(device, kMix);
    CHECK_FALSE(program.launched());
    Kernel kernel(program, "mix_all");
    std::vector<int32_t> x(64);
    std::iota(x.begin(), x.end(), 0);
    const Buffer in = device.allocate(256);
    const Buffer out = device.allocate_touched(256);
    device.write(in, std::as_bytes(std::span(x)));
    kernel.set_all(in, out, MixArgs{.count = 60, .factor = 2.0f, .shift = 1000},
                   LocalBytes{32 * sizeof(int32_t)}, 5);
    EventHandle event;
    kernel.enqueue(device, NdRange({64}, {32}), &event);
    CHECK(program.launched());
    CHECK(elapsed_nanoseconds(event) >= 0);
    std::vector<int32_t> y(64);
    device.read(out, std::as_writable_bytes(std::span(y)));
    for (int i = 0; i < 64; ++i) {
      const int turned = i / 32 * 32 + 31 - i % 32;
      CHECK(y[static_cast<size_t>(i)] == (i < 60 ? 2 * turned + 1005 : 0));
    }
    const MixArgs other{.count = 1, .factor = 1.0f, .shift = 0};
    kernel.set_bytes(2, std::as_bytes(std::span(&other, 1)));
    kernel.enqueue(device, NdRange({64}, {32}));
    device.read(out, std::as_writable_bytes(std::span(y)));
    CHECK(y[0] == 36);
    CHECK(kernel.max_work_group(device) >= 32);
    CHECK(kernel.local_bytes(device) >= 0);
  }
}

TEST_CASE("kernel: faults name the kernel, the argument or the program") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    const Device device(info);
    const Program program = build(device, kMix);
    CHECK_THROWS_WITH_AS(Kernel(program, "absent"), doctest::Contains("clCreateKernel(absent)"), Error);
    Kernel kernel(program, "mix_all");
    CHECK_THROWS_WITH_AS(kernel.set(17, 1), doctest::Contains("kernel mix_all, argument 17"), Error);
    CHECK_THROWS_WITH_AS(kernel.set(4, int64_t{1}), doctest::Contains("argument 4"), Error);
  }
}

TEST_CASE("kernel: a launch is whole groups in 1 to 3 dimensions") {
  CHECK(NdRange({6, 4, 2}, {3, 2, 1}).dimensions == 3);
  CHECK_THROWS_AS(NdRange({10}, {4}), Error);
  CHECK_THROWS_AS(NdRange({0}, {1}), Error);
  CHECK_THROWS_AS(NdRange({4}, {0}), Error);
  CHECK_THROWS_AS(NdRange({4, 4}, {4}), Error);
  CHECK_THROWS_AS(NdRange({}, {}), Error);
}

TEST_CASE("kernel: a build error has the log, the options and one line with the first error") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    const Device device(info);
    try {
      build_from_source(device, "broken",
                        "#line 41 \"op/broken.cl\"\nkernel void f() {\n  undeclared = 1;\n}\n",
                        "-cl-std=CL1.2", "-cl-std=CL1.2 -DWG_SIZE=64");
      FAIL_CHECK("it was built");
    } catch (const BuildError& error) {
      CHECK(error.fault() == Fault::device);
      CHECK(error.options() == "-cl-std=CL1.2 -DWG_SIZE=64");
      CHECK(contains(error.log(), "op/broken.cl:42"));
      CHECK(contains(error.what(), "kernel program 'broken' does not build"));
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
  }
}

}  // namespace clinfer::cl
