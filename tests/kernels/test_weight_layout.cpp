#include <doctest/doctest.h>

#include "host/kernels/weight_layout.h"
#include "quant/error.h"

using namespace clinfer;

TEST_CASE("weight layout: codes of all experts, then aligned scale tables") {
  graph::Weight weight{.tensors = {"a", "b", "c"}, .experts = 3, .rows = 130, .cols = 200};
  weight.format = "fp8_e4m3_128x128";
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  CHECK(layout.expert_code_bytes == 130 * 200);
  CHECK(layout.scales_offset == 78016);  // 78000 rounded up to 64
  CHECK(layout.expert_scale_bytes == 2 * 2 * 4);
  CHECK(layout.bytes == 78016 + 3 * 16);
  const WeightArgs args = kernels::weight_args(weight);
  CHECK(args.row_bytes == 200);
  CHECK(args.scale_row_bytes == 8);
  weight.format = "q8_0";
  weight.cols = 192;
  CHECK(kernels::layout_of(weight).bytes == 3 * 130 * 6 * 34);
  CHECK(kernels::format_definition(weight) == "FORMAT_Q8_0");
}

TEST_CASE("weight layout: what no kernel can read is refused by name") {
  graph::Weight weight{.tensors = {"w"}, .rows = 4, .cols = 33};
  weight.format = "q8_0";
  CHECK_THROWS_WITH_AS(kernels::layout_of(weight), "w: 33 columns are not a multiple of 32, which q8_0 needs",
                       Error);
  weight.format = "q9";
  CHECK_THROWS_WITH_AS(kernels::layout_of(weight), "w: format 'q9' is not known", Error);
  weight.format = "f32";
  weight.rows = int64_t{1} << 40;
  weight.cols = int64_t{1} << 40;
  CHECK_THROWS_AS(kernels::layout_of(weight), Error);
  weight.cols = 1;
  CHECK_THROWS_WITH_AS(kernels::weight_args(weight), "w: more than 2^31 - 1 rows or columns", Error);
}
