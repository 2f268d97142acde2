#include <doctest/doctest.h>

#include "host/io/checkpoint.h"
#include "host/io/gguf.h"
#include "host/io/gguf_names.h"
#include "tests/host_io/fault_message.h"
#include "tests/host_io/gguf_image.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
using namespace clinfer::test;

namespace {

struct BadFile {
  const char* label;
  std::string image;
  std::string part;  ///< of the message
};

GgufImage base() {
  GgufImage image;
  image.add_string("general.architecture", "llama");
  return image;
}

/// A good file whose one tensor has been changed.
std::string with_tensor(std::vector<uint64_t> dims, uint32_t type, uint64_t offset, size_t data_bytes) {
  GgufImage image = base();
  image.tensors.push_back({"w.x", std::move(dims), type, offset});
  image.data.assign(data_bytes, 'x');
  return image.bytes();
}

std::string changed(void (*change)(GgufImage&)) {
  GgufImage image = base();
  change(image);
  return image.bytes();
}

std::string number(uint64_t value) {
  std::string out;
  put(out, value);
  return out;
}

std::string array_of(uint32_t type, uint64_t count, const std::string& bytes) {
  std::string out;
  put(out, type);
  put(out, count);
  return out + bytes;
}

std::string nested(int depth) {
  std::string out = array_of(0, 0, "");
  for (int i = 1; i < depth; ++i) out = array_of(9, 1, out);
  return out;
}

std::vector<BadFile> bad_starts() {
  return {
      {"empty", "", "empty"},
      {"short magic", "GG", "magic"},
      {"bad magic", changed([](GgufImage& g) { g.magic = "GGML"; }), "expected 'GGUF'"},
      {"version 0", changed([](GgufImage& g) { g.version = 0; }), "version 2 or 3, found 0"},
      {"version 1", changed([](GgufImage& g) { g.version = 1; }), "version 2 or 3, found 1"},
      {"version 4", changed([](GgufImage& g) { g.version = 4; }), "version 2 or 3, found 4"},
      {"big-endian", changed([](GgufImage& g) { g.version = 0x03000000; }), "big-endian"},
      {"2^63 keys", changed([](GgufImage& g) { g.extra_pairs = INT64_MIN; }), "number of keys"},
      {"2^63 tensors", changed([](GgufImage& g) { g.extra_tensors = INT64_MIN; }), "number of tensors"},
      {"one key too many", changed([](GgufImage& g) { g.extra_pairs = 1; }), "key"},
      {"one tensor too many", changed([](GgufImage& g) { g.extra_tensors = 1; }), "tensor"},
  };
}

std::vector<BadFile> bad_values() {
  const auto value = [](uint32_t type, const std::string& bytes) {
    return base().add_raw("k", type, bytes).bytes();
  };
  const std::string all = number(~uint64_t{0});
  return {
      {"value type 13", value(13, number(0)), "key 'k'"},
      {"value type 2^32-1", value(~0U, number(0)), "unknown value type 4294967295"},
      {"string length 2^64-1", value(8, all), "string length 18446744073709551615"},
      {"string length 2^63", value(8, number(uint64_t{1} << 63)), "string length 9223372036854775808"},
      {"array of 2^64-1 bytes", value(9, array_of(0, ~uint64_t{0}, "")), "count 18446744073709551615"},
      {"array of 2^61 uint64", value(9, array_of(10, uint64_t{1} << 61, "")), "more than the file can hold"},
      {"array of 2^40 strings", value(9, array_of(8, uint64_t{1} << 40, "")), "more than the file can hold"},
      {"array of 2^40 arrays", value(9, array_of(9, uint64_t{1} << 40, "")), "more than the file can hold"},
      {"array element type 13", value(9, array_of(13, 1, number(0))), "element type 13"},
      {"arrays 5 deep", value(9, nested(5)), "nest deeper than 4"},
      {"arrays 1000 deep", value(9, nested(1000)), "nest deeper than 4"},
      {"boolean 2", value(7, "\2"), "0 or 1, found 2"},
      {"uint64 2^63", value(10, number(uint64_t{1} << 63)), "below 2^63"},
      {"key twice", base().add_u32("k", 1).add_u32("k", 1).bytes(), "key 'k'"},
      {"empty key", base().add_u32("", 1).bytes(), "1 to 65535"},
      {"key of 65536 bytes", base().add_u32(std::string(65536, 'k'), 1).bytes(), "1 to 65535"},
      {"no architecture", GgufImage().add_u32("k", 1).bytes(), "'general.architecture'"},
      {"architecture that is a number", GgufImage().add_u32("general.architecture", 1).bytes(), "a string"},
      {"split", base().add_raw("split.count", 2, std::string("\2\0", 2)).bytes(), "split GGUF"},
      {"gating 9", base().add_u32("llama.expert_count", 4).add_u32("llama.expert_gating_func", 9).bytes(),
       "found 9"},
      {"MTP layers only",
       base().add_u32("llama.nextn_predict_layers", 2).add_u32("llama.block_count", 2).bytes(),
       "block_count"},
  };
}

std::vector<BadFile> bad_alignments() {
  std::vector<BadFile> table;
  for (const uint32_t alignment : {0U, 1U, 3U, 4U, 24U, 48U, 1U << 21, 1U << 31}) {
    table.push_back(
        {"alignment", base().add_u32("general.alignment", alignment).bytes(), "'general.alignment'"});
  }
  table.push_back(
      {"alignment as text", base().add_string("general.alignment", "32").bytes(), "'general.alignment'"});
  return table;
}

std::vector<BadFile> bad_tensors() {
  const uint64_t big = uint64_t{1} << 32;
  return {
      {"no dimension", with_tensor({}, 0, 0, 64), "1 to 4 dimensions, found 0"},
      {"5 dimensions", with_tensor({1, 1, 1, 1, 1}, 0, 0, 64), "1 to 4 dimensions, found 5"},
      {"dimension 0", with_tensor({4, 0}, 0, 0, 64), "tensor 'w.x'"},
      {"dimension -1", with_tensor({~uint64_t{0}}, 0, 0, 64), "below 2^63"},
      {"product 2^64", with_tensor({big, big}, 0, 0, 64), "below 2^63"},
      {"product 2^64 + small", with_tensor({big, big, 2}, 0, 0, 64), "below 2^63"},
      {"bytes above 2^64", with_tensor({uint64_t{1} << 62}, 0, 0, 64), "does not fit 64 bits"},
      {"type 31", with_tensor({32}, 31, 0, 64), "unknown tensor type 31"},
      {"type 4 (removed)", with_tensor({32}, 4, 0, 64), "unknown tensor type 4"},
      {"type 2^32-1", with_tensor({32}, ~0U, 0, 64), "unknown tensor type 4294967295"},
      {"row of 33 in q4_0", with_tensor({33, 32}, 2, 0, 4096), "not whole blocks of 32 (q4_0)"},
      {"row of 128 in q4_k", with_tensor({128, 2}, 12, 0, 4096), "not whole blocks of 256 (q4_k)"},
      {"offset 16", with_tensor({4}, 0, 16, 64), "not a multiple of the alignment 32"},
      {"offset behind the end", with_tensor({4}, 0, 64, 64), "behind the file's end"},
      {"end behind the end", with_tensor({17}, 0, 0, 64), "behind the file's end"},
      {"offset 2^64-32", with_tensor({8}, 0, ~uint64_t{31}, 64), "behind the file's end"},
      {"overlap",
       [] {
         GgufImage image = base();
         image.tensors = {{"a", {16}, 0, 0}, {"b", {8}, 0, 32}};
         image.data.assign(64, 'x');
         return image.bytes();
       }(),
       "tensor 'b'"},
      {"name twice", base().add_tensor("a", {1}, 0, "1234").add_tensor("a", {1}, 0, "1234").bytes(),
       "tensor 'a'"},
      {"same name after mapping",
       base()
           .add_tensor("blk.1.attn_q.weight", {1}, 0, "1234")
           .add_tensor("blk.01.attn_q.weight", {1}, 0, "1234")
           .bytes(),
       "mean the same tensor"},
      {"name with NUL", base().add_tensor(std::string("a\0b", 3), {1}, 0, "1234").bytes(), "'a\\x00b'"},
      {"name with ../", base().add_tensor("../a", {1}, 0, "1234").bytes(), "'../a'"},
      {"name 1 MB", base().add_tensor(std::string(1 << 20, 'n'), {1}, 0, "1234").bytes(), "nnn...'"},
  };
}

void check_all(const std::vector<BadFile>& table) {
  const TemporaryFolder folder;
  for (const BadFile& bad : table) {
    CAPTURE(bad.label);
    const std::string path = folder.write("bad.gguf", bad.image);
    const std::string message = fault_message(Fault::model, [&] { io::open(path); });
    CHECK_MESSAGE(contains(message, path + ": "), message);
    CHECK_MESSAGE(contains(message, bad.part), message);
    CHECK_MESSAGE(message.size() < 500, message);
  }
}

}  // namespace

