// y[t, h, o] = sum_i x[t, h, i] W[h * row_stride + row_offset + i, o]; the tail_dim last columns of x's head
// are copied behind. An item is WG_SIZE columns of one (token, head), a lane has one. On CPUs it is a block of
// 32 columns of one head, for 4 tokens at a time.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#include "cl_kernels/args/head_linear_args.h"
#include "head_tail.clh"
#include "weight.clh"

#if WG_SIZE == 1
// 32 columns for `tokens` tokens.
INLINE void head_columns(const int tokens, global const float* x, long x_stride, global const uchar* weight,
                         int row0, int block, global float* y, long y_stride, const HeadLinearArgs* a) {
  float16 acc[8];
#pragma unroll
  for (int i = 0; i < 2 * tokens; ++i) acc[i] = (float16)(0.0f);
  for (int i = 0; i < a->in_dim; ++i) {
    float16 lo, hi;
    const float scale = format_block(weight_row(weight, &a->weight, 0, row0 + i), block, &lo, &hi);
#pragma unroll
    for (int t = 0; t < tokens; ++t) {
      const float16 factor = (float16)(x[t * x_stride + i] * scale);
      acc[2 * t] = MULTIPLY_ADD(lo, factor, acc[2 * t]);
      acc[2 * t + 1] = MULTIPLY_ADD(hi, factor, acc[2 * t + 1]);
    }
  }
#pragma unroll
  for (int t = 0; t < tokens; ++t) {
    vstore16(acc[2 * t], 0, y + t * y_stride + block * BLOCK);
    vstore16(acc[2 * t + 1], 1, y + t * y_stride + block * BLOCK);
  }
}
#endif

#define AT_ONCE 16  // rows that a lane asks memory for

INLINE void head_column(global const float* x, global const uchar* weight, int row0, int col, global float* y,
                        const HeadLinearArgs* a) {
  float acc = 0.0f;
  int i = 0;
#if WG_SIZE > 1
  for (; i + AT_ONCE <= a->in_dim; i += AT_ONCE) {
    float w[AT_ONCE];
    float v[AT_ONCE];
#pragma unroll
    for (int k = 0; k < AT_ONCE; ++k) {
      w[k] = format_element(weight_row(weight, &a->weight, 0, row0 + i + k), col);
      v[k] = x[i + k];
    }
#pragma unroll
    for (int k = 0; k < AT_ONCE; ++k) acc = MULTIPLY_ADD(w[k], v[k], acc);
  }
#endif
  for (; i < a->in_dim; ++i) {
    acc = MULTIPLY_ADD(format_element(weight_row(weight, &a->weight, 0, row0 + i), col), x[i], acc);
  }
  y[col] = acc;
}

static void head_linear_transposed_body(uint worker, uint workers, global const float* x,
                                        global const uchar* weight, global float* y,
                                        const HeadLinearArgs* a) {
  const int x_head = a->in_dim + a->tail_dim;
  const int y_head = a->out_dim + a->tail_dim;
#if WG_SIZE == 1
  const int blocks = (a->out_dim + BLOCK - 1) / BLOCK;
  const long x_stride = (long)a->heads * x_head;
  const long y_stride = (long)a->heads * y_head;
  for (int item = (int)worker; item < a->heads * blocks; item += (int)workers) {
    const int head = item / blocks;
    const int block = item % blocks;
    const int row0 = head * a->row_stride + a->row_offset;
    global const float* from = x + (long)head * x_head;
    global float* to = y + (long)head * y_head;
    const bool whole = (block + 1) * BLOCK <= a->out_dim;
    int t = 0;
    for (; whole && t + 4 <= a->tokens; t += 4) {
      head_columns(4, from + t * x_stride, x_stride, weight, row0, block, to + t * y_stride, y_stride, a);
    }
    for (; whole && t < a->tokens; ++t) {
      head_columns(1, from + t * x_stride, x_stride, weight, row0, block, to + t * y_stride, y_stride, a);
    }
    for (; t < a->tokens; ++t) {
      for (int col = block * BLOCK; col < a->out_dim; ++col) {
        head_column(from + t * x_stride, weight, row0, col, to + t * y_stride, a);
      }
    }
  }
#else
  const int parts = (a->out_dim + WG_SIZE - 1) / WG_SIZE;
  const long items = (long)a->tokens * a->heads * parts;
  for (long item = worker; item < items; item += workers) {
    const long head = item / parts;  // of all tokens
    const int row0 = (int)(head % a->heads) * a->row_stride + a->row_offset;
    const int col = (int)(item % parts) * WG_SIZE + (int)get_local_id(0);
    if (col < a->out_dim) head_column(x + head * x_head, weight, row0, col, y + head * y_head, a);
  }
#endif
  copy_head_tails(worker, workers, x, y, a);
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void head_linear_transposed(
    global const float* restrict x, global const uchar* restrict weight, global float* restrict y,
    const HeadLinearArgs a) {
  head_linear_transposed_body((uint)get_group_id(0), (uint)get_num_groups(0), x, weight, y, &a);
}
