#include <doctest/doctest.h>

#include <cmath>

#include "quant/format.h"
#include "tests/graph/operands.h"

using namespace clinfer::graph;
namespace quant = clinfer::quant;

TEST_CASE("dims and types as text and as numbers") {
  const Sizes sizes{.tokens = 3, .outputs = 2, .context = 7};
  CHECK(sizes.of(kTokens) == 3);
  CHECK(sizes.of(kOutputs) == 2);
  CHECK(sizes.of({4, Symbol::context}) == 28);
  CHECK(sizes.of(Dim{5}) == 5);
  CHECK(to_string(Dim{2, Symbol::tokens}) == "2*tokens");
  CHECK(to_string(Type{DType::f32, kTokens, 256}) == "f32[tokens, 256]");
  CHECK(to_string(Type{DType::i32, kOutputs, 1}) == "i32[outputs, 1]");
  CHECK(to_string(Type{DType::f32, kContext, 8}) == "f32[context, 8]");
  CHECK(to_string(Type{DType::f32, Dim{32}, 8}) == "f32[32, 8]");
}

TEST_CASE("bytes of values") {
  const Sizes sizes{.tokens = 3, .context = 100};
  Weight weight;
  weight.experts = 4;
  weight.rows = 64;
  weight.cols = 256;
  Value value;
  value.type = {DType::f32, Dim{4 * 64}, 256};
  value.source = weight;
  CHECK(bytes_of(value, sizes) == 4 * 64 * 256 * 4);
  for (const quant::Format& format : quant::formats()) {
    weight.format = format.name;
    value.source = weight;
    const int64_t matrix = quant::code_bytes(format, 64, 256) + quant::scale_bytes(format, 64, 256);
    CHECK_MESSAGE(bytes_of(value, sizes) == static_cast<double>(4 * matrix), format.name);
  }
  weight.vector = true;
  value.source = weight;
  CHECK(bytes_of(value, sizes) == 4 * 64 * 256 * 4);

  value.type = {DType::f32, kContext, 16};
  value.source = Cache{16, "f16"};
  CHECK(bytes_of(value, sizes) == 100 * 16 * 2);
  value.source = Cache{16, "f17"};
  CHECK(error_of([&] { bytes_of(value, sizes); }) ==
        "kv_cache.format \"f17\" must be one of f32, f16, bf16, fp8_e4m3, mxint8, int8, int4");
  // A latent of 512 columns and 64 rotary ones: codes, four scales, f16.
  value.source = Cache{576, "fp8_e4m3", 512, 64};
  CHECK(bytes_of(value, sizes) == 100 * (512 + 4 * 4 + 64 * 2));
}

TEST_CASE("traffic counts an operand that comes twice once") {
  auto list = OperandList().cache(16);
  const Value* cache = Operands(list)[0];
  const Value* const operands[] = {cache, cache};
  const Type result{DType::f32, kTokens, 2};
  CHECK(traffic(operands, {&result, 1}, {.tokens = 3, .context = 10}) == 10 * 16 * 4 + 3 * 2 * 4);
}

TEST_CASE("numbers as the shortest text") {
  CHECK(format_number(1e-6f) == "1e-06");
  CHECK(format_number(0.1) == "0.1");
  CHECK(format_number(2) == "2");
}

TEST_CASE("dot") {
  const double a[] = {1, 2, 3, 4, 5, 6};
  const double b[] = {1, 10, 100, 1000, 10000, 100000};
  CHECK(dot(a, b, 6) == 654321);
  CHECK(dot(a, b, 3) == 321);
  CHECK(dot(a, b, 0) == 0);
}

TEST_CASE("indices that data name") {
  CHECK(checked_index(4, 5, "row") == 4);
  CHECK_THROWS_AS(checked_index(5, 5, "row"), clinfer::Error);
  CHECK_THROWS_AS(checked_index(std::nan(""), 5, "row"), clinfer::Error);
}
