// Importance of blocks for a token and kv head, as integers that compare as the scores do: softmax over the
// compressed rows for each head of the group, summed over the heads, then over the strides that a row shares
// with a block (native sparse attention, eq. 8 to 10). A (token, kv head) an item.
#include "args/block_importance_args.h"
#include "lanes.clh"

#include "cache_row.clh"
#include "score_order.clh"

#if !defined(KEYS)
#error "KEYS: how the keys' columns are stored (STORAGE_CODES, ...)"
#endif

// score[i] = softmax over i < seen of scale * (q . key[i]); total += score. A lane has the rows LANE, LANE +
// WG_SIZE, ... of both.
static void add_row_weights(global const float* q, global const uchar* keys, uint col, int seen, int fresh,
                            global float* score, global float* total, const BlockImportanceArgs* a,
                            local float* scratch) {
  float highest = -INFINITY;
  for (int i = (int)LANE; i < seen; i += WG_SIZE) {
    global const uchar* row = keys + (size_t)i * (uint)a->key_bytes;
    float sum = 0.0f;
    for (uint d = 0; d < (uint)a->dim; ++d) sum += q[d] * rows_load(row, col + d, KEYS);
    score[i] = sum * a->scale;
    highest = fmax(highest, score[i]);
  }
  highest = group_max(highest, scratch);
  float sum = 0.0f;
  for (int i = (int)LANE; i < seen; i += WG_SIZE) {
    score[i] = exp(score[i] - highest);
    sum += score[i];
  }
  sum = group_sum(sum, scratch);
  for (int i = (int)LANE; i < seen; i += WG_SIZE) total[i] = (fresh ? 0.0f : total[i]) + score[i] / sum;
}

// Block j from the weights of rows that share tokens with it.
static float block_importance_of(int j, int seen, global const float* total, const BlockImportanceArgs* a) {
  float sum = 0.0f;
  for (int i = max(0, (j * a->block - a->length) / a->stride); i < seen && i * a->stride < (j + 1) * a->block;
       ++i) {
    const int shared =
        min(i * a->stride + a->length, (j + 1) * a->block) - max(i * a->stride, j * a->block);
    if (shared > 0) sum += total[i] * (float)(shared / a->stride);
  }
  return sum;
}

static void block_importance_body(uint worker, uint workers, global const float* restrict q,
                                  global const uchar* restrict keys, global const int* restrict positions,
                                  global float* restrict rows, global uint* restrict order,
                                  const BlockImportanceArgs* a, local float* scratch) {
  const uint sets = (uint)a->kv_heads;
  const int group = a->heads / a->kv_heads;
  for (uint item = worker; item < (uint)a->tokens * sets; item += workers) {
    const int position = min(positions[item / sets], a->context - 1);
    const int seen = position + 1 < a->length ? 0 : (position + 1 - a->length) / a->stride + 1;
    global float* score = rows + (size_t)item * 2 * (uint)a->row_pitch;
    global float* total = score + a->row_pitch;
    const int first_head = (int)(item % sets) * group;
    for (int h = 0; h < group; ++h)
      add_row_weights(q + ((size_t)(item / sets) * (uint)a->heads + (uint)(first_head + h)) * (uint)a->dim,
                      keys, item % sets * (uint)a->dim, seen, h == 0, score, total, a, scratch);
    barrier(CLK_GLOBAL_MEM_FENCE);
    const int last = position / a->block;
    for (int j = (int)LANE; j <= last; j += WG_SIZE) {
      const bool fixed = j < a->initial || j > last - a->local_blocks;
      order[(size_t)item * (uint)a->pitch + (uint)j] =
          fixed ? 0xFFFFFFFFu : score_order(block_importance_of(j, seen, total, a));
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void block_importance(
    global const float* restrict q, global const uchar* restrict keys, global const int* restrict positions,
    global float* restrict scratch_memory, const BlockImportanceArgs a) {
  local float scratch[WG_SIZE];
  // Behind the ordered scores: two rows of weights for each token and kv head.
  global uint* order = (global uint*)scratch_memory;
  global float* rows = scratch_memory + (size_t)(a.tokens * a.kv_heads) * (uint)a.pitch;
  block_importance_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, positions, rows, order, &a,
                        scratch);
}
