#include <doctest/doctest.h>

#include "quant/cache_format.h"
#include "tests/kernels/attention_case.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// Every format is a program of its own: one for a list of shapes.
void check_all(std::initializer_list<AttentionShape> shapes, AttentionMemory memory, uint64_t seed,
               const std::string& format = "f16") {
  for (const AttentionShape& shape : shapes) check(attention_case(shape, memory, format, ++seed));
}

/// The same with masks and scores of other kinds, of which each is a program of its own: in one format.
void check_with(const graph::Attention& op, std::initializer_list<AttentionShape> shapes, uint64_t seed) {
  for (const AttentionShape& shape : shapes) {
    check(attention_case(shape, AttentionMemory::caches, "f16", ++seed, op));
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
            AttentionMemory::caches, 700, "f32");
}

TEST_CASE("attention: head keys and values in one matrix, shared rotary keys in a cache") {
  check_all({{1, 70, 4, 4, 48, 48, 16},
             {4, 300, 4, 4, 48, 48, 16},
             {18, 70, 4, 4, 48, 48, 16},
             {65, 130, 3, 3, 128, 128, 64}},
            AttentionMemory::matrix, 800);
}

TEST_CASE("attention: one latent cache is key and value of all heads") {
  check_all({{1, 70, 5, 1, 576, 512}, {3, 260, 5, 1, 80, 64}, {10, 70, 6, 1, 576, 512}},
            AttentionMemory::one_cache, 900);
}

TEST_CASE("attention: few tokens of many heads that share keys") {
  check_all({{1, 9, 16, 1, 80, 80}, {3, 260, 20, 1, 80, 80}, {8, 600, 32, 2, 80, 80}},
            AttentionMemory::caches, 920, "int8");
  check_all({{2, 700, 50, 1, 576, 512}}, AttentionMemory::one_cache, 930, "fp8_e4m3");
  check_all({{3, 300, 17, 1, 24, 24}}, AttentionMemory::caches, 940, "mxint8");
}

TEST_CASE("attention: caches of every format, few and many tokens") {
  uint64_t seed = 1000;
  for (const quant::CacheFormat& format : quant::cache_formats()) {
    const std::string name(format.name);
    if (name == "f32" || name == "f16") continue;  // above
    // Few and many tokens load a format by the same functions, so each format has one of two cases; fp8 both.
    const bool both = name == "fp8_e4m3";
    ++seed;
    if (both || seed % 2 == 0)
      check(attention_case({3, 270, 6, 2, 64, 64}, AttentionMemory::caches, name, seed));
    if (both || seed % 2 == 1)
      check(attention_case({11, 70, 6, 1, 320, 256}, AttentionMemory::one_cache, name, seed));
  }
  check(attention_case({11, 90, 4, 4, 48, 32, 16}, AttentionMemory::matrix, "fp8_e4m3", ++seed));
  check(attention_case({3, 70, 2, 2, 24, 24, 0, 30}, AttentionMemory::caches, "int4", ++seed));
}

TEST_CASE("attention: first rows beside a window") {
  graph::Attention op;
  op.mask.first = 4;
  check_with(op,
             {{1, 300, 4, 2, 64, 64, 0, 20},
              {6, 24, 4, 2, 64, 64, 0, 20},
              {40, 60, 4, 2, 32, 32, 0, 20},
              {30, 400, 4, 2, 24, 24, 0, 70}},
             1100);
  op.mask.first = 70;
  check_with(op, {{3, 700, 4, 2, 64, 64, 0, 100}, {20, 700, 4, 2, 64, 64, 0, 100}}, 1120);
}

TEST_CASE("attention: chunks and compressed rows, of which a query may see none") {
  graph::Attention op;
  op.mask.chunk = 64;
  check_with(op, {{1, 65, 4, 2, 64, 64}, {8, 300, 4, 2, 64, 64}, {70, 300, 4, 2, 32, 32}}, 1140);
  op.mask = {.stride = 4, .length = 8};
  check_with(op, {{1, 5, 4, 2, 64, 64}, {8, 300, 4, 2, 64, 64}, {20, 20, 4, 2, 64, 64}}, 1160);
}

