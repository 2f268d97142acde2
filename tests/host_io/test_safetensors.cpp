#include <doctest/doctest.h>

#include <cstring>

#include "host/io/safetensors.h"
#include "host/io/safetensors_writer.h"
#include "tests/host_io/fault_message.h"
#include "tests/host_io/safetensors_image.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
using namespace clinfer::test;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// The element counts of every format, so that each gets 24 bytes.
const std::vector<std::pair<std::string, int64_t>> kFormats = {
    {"f64", 3}, {"f32", 6}, {"f16", 12},  {"bf16", 12},    {"i64", 3},     {"i32", 6},
    {"i8", 24}, {"u8", 24}, {"bool", 24}, {"f8_e4m3", 24}, {"f8_e5m2", 24}};

}  // namespace

TEST_CASE("what the writer writes the reader reads") {
  const TemporaryFolder folder;
  std::vector<std::string> data;
  for (size_t i = 0; i < kFormats.size(); ++i) data.emplace_back(24, static_cast<char>('a' + i));
  std::vector<io::TensorToWrite> tensors;
  for (size_t i = 0; i < kFormats.size(); ++i) {
    tensors.push_back(
        {"t." + kFormats[i].first, kFormats[i].first, {1, kFormats[i].second}, bytes_of(data[i])});
  }
  tensors.push_back({"scalar", "f32", {}, bytes_of(data[0]).first(4)});
  tensors.push_back({"none", "f32", {0, 7}, {}});
  io::write_safetensors(folder.file("a.safetensors"), tensors, {{"by", "test"}});
  const io::SafetensorsFile file(folder.file("a.safetensors"));
  REQUIRE(file.tensors().size() == tensors.size());
  CHECK(file.metadata().at("by") == "test");
  for (const io::TensorToWrite& written : tensors) {
    CAPTURE(written.name);
    const io::Tensor* read = file.find(written.name);
    REQUIRE(read != nullptr);
    CHECK(read->format == written.format);
    CHECK(read->shape == written.shape);
    REQUIRE(read->bytes.size() == written.bytes.size());
    if (!written.bytes.empty()) {
      CHECK(std::memcmp(read->bytes.data(), written.bytes.data(), written.bytes.size()) == 0);
      CHECK(reinterpret_cast<const std::byte*>(read->bytes.data()) ==
            file.file().bytes().data() + read->offset);
    }
  }
  CHECK(file.find("t.") == nullptr);
}

TEST_CASE("the writer aligns each tensor to its element size") {
  const TemporaryFolder folder;
  const std::string data(16, 'x');
  io::write_safetensors(folder.file("a.safetensors"), {{"odd", "u8", {3}, bytes_of(data).first(3)},
                                                       {"wide", "f64", {2}, bytes_of(data)},
                                                       {"half", "f16", {1}, bytes_of(data).first(2)}});
  const io::SafetensorsFile file(folder.file("a.safetensors"));
  CHECK(file.find("wide")->offset % 8 == 0);
  CHECK(file.find("half")->offset % 2 == 0);
}

TEST_CASE("the writer leaves the old file and no litter when it fails") {
  const TemporaryFolder folder;
  folder.write("a.safetensors", "old");
  const std::string data(8, 'x');
  const auto write = [&](std::vector<io::TensorToWrite> tensors) {
    return fault_message(Fault::run, [&] { io::write_safetensors(folder.file("a.safetensors"), tensors); });
  };
  CHECK(contains(write({{"t", "f32", {3}, bytes_of(data)}}), "tensor 't': expected 12 bytes, found 8"));
  CHECK(contains(write({{"t", "q4_0", {2}, bytes_of(data)}}), "'q4_0'"));
  CHECK(contains(write({{"t", "f32", {-2}, bytes_of(data)}}), "too many elements"));
  CHECK(
      contains(write({{"t", "f32", {2}, bytes_of(data)}, {"t", "f32", {2}, bytes_of(data)}}), "given twice"));
  CHECK(std::filesystem::file_size(folder.file("a.safetensors")) == 3);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  const std::string message =
      fault_message(Fault::run, [&] { io::write_safetensors(folder.file("no/such/a.safetensors"), {}); });
  CHECK(contains(message, "no/such/a.safetensors: cannot create"));
}

TEST_CASE("a file written in pieces, in any order") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.safetensors");
  {
    io::SafetensorsWriter writer(path, {{"codes", "u8", {4}}, {"scale", "f32", {1}}});
    writer.write(0, 2, bytes_of(std::string("cd")));
    writer.write(1, 0, bytes_of(std::string("1234")));
    CHECK(contains(fault_message(Fault::run, [&] { writer.commit(); }), "2 bytes are missing"));
    CHECK(contains(fault_message(Fault::run, [&] { writer.write(0, 3, bytes_of(std::string("xy"))); }),
                   "more bytes"));
    writer.write(0, 0, bytes_of(std::string("ab")));
    CHECK_FALSE(std::filesystem::exists(path));
    writer.commit();
  }
  const io::SafetensorsFile file(path);
  CHECK(std::memcmp(file.find("codes")->bytes.data(), "abcd", 4) == 0);
  CHECK(std::memcmp(file.find("scale")->bytes.data(), "1234", 4) == 0);
}

TEST_CASE("a shape may be written in any legal way") {
  const std::string image = safetensors_of(entry("a", "F32", "[ 2 , 1 ]", "[0, 8]") + "  ", 8);
  const auto tensors = io::parse_safetensors(bytes_of(image), "x", nullptr);
  REQUIRE(tensors.size() == 1);
  CHECK(tensors[0].shape == std::vector<int64_t>{2, 1});
}
