#include <doctest/doctest.h>

#include <array>

#include "host/cl/joined_source.h"
#include "host/cl/source_names.h"
#include "quant/error.h"

namespace clinfer::cl {

namespace {

using cl_kernels::EmbeddedFile;

constexpr std::array kFiles = {
    EmbeddedFile{"twice.cl",
                 "#ifndef FACTOR\n#error FACTOR\n#endif\n"
                 "#define TIMES(x) ((x) * FACTOR)\n"
                 "typedef struct TwiceArgs {\n  int count;\n} TwiceArgs;\n"
                 "kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) "
                 "void twice(\n"
                 "    global const float* restrict x, global float* restrict "
                 "y, const TwiceArgs a,\n"
                 "    local float* scratch) {\n"
                 "  for (int i = get_group_id(0); i < a.count; i += "
                 "get_num_groups(0)) y[i] = TIMES(x[i]);\n}\n"},
    EmbeddedFile{
        "turn.cl",
        "kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void turn(global float* x,\n"
        "                                                              const int count) {\n"
        "#if WG_SIZE > 32\n  local float tile[4][WG_SIZE];\n#else\n  local float tile[WG_SIZE];\n#endif\n"
        "  local uchar flags[2] __attribute__((aligned(16)));\n  local Pair pair "
        "__attribute__((aligned(128)));\n"
        "  local float* mine = tile[get_local_id(0)];\n"
        "  barrier(CLK_LOCAL_MEM_FENCE);\n  x[0] = *mine;\n}\n"
        "static int tile(int flags);\n"},
    EmbeddedFile{
        "ahead.cl",
        "kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void ahead(global float* x,\n"
        "    const int count) {\n  if (!CHAIN_BEGUN) x[0] = 1.0f;\n}\n"
        "kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void ahead_begin(global float* x,\n"
        "    const int count) {\n}\n"},
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

JoinedUnit twice(const std::string& factor) {
  return {"twice.cl", {"FACTOR=" + factor, "WG_SIZE=1"}, {"twice"}};
}

}  // namespace

TEST_CASE("source names: functions, types, tags and constants outside of functions; macros anywhere") {
  const SourceNames names = names_of(
      "#define ONE 1\n# define TWO(x) \\\n  int hidden(x)\n#if 0\n#define THREE\n#endif\n"
      "// int in_comment;\n/* int neither; */\n"
      "typedef float16 vec_t;\ntypedef struct Tag {\n  int field;\n} Alias;\ntypedef char four[4];\n"
      "TWO(9)\nconstant float kTable[2] = {1.0f, 2.0f};\n"
      "static inline __attribute__((always_inline)) int f(int parameter) {\n  int inside = g(parameter);\n"
      "  asm(\"// { no \\\" comment\");\n  if (inside) { return h(); }\n  return inside;\n}\n"
      "static int declared(int);\nstruct Plain {\n  int x;\n};\n");
  CHECK(names.macros == std::set<std::string>{"ONE", "TWO", "THREE"});
  CHECK(names.declarations ==
        std::set<std::string>{"vec_t", "Tag", "Alias", "four", "kTable", "f", "declared", "Plain"});
}

TEST_CASE("source names: functions that macros name") {
  const SourceNames names = names_of(
      "#define MINI(name, bits) \\\n  static float name##_to_float(int code) { \\\n    return "
      "as_##name(code); \\\n  }\n"
      "#define LOADS(n) static float##n load##n(global const float* p) { return vload##n(0, p); }\n"
      "#define CALL(x) f(x)\n"
      "MINI(e2m1, 3)\nLOADS(4)\nstatic float f(float x) {\n  return e2m1_to_float(1) + e2m1_to_int(2);\n}\n");
  for (const char* made : {"e2m1_to_float", "load4", "load16", "f"}) CHECK(names.declarations.contains(made));
  for (const char* kept : {"e2m1_to_int", "float4", "vload4", "as_e2m1"})
    CHECK_FALSE(names.declarations.contains(kept));
}

TEST_CASE("joined source: units keep their names apart and are called by number") {
  const std::array units = {twice("2.0f"), twice("3.0f")};
  const std::string text = join_units(SourceLoader(kFiles), units, JoinAs::items);
  CHECK(contains(text, "#define twice u0_twice\n"));
  CHECK(contains(text, "#define TwiceArgs u1_TwiceArgs\n"));
  CHECK(contains(text, "#undef TIMES\n"));
  CHECK(contains(text,
                 "void twice(const uint chain_worker, const uint "
                 "chain_workers, \n    global const"));
  CHECK(contains(text,
                 "  twice(worker, workers, (global const float*)pointers[0], "
                 "(global float*)pointers[1], "
                 "*(global const TwiceArgs*)args, (local float*)scratch);\n"));
  CHECK(contains(text, "case 1: chain_call_1("));
  CHECK_FALSE(contains(text, "case 2:"));
}

TEST_CASE("joined source: groups get their local memory and barriers as places in a larger group") {
  const std::array units = {
      JoinedUnit{"turn.cl", {"WG_SIZE=64", "CHAIN_GROUP=64"}, {"turn"}},
      JoinedUnit{"twice.cl", {"FACTOR=2.0f", "WG_SIZE=128", "CHAIN_GROUP=128"}, {"twice"}}};
  const std::string text = join_units(SourceLoader(kFiles), units, JoinAs::groups);
  CHECK(contains(text, "#define CHAIN_THREADS 128\n"));
  CHECK(contains(text,
                 "typedef struct {\n  uint unused[4];\n#if WG_SIZE > 32\nfloat tile[4][WG_SIZE];\n#else\n"
                 "float tile[WG_SIZE];\n#endif\nuchar flags[2] __attribute__((aligned(16)));\nPair pair "
                 "__attribute__((aligned(128)));\n"
                 "} chain_memory_turn;\n"));
  CHECK(contains(text, "#define chain_memory_turn u0_chain_memory_turn\n"));
  CHECK(contains(text, "#define tile (((local chain_memory_turn*)chain_memory)->tile)\n"));
  CHECK(contains(text, "  local float* mine = tile[get_local_id(0)];\n"));
  CHECK(contains(text, "#define pair (((local chain_memory_turn*)chain_memory)->pair)\n"));
  CHECK(contains(text, "#undef tile\n"));
  CHECK(contains(text, "#define get_local_id(d) ((size_t)(chain_item() % 64u))\n"));
  CHECK(contains(text, "#define barrier(flags) CHAIN_BARRIER(64)\n"));
  CHECK_FALSE(contains(text, "#define barrier(flags) CHAIN_BARRIER(128)\n"));
  CHECK(contains(
      text, "turn(worker, workers, mine, false, (global float*)pointers[0], *(local const int*)args);\n"));
  CHECK(contains(text,
                 "case 1: chain_call_1(group, groups, workers, pointers, args, memory, scratch, begun);"));
}

TEST_CASE("joined source: what can be begun, by groups that take one worker at a time") {
  JoinedUnit unit = {"ahead.cl", {"WG_SIZE=128", "CHAIN_GROUP=128"}, {"ahead"}};
  const std::string alone = join_units(SourceLoader(kFiles), std::array{unit}, JoinAs::groups);
  CHECK(contains(alone, "#define CHAIN_BEGUN chain_begun\n"));
  CHECK(contains(alone, "static __attribute__((CHAIN_FUNCTION)) void chain_call_0("));
  CHECK(
      contains(alone, "  ahead(worker, workers, mine, begun && worker == group, (global float*)pointers[0]"));
  CHECK(contains(alone, "  ahead_begin(group, workers, memory, false, (global float*)pointers[0]"));
  CHECK(contains(alone, "case 0: chain_begin_0(group, workers, pointers, args, memory); break; }\n"));
  unit.defines = {"WG_SIZE=64", "CHAIN_GROUP=64"};
  const std::array both = {unit, JoinedUnit{"turn.cl", {"WG_SIZE=128", "CHAIN_GROUP=128"}, {"turn"}}};
  const std::string shared = join_units(SourceLoader(kFiles), both, JoinAs::groups);
  CHECK(contains(shared, "  ahead(worker, workers, mine, false, (global float*)pointers[0]"));
  CHECK(contains(shared, "static __attribute__((noinline)) void chain_call_0("));
  CHECK_FALSE(contains(shared, "chain_begin_0"));
}

TEST_CASE("joined source: a kernel that is not there") {
  JoinedUnit unit = twice("2.0f");
  unit.kernels = {"thrice"};
  CHECK_THROWS_WITH_AS(join_units(SourceLoader(kFiles), std::array{unit}, JoinAs::items),
                       "kernel source twice.cl has no kernel thrice", Error);
}

}  // namespace clinfer::cl