TEST_CASE("bad GGUF headers are refused") {
  check_all(bad_starts());
}
TEST_CASE("bad GGUF metadata are refused") {
  check_all(bad_values());
}
TEST_CASE("bad GGUF alignments are refused") {
  check_all(bad_alignments());
}
TEST_CASE("bad GGUF tensors are refused") {
  check_all(bad_tensors());
}

TEST_CASE("every cut of a good GGUF is refused, every flipped bit is survived") {
  GgufImage image = base();
  image.add_strings("tokenizer.ggml.tokens", {"a", "b"}).add_u32("llama.block_count", 1);
  image.add_tensor("output.weight", {32, 2}, 2, std::string(36, 'x'));
  const std::string good = image.bytes();
  const auto parse = [](const std::string& bytes) {
    const io::GgufContents contents = io::parse_gguf(std::as_bytes(std::span(bytes)), "m.gguf");
    io::config_from_gguf(contents.metadata, contents.tensors);
  };
  parse(good);
  for (size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(contains(fault_message(Fault::model, [&] { parse(good.substr(0, size)); }), "m.gguf: "));
  }
  for (size_t i = 0; i < good.size() * 8; ++i) {
    std::string flipped = good;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    const std::string message = fault_message(Fault::model, [&] { parse(flipped); });
    CHECK_MESSAGE((message == "no error" || contains(message, "m.gguf: ")), message);
  }
}
