#include <doctest/doctest.h>

#include "quant/cache_format.h"
#include "tests/kernels/attention_case.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

void check_all(std::initializer_list<AttentionShape> shapes, AttentionMemory memory, uint64_t seed) {
  for (const AttentionShape& shape : shapes) {
    ++seed;
    check(attention_case(shape, memory, seed % 2 == 0 ? "f32" : "f16", seed));
  }
}

}  // namespace

TEST_CASE("attention: grouped heads, few tokens, round the chunk borders") {
  check_all({{1, 1, 2, 2, 16, 16},
             {1, 64, 9, 3, 64, 64},
             {2, 65, 9, 3, 64, 64},
             {2, 255, 9, 3, 64, 64},
             {1, 256, 9, 3, 64, 64},
             {8, 257, 9, 3, 64, 64},
             {3, 1000, 9, 3, 64, 64},
             {1, 1000, 10, 2, 32, 32},
             {1, 300, 7, 7, 24, 24},
             {3, 130, 3, 1, 5, 7},
             {4, 70, 4, 1, 96, 96},
             {4, 70, 4, 1, 80, 80},
             {2, 131, 8, 2, 128, 128}},
            AttentionMemory::caches, 500);
}

TEST_CASE("attention: grouped heads, many tokens") {
  check_all({{9, 9, 2, 2, 16, 16},
             {15, 79, 9, 3, 64, 64},
             {16, 64, 9, 3, 64, 64},
             {33, 129, 9, 3, 64, 64},
             {70, 300, 4, 1, 96, 96},
             {17, 97, 3, 1, 5, 7},
             {20, 140, 7, 7, 24, 24},
             {12, 257, 8, 2, 128, 128}},
            AttentionMemory::caches, 600);
}

TEST_CASE("attention: chunks grow with contexts that would make too many") {
  check_all({{2, 20000, 2, 1, 16, 16}}, AttentionMemory::caches, 650);
}

TEST_CASE("attention: a window hides what lies before it") {
  check_all({{1, 300, 4, 2, 64, 64, 0, 1},
             {5, 300, 4, 2, 64, 64, 0, 100},
             {8, 1000, 4, 2, 64, 64, 0, 257},
             {40, 300, 4, 2, 64, 64, 0, 65},
             {90, 120, 4, 2, 64, 64, 0, 7}},
            AttentionMemory::caches, 700);
}

TEST_CASE("attention: head keys and values in one matrix, shared rotary keys in a cache") {
  check_all({{1, 70, 4, 4, 48, 48, 16},
             {4, 300, 4, 4, 48, 48, 16},
             {18, 70, 4, 4, 48, 48, 16},
             {65, 130, 3, 3, 128, 128, 64}},
            AttentionMemory::matrix, 800);
}

TEST_CASE("attention: one latent cache is key and value of all heads") {
  check_all({{1, 70, 16, 1, 576, 512}, {3, 260, 5, 1, 80, 64}, {10, 70, 6, 1, 576, 512}},
            AttentionMemory::one_cache, 900);
}

TEST_CASE("attention: caches of every format, few and many tokens") {
  uint64_t seed = 1000;
  for (const quant::CacheFormat& format : quant::cache_formats()) {
    const std::string name(format.name);
    if (name == "f32" || name == "f16") continue;  // above
    for (const int64_t tokens : {3, 11}) {
      check(attention_case({tokens, 270, 6, 2, 64, 64}, AttentionMemory::caches, name, ++seed));
      check(attention_case({tokens, 70, 6, 1, 320, 256}, AttentionMemory::one_cache, name, ++seed));
    }
  }
  check(attention_case({11, 90, 4, 4, 48, 32, 16}, AttentionMemory::matrix, "fp8_e4m3", ++seed));
  check(attention_case({3, 70, 2, 2, 24, 24, 0, 30}, AttentionMemory::caches, "int4", ++seed));
  summarise(graph::Attention{});
}
