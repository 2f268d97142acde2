#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include "host/io/safetensors.h"
#include "host/io/safetensors_writer.h"
#include "quant/format.h"
#include "tests/host_cli/child.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// A case of tests/data/quant: the format's name is also that of its options' folder there.
struct GoldenCase {
  const char* file;
  const char* format;
  const char* scale;
};

std::vector<uint8_t> bytes_of(const io::SafetensorsFile& file, const std::string& name) {
  CAPTURE(name);
  const io::Tensor* tensor = file.find(name);
  REQUIRE(tensor != nullptr);
  const auto* data = reinterpret_cast<const uint8_t*>(tensor->bytes.data());
  return {data, data + tensor->bytes.size()};
}

/// The golden's inputs alone, as a file for the codec.
std::string write_input(const Scratch& scratch, const io::SafetensorsFile& golden) {
  const io::Tensor& x = *golden.find("x");
  io::write_safetensors(scratch.path("in.safetensors"), {{"x", "f32", x.shape, x.bytes}});
  return scratch.path("in.safetensors");
}

std::string whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Outcome codec(const std::string& in, const std::string& out, const std::string& format,
              const std::string& scale = "") {
  return run_clinfer({{"codec", "--format", format, "--scale", scale, "--in", in, "--out", out}, ""});
}

/// Rows whose golden is an oracle's known error are left out: see tests/quant/test_goldens.cpp.
void check_golden(const GoldenCase& c) {
  CAPTURE(c.format);
  const Scratch scratch;
  const io::SafetensorsFile golden(std::string("tests/data/quant/") + c.file + ".safetensors");
  const std::string out = scratch.path("out.safetensors");
  const Outcome outcome = codec(write_input(scratch, golden), out, c.format, c.scale);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.out.empty());
  const io::SafetensorsFile file(out);
  const std::string base = std::string(c.format) + "/" + c.scale + "|";
  const bool blocks = golden.find(base + "blocks") != nullptr;
  CHECK(bytes_of(file, "x.codes") == bytes_of(golden, base + (blocks ? "blocks" : "codes")));
  CHECK((file.find("x.scales") != nullptr) == !blocks);
  for (const std::string part : {"scales", "zeros"}) {
    const io::Tensor* want = golden.find(base + part);
    CHECK((file.find("x." + part) != nullptr) == (want != nullptr));
    if (want == nullptr) continue;
    CHECK(bytes_of(file, "x." + part) == bytes_of(golden, base + part));
    CHECK(file.find("x." + part)->shape == want->shape);
    CHECK(file.find("x." + part)->format == want->format);
  }
  CHECK(file.find("x.dequantized")->shape == golden.find("x")->shape);
}

void write_floats(const std::string& path, const std::vector<int64_t>& shape, const char* format = "f32") {
  int64_t count = 1;
  for (const int64_t dim : shape) count *= dim;
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i));
  const size_t width = std::string_view(format) == "f32" ? 4 : 2;
  io::write_safetensors(
      path, {{"t", format, shape, std::as_bytes(std::span(values)).first(values.size() * width)}});
}

}  // namespace

TEST_CASE("codec: the goldens through files") {
  for (const GoldenCase& c : {GoldenCase{"fp8_128x128", "fp8_e4m3_128x128", "fp32"},
                              {"fp8_128x128", "fp8_e4m3_128x128", "ue8m0"},
                              {"mxfp8_e4m3", "mxfp8_e4m3", "floor"},
                              {"mxfp8_e4m3", "mxfp8_e4m3", "rceil"},
                              {"mxfp4", "mxfp4", "even"},
                              {"mxint8", "mxint8", "ceil"},
                              {"mxfp6_e3m2", "mxfp6_e3m2", "floor"},
                              {"integers", "int8_row", "symmetric"},
                              {"integers", "int8_g32", "symmetric"},
                              {"integers", "int4_g128", "full"},
                              {"integers", "int4_g128_asym", ""},
                              {"gguf_32", "q4_0", ""},
                              {"gguf_32", "q8_0", ""},
                              {"gguf_256", "q4_k", ""},
                              {"gguf_256", "q6_k", ""}}) {
    check_golden(c);
  }
}

