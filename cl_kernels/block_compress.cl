// Learned pooling of the rows of a block that a token completes: y[t, h] = w2 relu(w1 [x_0 + e_0; ...]), and
// the block's index; zeros and -1 for tokens that complete none. A (token, head) an item.
#include "args/block_compress_args.h"
#include "lanes.clh"

#include "cache_row.clh"

#if !defined(ROWS)
#error "ROWS: how the columns of what is compressed are stored (STORAGE_CODES, ...)"
#endif

static inline float compress_dot(global const float* w, local const float* x, uint n) {
  float16 sums = 0.0f;
  uint i = 0;
  for (; i + 16 <= n; i += 16) sums += vload16(0, w + i) * vload16(0, x + i);
  float sum = sum_lanes(sums);
  for (; i < n; ++i) sum += w[i] * x[i];
  return sum;
}

// Zeros unless `complete`: the call stands under no condition, since it has barriers.
static void compress_head(bool complete, global const uchar* rows, uint col, global const float* embedding,
                          global const float* w1, global const float* w2, global float* y,
                          const BlockCompressArgs* a, local float* x) {
  const uint dim = (uint)a->dim;
  const uint size = complete ? (uint)a->length * dim : 0u;
  const uint units = complete ? (uint)a->hidden : 0u;
  local float* hidden = x + size;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (uint i = LANE; i < size; i += WG_SIZE)
    x[i] = rows_load(rows + (size_t)(i / dim) * (uint)a->row_bytes, col + i % dim, ROWS) + embedding[i];
  barrier(CLK_LOCAL_MEM_FENCE);
  for (uint u = LANE; u < units; u += WG_SIZE)
    hidden[u] = fmax(compress_dot(w1 + (size_t)u * size, x, size), 0.0f);
  barrier(CLK_LOCAL_MEM_FENCE);
  for (uint c = LANE; c < dim; c += WG_SIZE)
    y[c] = compress_dot(w2 + (size_t)c * (uint)a->hidden, hidden, units);
}

static void block_compress_body(uint worker, uint workers, global const uchar* restrict rows,
                                global const float* restrict embedding, global const float* restrict w1,
                                global const float* restrict w2, global const int* restrict positions,
                                global float* restrict y, global int* restrict at,
                                const BlockCompressArgs* a, local float* scratch) {
  const uint dim = (uint)a->dim;
  for (uint item = worker; item < (uint)(a->tokens * a->heads); item += workers) {
    const uint token = item / (uint)a->heads;
    const uint head = item % (uint)a->heads;
    const int first = positions[token] + 1 - a->length;
    const bool complete = first >= 0 && first % a->stride == 0;
    global float* to = y + (size_t)item * dim;
    if (head + LANE == 0) at[token] = complete ? first / a->stride : -1;
    compress_head(complete, rows + (size_t)max(first, 0) * (uint)a->row_bytes, head * dim, embedding, w1, w2,
                  to, a, scratch);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void block_compress(
    global const uchar* restrict rows, global const float* restrict embedding,
    global const float* restrict w1, global const float* restrict w2, global const int* restrict positions,
    global float* restrict y, global int* restrict at, const BlockCompressArgs a, local float* scratch) {
  block_compress_body((uint)get_group_id(0), (uint)get_num_groups(0), rows, embedding, w1, w2, positions, y,
                      at, &a, scratch);
}