TEST_CASE("attention: soft cap, sinks, slopes, a view of a query for first rows") {
  for (const int features : {1, 6}) {
    graph::Attention op;
    op.softcap = (features & 1) != 0 ? 1.5f : 0.0f;
    op.sinks = (features & 2) != 0;
    op.alibi = (features & 4) != 0;
    const int64_t tokens = features == 1 ? 3 : 20;
    check_with(op, {{tokens, 90, 4, 2, 64, 64, 0, 30}}, 1200 + static_cast<uint64_t>(features));
  }
  graph::Attention all;
  all.softcap = 2.0f;
  all.sinks = all.alibi = true;
  all.mask = {.window = 30, .first = 3};
  all.views = graph::QueryViews::first_rows;
  check(attention_case({4, 300, 4, 4, 48, 48, 16}, AttentionMemory::matrix, "f32", 1290, all));
  check(attention_case({18, 70, 6, 1, 80, 64}, AttentionMemory::one_cache, "f16", 1291, all));
  check(attention_case({6, 36, 4, 4, 48, 48, 16}, AttentionMemory::matrix, "f32", 1292, all));
  check(attention_case({5, 300, 17, 1, 80, 64}, AttentionMemory::one_cache, "int8", 1293, all));
}

TEST_CASE("attention: chosen rows and blocks") {
  graph::Attention op;
  op.selection = {.count = 40};
  check_with(op, {{3, 300, 4, 1, 64, 64}, {11, 30, 4, 1, 64, 64}}, 1300);
  for (const int64_t tokens : {3, 24})
    check(attention_case({tokens, 300, 6, 1, 576, 512}, AttentionMemory::one_cache, "fp8_e4m3", 1310, op));
  op.selection = {.count = 700};
  check_with(op, {{2, 900, 4, 1, 64, 64}, {40, 900, 4, 1, 64, 64}, {21, 21, 4, 1, 64, 64}}, 1311);
  op.selection = {.count = 5, .sets = 2, .block = 16};
  op.sinks = true;
  op.mask = {.window = 50, .first = 20};
  check_with(op, {{3, 300, 4, 2, 64, 64}, {9, 70, 4, 2, 32, 32}, {2, 90, 4, 1, 32, 32}}, 1320);
}

TEST_CASE("attention: views of a query for chunks at a distance") {
  graph::Attention op;
  op.views = graph::QueryViews::chunk_distance;
  for (const int64_t chunk : {32, 100}) {
    op.view_chunk = chunk;
    check_with(op, {{6, 350, 4, 2, 64, 64}, {70, 330, 4, 2, 32, 32}, {12, 20, 4, 2, 32, 32}},
               1400 + static_cast<uint64_t>(chunk));
  }
}

TEST_CASE("attention: operands that may be rounded") {
  graph::Attention op;
  op.rounded = true;
  uint64_t seed = 1450;
  for (const char* format : {"f32", "bf16", "f16", "fp8_e4m3"}) {
    check(attention_case({70, 200, 8, 2, 128, 128}, AttentionMemory::caches, format, ++seed, op));
    check(attention_case({3, 100, 8, 2, 64, 64}, AttentionMemory::caches, format, ++seed, op));
  }
  check(attention_case({90, 300, 6, 2, 64, 48, 0, 65}, AttentionMemory::caches, "bf16", ++seed, op));
  check(attention_case({65, 130, 3, 3, 128, 128, 64}, AttentionMemory::matrix, "bf16", ++seed, op));
  check(attention_case({3, 300, 20, 1, 576, 512}, AttentionMemory::one_cache, "bf16", ++seed, op));
}

TEST_CASE("attention: caches that are rings") {
  uint64_t seed = 1500;
  graph::Attention op;
  op.mask = {.window = 40, .first = 5};
  op.views = graph::QueryViews::first_rows;
  for (const int64_t tokens : {3, 20}) {
    check(
        in_rings(attention_case({tokens, 300, 4, 2, 64, 64, 0, 30}, AttentionMemory::caches, "f16", ++seed)));
    check(
        in_rings(attention_case({tokens, 90, 4, 1, 80, 64}, AttentionMemory::one_cache, "int8", ++seed, op)));
  }
  op = {};
  op.mask.chunk = 64;
  for (const int64_t tokens : {8, 70})
    check(in_rings(attention_case({tokens, 300, 4, 2, 64, 64}, AttentionMemory::caches, "f16", ++seed, op)));
  check(in_rings(attention_case({4, 800, 4, 2, 64, 64, 0, 300}, AttentionMemory::caches, "f16", ++seed)));
  summarise(graph::Attention{}, {"for work-items with vectors of their own"});
}
