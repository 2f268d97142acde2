// Linear of few tokens (fp8_columns.clh), or with UP the two products of a gated unit: results f32 [2][tokens]
// [rows], the gate's first, at the workspace's start. One token's x is read from its record,
// more as fp8_columns_x.cl leaves them.
#define ACTIVATION_E4M3 1
#include "activation_record.clh"
#include "nvidia/fp8_columns.clh"

#ifndef UP
#error UP: 1 or 0
#endif
#ifndef CHAIN_BEGUN
#define CHAIN_BEGUN false
#endif

INLINE Product product_of(const Fp8ColumnsArgs* a, global const uchar* x, global const uchar* weight,
                          global const uchar* more, global uchar* workspace, global float* y) {
  Product p;
  p.a = a;
  p.weight = weight;
  p.up = UP ? more : 0;
  p.ids = 0;
  p.x = a->tokens > 1 ? workspace + a->x_at : x;
  p.x_scales = (global const float*)(a->tokens > 1 ? workspace + a->x_scales_at
                                                   : x + activation_code_bytes(a->weight.cols));
  p.bias = !UP && a->has_bias ? (global const float*)more : 0;
  p.y = UP ? (global float*)workspace : y;
  p.counters = (global ulong*)(workspace + a->counters_at);
  p.parts = (global float*)(workspace + a->parts_at);
  p.tokens = a->tokens;
  return p;
}

#ifdef CHAIN_THREADS
kernel __attribute__((reqd_work_group_size(256, 1, 1))) void fp8_columns_begin(
    global const uchar* restrict x, global const uchar* restrict weight, global const uchar* restrict more,
    global uchar* restrict workspace, global float* restrict y, const Fp8ColumnsArgs a) {
  local uchar memory[FP8_COLUMNS_LOCAL] __attribute__((aligned(16)));
  const Product p = product_of(&a, x, weight, more, workspace, y);
  fp8_columns_begin_share(&p, (int)get_group_id(0), memory);
}
#endif

kernel __attribute__((reqd_work_group_size(256, 1, 1))) void fp8_columns(
    global const uchar* restrict x, global const uchar* restrict weight, global const uchar* restrict more,
    global uchar* restrict workspace, global float* restrict y, const Fp8ColumnsArgs a) {
  local uchar memory[FP8_COLUMNS_LOCAL] __attribute__((aligned(16)));
  const Product p = product_of(&a, x, weight, more, workspace, y);
  Ring ring = start_ring(CHAIN_BEGUN, memory);
  fp8_columns_share(&p, (int)get_group_id(0), &ring, CHAIN_BEGUN ? STEPS : 0);
  end_ring(memory);
}