TEST_CASE("codec: every format writes what it decodes to; a vector is one row") {
  const Scratch scratch;
  write_floats(scratch.path("in"), {512});
  for (const quant::Format& format : quant::formats()) {
    CAPTURE(format.name);
    const Outcome outcome = codec(scratch.path("in"), scratch.path("out"), std::string(format.name));
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const io::SafetensorsFile file(scratch.path("out"));
    CHECK(file.find("t.dequantized")->shape == std::vector<int64_t>{1, 512});
    CHECK((file.find("t.tensor_scale") != nullptr) == format.tensor_scale);
    std::vector<float> values(512);
    std::memcpy(values.data(), file.find("t.dequantized")->bytes.data(), 2048);
    float most = 0;
    for (size_t i = 0; i < 512; ++i)
      most = std::max(most, std::abs(values[i] - std::sin(static_cast<float>(i))));
    CHECK(most < 0.26F);  // half the widest step of 4 bits
  }
}

TEST_CASE("codec: the list names every format") {
  const Outcome outcome = run_clinfer({{"codec", "--list"}, ""});
  CHECK(outcome.code == 0);
  for (const quant::Format& format : quant::formats())
    CHECK(outcome.out.find(std::string(format.name) + " ") != std::string::npos);
}

TEST_CASE("codec: what is refused") {
  const Scratch scratch;
  const std::string good = scratch.path("good");
  write_floats(good, {4, 40});
  write_floats(scratch.path("deep"), {2, 2, 64});
  write_floats(scratch.path("half"), {4, 64}, "f16");
  struct Row {
    std::string in, format, scale;
    int code;
    std::string says;
  };
  const Row rows[] = {
      {good, "mxfp8_e4m", "", 2, "did you mean mxfp8_e4m3?"},
      {good, "mxfp4", "frob", 2, "frob"},
      {good, "q8_0", "rceil", 2, "q8_0 knows amax, mse"},
      {good, "mxfp4", "ue8m0", 2, "floor, rceil"},
      {good, "", "", 2, "--format"},
      {"README.md", "mxfp4", "", 4, "README.md"},
      {scratch.path("absent"), "mxfp4", "", 4, "absent"},
      {good, "q8_0", "", 4, "tensor 't' cannot be encoded"},
      {scratch.path("deep"), "mxfp4", "", 4, "3 dimensions"},
      {scratch.path("half"), "mxfp4", "", 4, "is f16"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.says);
    const Outcome outcome = codec(row.in, scratch.path("out"), row.format, row.scale);
    CAPTURE(outcome.err);
    CHECK(outcome.code == row.code);
    CHECK(is_one_error_line(outcome.err));
    CHECK(outcome.err.find(row.says) != std::string::npos);
  }
  const Row on_devices[] = {
      {"acc7", "mxfp4", "", 3, "acc7"},
      {"cpu", "mxfp4", "mse", 2, "by the host codec only"},
      {"cpu", "f16", "", 2, "no quantiser kernel"},
  };
  for (const Row& row : on_devices) {
    CAPTURE(row.says);
    const Outcome outcome = run_clinfer({{"codec", "--format", row.format, "--scale", row.scale, "--in", good,
                                          "--out", scratch.path("out"), "--device", row.in},
                                         ""});
    CAPTURE(outcome.err);
    CHECK(outcome.code == row.code);
    CHECK(outcome.err.find(row.says) != std::string::npos);
  }
  CHECK(scratch.names().size() == 3);  // the inputs
}

TEST_CASE("codec: a device writes the host's file") {
  const Scratch scratch;
  const std::string in = scratch.path("in");
  write_floats(in, {130, 512});
  for (const char* format : {"fp8_e4m3_128x128", "nvfp4", "int4_g128_asym", "q4_1"}) {
    CAPTURE(format);
    REQUIRE(codec(in, scratch.path("host"), format).code == 0);
    const Outcome outcome = run_clinfer(
        {{"codec", "--format", format, "--in", in, "--out", scratch.path("device"), "--device", "any"}, ""});
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(!whole_file(scratch.path("host")).empty());
    CHECK((whole_file(scratch.path("device")) == whole_file(scratch.path("host"))));
  }
}
