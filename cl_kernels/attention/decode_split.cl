// Attention for few tokens: the context is cut into chunks whose borders depend on nothing but the chunk
// size, so that a token's bits are the same whatever else is in the call; the second kernel joins the chunks
// in order.
#include "attention_block.clh"

// Of one (token, head, chunk) in `partial`: value_dim weighted sums | highest score | sum of weights.
static global float* attention_partial(global float* partial, const AttentionArgs* a, int token, int head,
                                       int chunk) {
  return partial + (((size_t)token * (uint)a->heads + (uint)head) * (uint)a->tiles + (uint)chunk) *
                       (uint)(a->value_dim + 2);
}

// QUERIES heads of one kv head and token over one chunk.
static void attention_split_item(int token, int kv_head, int head_block, int chunk, global const float* q,
                                 const AttentionCaches* caches, int position, global float* partial,
                                 const AttentionArgs* a, local float* scratch) {
  const int group = a->heads / a->kv_heads;
  const int row = a->heads * (a->key_dim + a->shared_dim);
  AttentionBlock block;
  global float* out[QUERIES];
  float highest[QUERIES], sum[QUERIES], factor[QUERIES];
  block.kv_head = kv_head;
  block.rows = min(QUERIES, group - head_block * QUERIES);
  for (int n = 0; n < QUERIES; ++n) {
    const int head = kv_head * group + min(head_block * QUERIES + n, group - 1);
    block.query[n] = q + (size_t)token * (uint)row + (size_t)(head * (a->key_dim + a->shared_dim));
    attention_key_range(position, a, &block.begin[n], &block.end[n]);
    out[n] = attention_partial(partial, a, token, head, chunk);
    highest[n] = -INFINITY;
    factor[n] = 0.0f;
  }
  const int first = max(chunk * a->tile, block.begin[0]);
  const int count = min((chunk + 1) * a->tile, block.end[0]) - first;
  if (count <= 0) return;
  local float* scores = scratch + QUERIES * WG_SIZE;
  barrier(CLK_LOCAL_MEM_FENCE);
  attention_scores(&block, caches, a, first, count, scores);
  attention_softmax(scores, count, a, highest, sum, scratch);
  attention_values(&block, caches, a, first, count, scores, out, 1, factor);
  if (LANE != 0) return;
  for (int n = 0; n < block.rows; ++n) {
    out[n][a->value_dim] = highest[n];
    out[n][a->value_dim + 1] = sum[n];
  }
}

static void attention_decode_split_body(uint worker, uint workers, global const float* restrict q,
                                        global const uchar* restrict keys,
                                        global const uchar* restrict values,
                                        global const int* restrict positions,
                                        global const uchar* restrict shared_keys,
                                        global float* restrict partial, const AttentionArgs* a,
                                        local float* scratch) {
  const AttentionCaches caches = {keys, values, shared_keys};
  const int head_blocks = (a->heads / a->kv_heads + QUERIES - 1) / QUERIES;
  const int items = a->tokens * a->tiles * a->kv_heads * head_blocks;
  for (int item = (int)worker; item < items; item += (int)workers) {
    const int head_block = item % head_blocks;
    const int kv_head = item / head_blocks % a->kv_heads;
    const int chunk = item / head_blocks / a->kv_heads % a->tiles;
    const int token = item / head_blocks / a->kv_heads / a->tiles;
    attention_split_item(token, kv_head, head_block, chunk, q, &caches, positions[token], partial, a,
                         scratch);
  }
}

// Row `item` of y from its chunks' parts: sum_c value[c] * exp(highest[c] - highest) / sum.
static void attention_join_row(global const float* restrict part, int chunks, global float* restrict y,
                               const AttentionArgs* a) {
  const uint dims = (uint)a->value_dim;
  const size_t stride = dims + 2;
  float highest = -INFINITY;
  for (int c = 0; c < chunks; ++c) highest = fmax(highest, part[(size_t)c * stride + dims]);
  float sum = 0.0f;
  for (int c = 0; c < chunks; ++c)
    sum += part[(size_t)c * stride + dims + 1] * exp(part[(size_t)c * stride + dims] - highest);
  for (uint d = LANE * VEC; d + VEC <= dims; d += WG_SIZE * VEC) {
    vec_t value = 0.0f;
    for (int c = 0; c < chunks; ++c)
      value += vec_load(part + (size_t)c * stride + d) * exp(part[(size_t)c * stride + dims] - highest);
    vec_store(value / sum, y + d);
  }
  for (uint d = dims / VEC * VEC + LANE; d < dims; d += WG_SIZE) {
    float value = 0.0f;
    for (int c = 0; c < chunks; ++c)
      value += part[(size_t)c * stride + d] * exp(part[(size_t)c * stride + dims] - highest);
    y[d] = value / sum;
  }
}

static void attention_decode_join_body(uint worker, uint workers, global const float* restrict partial,
                                       global const int* restrict positions, global float* restrict y,
                                       const AttentionArgs* a) {
  for (int item = (int)worker; item < a->tokens * a->heads; item += (int)workers) {
    int begin, end;
    attention_key_range(positions[item / a->heads], a, &begin, &end);
    const int first = begin / a->tile;
    const int chunks = (end - 1) / a->tile + 1 - first;
    const size_t part = (size_t)item * (uint)a->tiles + (uint)first;
    attention_join_row(partial + part * (uint)(a->value_dim + 2), chunks,
                       y + (size_t)item * (uint)a->value_dim, a);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_decode_split(
    global const float* restrict q, global const uchar* restrict keys, global const uchar* restrict values,
    global const int* restrict positions, global const uchar* restrict shared_keys,
    global float* restrict partial, const AttentionArgs a, local float* scratch) {
  attention_decode_split_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, values, positions,
                              shared_keys, partial, &a, scratch);
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_decode_join(
    global const float* restrict partial, global const int* restrict positions, global float* restrict y,
    const AttentionArgs a) {
  attention_decode_join_body((uint)get_group_id(0), (uint)get_num_groups(0), partial, positions, y, &a);
}
