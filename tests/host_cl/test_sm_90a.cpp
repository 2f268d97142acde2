#include <doctest/doctest.h>

#include "host/cl/sm_90a.h"

using namespace clinfer::cl;

namespace {

const std::string kPtx =
    ".version 9.0\n.target sm_90\n.address_size 64\n"
    ".entry probe(\n.param .u64 .ptr .global probe_param_0\n)\n.reqntid 128, 1, 1\n{\n"
    "// begin inline asm\n//@90a wgmma.fence.sync.aligned;\n// end inline asm\n"
    "//@90a {.reg .pred p; setp.ne.b32 p, %r1, 0;}\nret;\n}\n";

}  // namespace

TEST_CASE("sm_90a: marks go, the target changes, all else stays") {
  const auto result = retarget_to_sm_90a(kPtx);
  REQUIRE(result);
  CHECK(*result ==
        ".version 9.0\n.target sm_90a\n.address_size 64\n"
        ".entry probe(\n.param .u64 .ptr .global probe_param_0\n)\n.reqntid 128, 1, 1\n{\n"
        "// begin inline asm\nwgmma.fence.sync.aligned;\n// end inline asm\n"
        "{.reg .pred p; setp.ne.b32 p, %r1, 0;}\nret;\n}\n");
  CHECK(*retarget_to_sm_90a(kPtx + std::string(2, '\0')) == *result);
}

TEST_CASE("sm_90a: setmaxnreg wants .minnctapersm behind each .reqntid") {
  const std::string ptx =
      ".version 9.0\n.target sm_90, debug\n.reqntid 384\n{\n//@90a setmaxnreg.inc.sync.aligned.u32 232;\n}\n"
      ".reqntid 64\n{\n}\n";
  CHECK(*retarget_to_sm_90a(ptx) ==
        ".version 9.0\n.target sm_90a, debug\n.reqntid 384\n.minnctapersm 1\n{\n"
        "setmaxnreg.inc.sync.aligned.u32 232;\n}\n.reqntid 64\n.minnctapersm 1\n{\n}\n");
}

TEST_CASE("sm_90a: what is no PTX of sm_90 is refused") {
  CHECK_FALSE(retarget_to_sm_90a(""));
  CHECK_FALSE(
      retarget_to_sm_90a("\x7f"
                         "ELF"));
  CHECK_FALSE(retarget_to_sm_90a(".version 8.0\n.target sm_80\n"));
  CHECK_FALSE(retarget_to_sm_90a(".version 9.0\n.target sm_90a\n"));
  CHECK_FALSE(retarget_to_sm_90a(".version 9.0\n.target sm_900\n"));
}
