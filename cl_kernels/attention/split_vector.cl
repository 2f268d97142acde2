// Attention for few tokens by one work-item with vectors (CPUs), where many heads share a kv head, as those of
// a latent cache do: the chunks of attention/decode_split.cl, whose join follows. An item is a block of heads
// of a token, which are the lanes, and a chunk.
#include "attention_rows.clh"

#include "attention_chunks.clh"

// The part of each head: its sums, highest score and sum of weights.
static void attention_store_parts(const AttentionRows* rows, const AttentionSpace* space, int slot,
                                  global float* partial, const AttentionArgs* a) {
  float factor[ROWS], highest[ROWS], sum[ROWS];
  global float* to[ROWS];
  for (int v = 0; v < ROW_VECTORS; ++v) {
    vstore16(rows->highest[v], v, highest);
    vstore16(rows->sum[v], v, sum);
  }
  for (int n = 0; n < ROWS; ++n) {
    factor[n] = 1.0f;
    to[n] = attention_partial(partial, a, rows->token[n], rows->head[n], slot);
  }
  attention_store_sums(rows, space, factor, to, a);
  for (int n = 0; n < rows->count; ++n) {
    to[n][a->value_dim] = highest[n];
    to[n][a->value_dim + 1] = sum[n];
  }
}

static void attention_split_vector_item(int token, int kv_head, int head_block, int slot, global const float* q,
                                        const AttentionCaches* caches, global const int* positions,
                                        const AttentionExtras* extras, const AttentionSpace* space,
                                        global float* partial, const AttentionArgs* a) {
  const int group = a->heads / a->kv_heads;
  const AttentionRange seen = attention_range(positions[token], a);
  const AttentionRange keys = attention_chunk_range(slot, &seen, a);
  if (keys.end <= keys.begin) return;
  AttentionRows rows;
  for (int n = 0; n < ROWS; ++n) {
    rows.token[n] = token;
    rows.head[n] = kv_head * group + min(head_block * ROWS + n, group - 1);
    rows.begin[n] = keys.begin;
    rows.end[n] = keys.end;
  }
  attention_open_rows(&rows, kv_head, min(ROWS, group - head_block * ROWS), positions, extras, a);
  attention_clear(space, a);
  attention_rows_over_keys(&rows, keys.begin, keys.end, keys.begin < seen.first_end, q, caches, space, a);
  attention_store_parts(&rows, space, slot, partial, a);
}

// `scratch` has the parts, then the workers' own memory.
static void attention_split_vector_body(uint worker, uint workers, global const float* restrict q,
                                        global const uchar* restrict keys,
                                        global const uchar* restrict values,
                                        global const int* restrict positions,
                                        global const uchar* restrict shared_keys,
                                        const AttentionExtras* extras, global float16* scratch,
                                        const AttentionArgs* a) {
  const size_t floats = (size_t)(uint)(a->tokens * a->heads) * (uint)a->tiles * (uint)(a->value_dim + 2);
  const AttentionSpace space = attention_space(scratch + (floats + 15) / 16, worker, a);
  const AttentionCaches caches = {keys, values, shared_keys};
  const int head_blocks = (a->heads / a->kv_heads + ROWS - 1) / ROWS;
  const int items = a->tokens * a->tiles * a->kv_heads * head_blocks;
  for (int item = (int)worker; item < items; item += (int)workers) {
    const int head_block = item % head_blocks;
    const int kv_head = item / head_blocks % a->kv_heads;
    const int slot = item / head_blocks / a->kv_heads % a->tiles;
    const int token = item / head_blocks / a->kv_heads / a->tiles;
    attention_split_vector_item(token, kv_head, head_block, slot, q, &caches, positions, extras, &space,
                                (global float*)scratch, a);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_split_vector(
    global const float* restrict q, global const uchar* restrict keys, global const uchar* restrict values,
    global const int* restrict positions, global const uchar* restrict shared_keys,
    global const float* restrict sinks, global const float* restrict slopes,
    global const int* restrict selected, global float16* scratch, const AttentionArgs a) {
  const AttentionExtras extras = {sinks, slopes, selected};
  attention_split_vector_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, values, positions,
                              shared_keys, &extras, scratch, &a);
}
