// y[t, :] = a->scale * decode(table[ids[t], :]); ids [tokens], y [tokens, cols]. An item is one token; an id outside
// gives NaN.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#include "cl_kernels/args/embedding_args.h"
#include "weight.clh"

static void embedding_body(uint worker, uint workers, global const int* ids, global const uchar* table,
                           global float* y, const EmbeddingArgs* a) {
  const int cols = a->weight.cols;
  const int blocks = cols / BLOCK;
  const int lane = (int)get_local_id(0);
  for (int token = (int)worker; token < a->tokens; token += (int)workers) {
    const int id = ids[token];
    const bool exists = id >= 0 && id < a->weight.rows;
    const WeightRow row = weight_row(table, &a->weight, 0, exists ? id : 0);
    global float* to = y + (long)token * cols;
    for (int block = lane; block < blocks; block += WG_SIZE) {
      float16 lo, hi;
      const float scale = a->scale * format_block(row, block, &lo, &hi);
      vstore16(exists ? lo * scale : (float16)(NAN), 0, to + block * BLOCK);
      vstore16(exists ? hi * scale : (float16)(NAN), 1, to + block * BLOCK);
    }
    for (int col = blocks * BLOCK + lane; col < cols; col += WG_SIZE)
      to[col] = exists ? a->scale * format_element(row, col) : NAN;
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void embedding(global const int* restrict ids,
                                                                           global const uchar* restrict table,
                                                                           global float* restrict y,
                                                                           const EmbeddingArgs a) {
  embedding_body((uint)get_group_id(0), (uint)get_num_groups(0), ids, table, y, &a);
}
