// y[t, j, r] = x[t (, j), :] . W[ids[t, j]][r, :] + bias[ids[t, j]][r] for few tokens (fp8_columns.clh), token
// after token; y [tokens, top_k * rows]. An expert outside the weight gives NaN.
#define ACTIVATION_E4M3 1
#include "activation_record.clh"
#include "nvidia/fp8_columns.clh"

kernel __attribute__((reqd_work_group_size(256, 1, 1))) void fp8_expert_columns(
    global const uchar* restrict x, global const int* restrict ids, global const uchar* restrict weight,
    global const float* restrict bias, global uchar* restrict workspace, global float* restrict y,
    const Fp8ColumnsArgs a) {
  local uchar memory[FP8_COLUMNS_LOCAL] __attribute__((aligned(16)));
  const int x_cols = a.per_slot ? a.matrices * a.weight.cols : a.weight.cols;
  Ring ring = start_ring(false, memory);
  Product p;
  p.a = &a;
  p.weight = weight;
  p.up = 0;
  p.bias = a.has_bias ? bias : 0;
  p.tokens = 1;
  for (int token = 0; token < a.tokens; ++token) {
    p.ids = ids + token * a.matrices;
    p.x = x + token * activation_row_bytes(x_cols);
    p.x_scales = (global const float*)(p.x + activation_code_bytes(x_cols));
    p.y = y + (long)token * a.matrices * a.weight.rows;
    p.counters = (global ulong*)(workspace + a.counters_at) + token * a.matrices * tiles_of(&a);
    p.parts = (global float*)(workspace + a.parts_at) + (long)token * a.shares * 2 * TILE_ROWS;
    fp8_columns_share(&p, (int)get_group_id(0), &ring, 0);
  }
  end_ring(memory);
}
