#include <doctest/doctest.h>

#include <cstring>

#include "host/io/gguf.h"
#include "tests/host_io/fault_message.h"
#include "tests/host_io/gguf_image.h"

using namespace clinfer;
using namespace clinfer::test;

namespace {

io::GgufContents parse(const std::string& image) {
  return io::parse_gguf(std::as_bytes(std::span(image)), "m.gguf");
}

std::string_view text_of(const io::Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()};
}

}  // namespace

TEST_CASE("scalars of every type") {
  GgufImage image;
  image.add_u32("u32", 7).add_i32("i32", -7).add_u64("u64", uint64_t{1} << 62).add_f32("f32", 0.5F);
  image.add_bool("yes", 1).add_bool("no", 0).add_string("text", "caf\xc3\xa9");
  image.add_raw("u8", 0, "\xff").add_raw("i8", 1, "\xff").add_raw("u16", 2, "\xff\xff");
  image.add_raw("i16", 3, "\xff\xff").add_raw("i64", 11, std::string(8, '\xff'));
  image.add_raw("f64", 12, std::string("\0\0\0\0\0\0\xf0\x3f", 8));
  const std::string bytes = image.bytes();
  const io::GgufMetadata metadata = parse(bytes).metadata;
  const auto integer = [&](const char* key) { return metadata.integer(key, INT64_MIN, INT64_MAX); };
  CHECK(integer("u32") == 7);
  CHECK(integer("i32") == -7);
  CHECK(integer("u64") == int64_t{1} << 62);
  CHECK(integer("u8") == 255);
  CHECK(integer("i8") == -1);
  CHECK(integer("u16") == 65535);
  CHECK(integer("i16") == -1);
  CHECK(integer("i64") == -1);
  CHECK(metadata.number("f32") == 0.5);
  CHECK(metadata.number("f64") == 1.0);
  CHECK(metadata.number("u32") == 7.0);
  CHECK(metadata.boolean_or("yes", false));
  CHECK_FALSE(metadata.boolean_or("no", true));
  CHECK(metadata.boolean_or("absent", true));
  CHECK(metadata.string("text") == "caf\xc3\xa9");
}

TEST_CASE("arrays, also nested") {
  GgufImage image;
  image.add_strings("s", {"a", "", "b"})
      .add_i32s("i", {1, -2})
      .add_f32s("f", {0.25F})
      .add_strings("none", {});
  std::string nested;  // [[1], []] of int8
  put(nested, uint32_t{9});
  put(nested, uint64_t{2});
  for (const uint64_t count : {1, 0}) {
    put(nested, uint32_t{1});
    put(nested, count);
    nested += std::string(count, '\1');
  }
  image.add_raw("n", 9, nested);
  const std::string bytes = image.bytes();
  const io::GgufMetadata metadata = parse(bytes).metadata;
  CHECK(metadata.strings("s") == std::vector<std::string>{"a", "", "b"});
  CHECK(metadata.strings("none").empty());
  CHECK(metadata.integers("i") == std::vector<int64_t>{1, -2});
  CHECK(metadata.numbers("f") == std::vector<double>{0.25});
  const auto& lists = std::get<io::GgufValue::Nested>(metadata.find("n")->data);
  REQUIRE(lists.size() == 2);
  CHECK(std::get<io::GgufValue::Integers>(lists[0].data) == std::vector<int64_t>{1});
}

TEST_CASE("accessors check the type and the range") {
  GgufImage image;
  image.add_u32("n", 7).add_strings("s", {"a"}).add_i32s("i", {1}).add_string("t", "x");
  image.add_raw("nan", 6, std::string("\0\0\xc0\x7f", 4));
  const std::string bytes = image.bytes();
  const io::GgufMetadata metadata = parse(bytes).metadata;
  const auto message = [&](auto work) { return fault_message(Fault::model, work); };
  CHECK(message([&] { metadata.integer("n", 8, 9); }) ==
        "m.gguf: key 'n': expected an integer in [8, 9], found 7");
  CHECK(contains(message([&] { metadata.integer("t", 0, 9); }), "key 't': expected an integer"));
  CHECK(contains(message([&] { metadata.integer("absent", 0, 9); }), "key 'absent'"));
  CHECK(contains(message([&] { metadata.numbers("i"); }), "key 'i': expected an array of floats"));
  CHECK(contains(message([&] { metadata.integers("s"); }), "key 's': expected an array of integers"));
  CHECK(contains(message([&] { metadata.strings("i"); }), "key 'i': expected an array of strings"));
  CHECK(contains(message([&] { metadata.string("n"); }), "key 'n': expected a string"));
  CHECK(contains(message([&] { metadata.number("nan"); }), "key 'nan': expected a finite number"));
  CHECK(contains(message([&] { metadata.boolean_or("n", true); }), "key 'n': expected a boolean"));
}

TEST_CASE("tensors of several types, versions and alignments") {
  for (const uint32_t version : {2U, 3U}) {
    for (const uint32_t alignment : {8U, 32U, 4096U, 1U << 20}) {
      CAPTURE(version);
      CAPTURE(alignment);
      GgufImage image;
      image.version = version;
      image.alignment = alignment;
      if (alignment != 32) image.add_u32("general.alignment", alignment);
      image.add_tensor("a", {3, 2}, 0, std::string(24, 'a'));
      image.add_tensor("b", {64, 3, 2}, 2, std::string(2 * 6 * 18, 'b'));
      image.add_tensor("c", {256}, 14, std::string(210, 'c'));
      const std::string bytes = image.bytes();
      const auto tensors = parse(bytes).tensors;
      REQUIRE(tensors.size() == 3);
      CHECK(tensors[0].format == "f32");
      CHECK(tensors[0].shape == std::vector<int64_t>{2, 3});
      CHECK(text_of(tensors[0]) == std::string(24, 'a'));
      CHECK(tensors[1].format == "q4_0");
      CHECK(tensors[1].shape == std::vector<int64_t>{2, 3, 64});
      CHECK(text_of(tensors[1]) == std::string(216, 'b'));
      CHECK(tensors[2].format == "q6_k");
      CHECK(text_of(tensors[2]) == std::string(210, 'c'));
    }
  }
}
