#include <doctest/doctest.h>

#include "host/io/safetensors.h"
#include "tests/host_io/fault_message.h"
#include "tests/host_io/safetensors_image.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
using namespace clinfer::test;

namespace {

struct BadFile {
  const char* label;
  std::string image;
  std::string part;  ///< of the message
};

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets,
                size_t bytes) {
  return safetensors_of(entry("w.x", dtype, shape, offsets), bytes);
}

const std::string kGood = entry("a", "F32", "[2]", "[0,8]");

std::vector<BadFile> bad_lengths() {
  return {
      {"empty file", "", "empty"},
      {"shorter than 8 bytes", "1234567", "too short"},
      {"header length 0", safetensors_image("", 0, ""), "header length 0"},
      {"header behind the end", safetensors_image("{}", 3, ""), "header length 3"},
      {"header above 100 MB", safetensors_image("{}", 100'000'001, ""), "header length 100000001"},
      {"header length 2^64-1", safetensors_image("{}", ~uint64_t{0}, ""),
       "header length 18446744073709551615"},
      {"header length 2^63", safetensors_image("{}", uint64_t{1} << 63, ""),
       "header length 9223372036854775808"},
  };
}

std::vector<BadFile> bad_json() {
  const std::string deep(100'000, '[');
  return {
      {"not JSON", safetensors_image("{hello}", 0), "not valid JSON"},
      {"cut JSON", safetensors_image("{\"a\":{\"dtype\":\"F32\"", 0), "not valid JSON"},
      {"JSON array", safetensors_image("[1,2]", 0), "begin with '{'"},
      {"leading blank", safetensors_image(" {}", 0), "begin with '{'"},
      {"text behind the object", safetensors_image("{}{}", 0), "not valid JSON"},
      {"invalid UTF-8", safetensors_of("\"a\xff\":{}", 0), "not valid JSON"},
      {"overlong UTF-8", safetensors_of("\"a\xc0\x80\":{}", 0), "not valid JSON"},
      {"depth 100000", safetensors_image("{\"a\":" + deep, 0), "tensor 'a': unexpected a list"},
      {"deep in shape", safetensors_image("{\"a\":{\"shape\":" + deep, 0), "unexpected a list"},
      {"tensor that is a number", safetensors_of("\"a\":1", 0), "tensor 'a': unexpected a number"},
      {"tensor that is null", safetensors_of("\"a\":null", 0), "tensor 'a': unexpected null"},
      {"__metadata__ with a number", safetensors_of("\"__metadata__\":{\"k\":1}", 0), "'__metadata__'"},
      {"__metadata__ with an object", safetensors_of("\"__metadata__\":{\"k\":{}}", 0), "'__metadata__'"},
      {"__metadata__ that is a string", safetensors_of("\"__metadata__\":\"k\"", 0), "'__metadata__'"},
      {"duplicate tensor", safetensors_of(kGood + "," + kGood, 8), "tensor 'a': the name stands twice"},
      {"duplicate through an escape",
       safetensors_of(kGood + "," + entry("\\u0061", "F32", "[2]", "[0,8]"), 8), "twice"},
      {"duplicate key", safetensors_of("\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}", 0),
       "'dtype' stands twice"},
      {"unknown key", safetensors_of("\"a\":{\"dtypo\":\"F32\"}", 0), "unknown key 'dtypo'"},
      {"no dtype", safetensors_of("\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}", 8),
       "expected dtype, shape"},
      {"no shape", safetensors_of("\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}", 8),
       "expected dtype, shape"},
      {"dtype in a list", safetensors_of("\"a\":{\"dtype\":[\"F32\"]}", 0), "unexpected a list"},
  };
}

std::vector<BadFile> bad_entries() {
  return {
      {"unknown dtype", one("F31", "[2]", "[0,8]", 8), "tensor 'w.x': unsupported dtype 'F31'"},
      {"dtype not read", one("C64", "[1]", "[0,8]", 8), "unsupported dtype 'C64'"},
      {"dtype in lower case", one("f32", "[2]", "[0,8]", 8), "unsupported dtype 'f32'"},
      {"negative dimension", one("F32", "[-2]", "[0,8]", 8), "tensor 'w.x': unexpected a negative number"},
      {"fraction", one("F32", "[2.0]", "[0,8]", 8), "no integer"},
      {"exponent", one("F32", "[2e0]", "[0,8]", 8), "no integer"},
      {"dimension above 2^64", one("F32", "[99999999999999999999999]", "[0,8]", 8), "no integer"},
      {"dimension of 2^63 beside 0", one("F32", "[0,9223372036854775808]", "[0,0]", 0), "too many elements"},
      {"product overflow", one("F32", "[4294967296,4294967296]", "[0,0]", 0), "too many elements"},
      {"byte overflow to 8", one("F32", "[4611686018427387906]", "[0,8]", 8), "too many elements"},
      {"9 dimensions", one("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]", 4), "at most 8 dimensions"},
      {"string in the shape", one("F32", "[\"2\"]", "[0,8]", 8), "unexpected a string"},
      {"begin above end", one("F32", "[2]", "[8,0]", 8), "data_offsets [8, 0]"},
      {"end behind the file", one("F32", "[4]", "[0,16]", 8), "data_offsets [0, 16]"},
      {"end 2^64-1", one("F32", "[2]", "[0,18446744073709551615]", 8),
       "data_offsets [0, 18446744073709551615]"},
      {"one offset", one("F32", "[2]", "[8]", 8), "two data_offsets"},
      {"three offsets", one("F32", "[2]", "[0,8,8]", 8), "two data_offsets"},
      {"negative offset", one("F32", "[2]", "[-8,0]", 8), "negative"},
      {"too few bytes", one("F32", "[2]", "[0,4]", 4), "expected 8 bytes for its shape and dtype, found 4"},
      {"too many bytes", one("F16", "[2]", "[0,8]", 8), "expected 4 bytes for its shape and dtype, found 8"},
      {"trailing bytes", one("F32", "[2]", "[0,8]", 20), "12 bytes behind the last tensor"},
      {"no tensor but bytes", safetensors_image("{}", 4), "4 bytes behind"},
      {"gap at the start", one("F32", "[2]", "[4,12]", 12), "tensor 'w.x': a gap lies before it"},
      {"gap", safetensors_of(kGood + "," + entry("b", "U8", "[1]", "[9,10]"), 10), "tensor 'b': a gap"},
      {"overlap", safetensors_of(kGood + "," + entry("b", "U8", "[4]", "[6,10]"), 10),
       "tensor 'b': overlaps"},
      {"the same bytes twice", safetensors_of(kGood + "," + entry("b", "F32", "[2]", "[0,8]"), 8),
       "overlaps"},
  };
}

std::vector<BadFile> bad_names() {
  const auto named = [](const std::string& name) {
    return safetensors_of(entry(name, "F32", "[2]", "[0,8]"), 8);
  };
  return {
      {"path", named("../../etc/passwd"), "'../../etc/passwd': expected a name"},
      {"NUL", named("a\\u0000b"), "'a\\x00b': expected a name"},
      {"HTML", named("<script>alert(1)</script>"), "expected a name"},
      {"1 MB", named(std::string(1 << 20, 'n')), "nnn...': expected a name"},
      {"empty name", named(""), "'': expected a name"},
      {"line feed", named("a\\nb"), "'a\\x0ab': expected a name"},
      {"terminal escape", named("a\\u001b[2J"), "'a\\x1b[2J': expected a name"},
  };
}

void check_all(const std::vector<BadFile>& table) {
  const TemporaryFolder folder;
  for (const BadFile& bad : table) {
    CAPTURE(bad.label);
    const std::string path = folder.write("bad.safetensors", bad.image);
    const std::string message = fault_message(Fault::model, [&] { io::SafetensorsFile file(path); });
    CHECK_MESSAGE(contains(message, path + ": "), message);
    CHECK_MESSAGE(contains(message, bad.part), message);
    CHECK_MESSAGE(message.size() < 400, message);
    CHECK_MESSAGE(!contains(message, "\n"), message);
  }
}

}  // namespace

TEST_CASE("bad header lengths are refused") {
  check_all(bad_lengths());
}
TEST_CASE("bad header JSON is refused") {
  check_all(bad_json());
}
TEST_CASE("bad tensor entries are refused") {
  check_all(bad_entries());
}
TEST_CASE("bad tensor names are refused") {
  check_all(bad_names());
}

TEST_CASE("every cut of a good file is refused") {
  const std::string good = safetensors_of(kGood + "," + entry("b", "BF16", "[2,3]", "[8,20]"), 20);
  const auto parse = [](const std::string& image) {
    io::parse_safetensors(std::as_bytes(std::span(image)), "cut", nullptr);
  };
  parse(good);
  for (size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(contains(fault_message(Fault::model, [&] { parse(good.substr(0, size)); }), "cut: "));
  }
}
