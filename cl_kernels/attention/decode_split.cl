// Attention for few tokens, or for chosen rows: the context is cut into chunks whose borders depend on
// nothing but the chunk size, so that a token's bits are the same whatever else is in the call; the second
// kernel joins the chunks in order. First rows that a window would hide have chunks of their own, before the
// others; chosen rows are cut as they are listed. Parts lie in slots: first_tiles of the first rows, then as
// many as the chunks that a query can see, which take them in turn.
#include "attention_block.clh"

#include "attention_chunks.clh"

// QUERIES heads of one kv head and token over one chunk; `opens`: none before it, of these heads, was this
// worker's.
static void attention_split_item(int token, int kv_head, int head_block, int slot, bool opens,
                                 global const float* q, const AttentionCaches* caches, const AttentionExtras* extras, int position,
                                 global float* partial, const AttentionArgs* a, local float* scratch) {
  const int group = a->heads / a->kv_heads;
  const int dim = a->key_dim + a->shared_dim;
  const AttentionRange seen = attention_range(position, a);
  const AttentionRange keys = attention_chunk_range(slot, &seen, a);
  const int first = keys.begin;
  const int count = keys.end - first;
  if (count <= 0) return;
  const int view = attention_view(position, first, &seen, a);
  const size_t row = ((size_t)token * VIEW_COUNT + (uint)view) * (uint)a->heads;
  AttentionBlock block;
  global float* out[QUERIES];
  float highest[QUERIES], sum[QUERIES], factor[QUERIES];
  block.kv_head = kv_head;
  block.rows = min(QUERIES, group - head_block * QUERIES);
  for (int n = 0; n < QUERIES; ++n) {
    const int head = kv_head * group + min(head_block * QUERIES + n, group - 1);
    block.query[n] = q + (row + (uint)head) * (uint)dim;
    block.begin[n] = first;
    block.end[n] = keys.end;
#ifdef SLOPES
    block.slope[n] = extras->slopes[head];
    block.position[n] = position;
#endif
    out[n] = attention_partial(partial, a, token, head, slot);
    highest[n] = -INFINITY;
    factor[n] = 0.0f;
  }
#ifdef SELECTED
  block.range = seen;
  block.ids = attention_ids(extras->selected, token, kv_head * group, a);
#endif
#if WG_SIZE == 1
  if (opens) attention_fetch_tile(&block, caches, first, count, a);
#endif
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
                                        const AttentionExtras* extras, global float* restrict partial,
                                        const AttentionArgs* a, local float* scratch) {
  const AttentionCaches caches = {keys, values, shared_keys};
  const int head_blocks = (a->heads / a->kv_heads + QUERIES - 1) / QUERIES;
  const int rows = a->kv_heads * head_blocks;
  const ulong items = (ulong)(a->tokens * a->tiles) * (uint)rows;
  // Threads of a CPU take neighbouring workers, and go on with the rows that they have asked for.
  const int begin = (int)(items * worker / workers);
  const int end = (int)(items * (worker + 1) / workers);
  for (int item = begin; item < end; ++item) {
    const int head_block = item % head_blocks;
    const int kv_head = item / head_blocks % a->kv_heads;
    const int token = item / rows % a->tokens;
    const int slot = item / rows / a->tokens;
    attention_split_item(token, kv_head, head_block, slot, item < begin + rows, q, &caches, extras,
                         positions[token], partial, a, scratch);
  }
}

// The slots of the chunks whose keys a query sees: `firsts` from the start, then those that the chunks from
// `begin` on take.
typedef struct {
  int firsts;
  int begin;
  int count;  // of both
} AttentionChunks;

static AttentionChunks attention_chunks(int position, const AttentionArgs* a) {
  const AttentionRange seen = attention_range(position, a);
  AttentionChunks chunks;
#ifdef SELECTED
  chunks.firsts = 0;
  chunks.begin = 0;
  chunks.count = seen.end > seen.begin || seen.first_end > 0 ? a->tiles : 0;
#else
  const int begin = seen.begin / a->tile;
  chunks.firsts = (seen.first_end + a->tile - 1) / a->tile;
  chunks.begin = begin;
  chunks.count = chunks.firsts + (seen.end > seen.begin ? (seen.end - 1) / a->tile + 1 - begin : 0);
#endif
  return chunks;
}

// The part of number c of them.
static global const float* attention_part(global const float* parts, const AttentionChunks* chunks, int c,
                                          const AttentionArgs* a) {
  const int turn = (chunks->begin + c - chunks->firsts) % (a->tiles - a->first_tiles);
  const int slot = c < chunks->firsts ? c : a->first_tiles + turn;
  return parts + (size_t)slot * (uint)(a->value_dim + 2);
}

#define JOIN_PARTS 16

// exp(highest[c] - base) of JOIN_PARTS chunks from number `first` on, 0 for those that are not there.
static void attention_part_weights(global const float* parts, const AttentionChunks* chunks, int first,
                                   float base, float* weights, const AttentionArgs* a) {
  for (int c = 0; c < JOIN_PARTS; ++c) {
    const int there = first + c < chunks->count;
    weights[c] = there ? attention_part(parts, chunks, first + c, a)[a->value_dim] - base : -INFINITY;
  }
  vstore16(exp(vload16(0, weights)), 0, weights);
}

// y[d] = sum_c value[c][d] * weights[c] over `count` chunks from number `first` on; the others are added to y.
static void attention_add_parts(global const float* restrict parts, const AttentionChunks* chunks, int first,
                                int count, const float* weights, global float* restrict y,
                                const AttentionArgs* a) {
  const uint dims = (uint)a->value_dim;
  for (uint d = LANE * VEC; d + VEC <= dims; d += WG_SIZE * VEC) {
    vec_t value = first > 0 ? vec_load(y + d) : (vec_t)(0.0f);
    for (int c = 0; c < count; ++c)
      value += vec_load(attention_part(parts, chunks, first + c, a) + d) * weights[c];
    vec_store(value, y + d);
  }
  for (uint d = dims / VEC * VEC + LANE; d < dims; d += WG_SIZE) {
    float value = first > 0 ? y[d] : 0.0f;
    for (int c = 0; c < count; ++c) value += attention_part(parts, chunks, first + c, a)[d] * weights[c];
    y[d] = value;
  }
}

// A row of y from its chunks' parts: sum_c value[c] * exp(highest[c] - highest) / sum; `sink` is -infinity
// where there is none. What sees no key is 0.
static void attention_join_row(global const float* restrict parts, const AttentionChunks* chunks, float sink,
                               global float* restrict y, const AttentionArgs* a) {
  float weights[JOIN_PARTS];
  float highest = sink;
  for (int c = 0; c < chunks->count; ++c)
    highest = fmax(highest, attention_part(parts, chunks, c, a)[a->value_dim]);
  const float base = highest == -INFINITY ? 0.0f : highest;
  float sum = exp(sink - base);
  for (int first = 0; first < chunks->count; first += JOIN_PARTS) {
    attention_part_weights(parts, chunks, first, base, weights, a);
    for (int c = 0; c < min(JOIN_PARTS, chunks->count - first); ++c)
      sum += attention_part(parts, chunks, first + c, a)[a->value_dim + 1] * weights[c];
  }
  const float scale = sum == 0.0f ? 1.0f : 1.0f / sum;
  for (int first = 0; first == 0 || first < chunks->count; first += JOIN_PARTS) {
    attention_part_weights(parts, chunks, first, base, weights, a);
    for (int c = 0; c < JOIN_PARTS; ++c) weights[c] *= scale;
    attention_add_parts(parts, chunks, first, min(JOIN_PARTS, chunks->count - first), weights, y, a);
  }
}

static void attention_decode_join_body(uint worker, uint workers, global const float* restrict partial,
                                       global const int* restrict positions,
                                       global const float* restrict sinks, global float* restrict y,
                                       const AttentionArgs* a) {
  for (int item = (int)worker; item < a->tokens * a->heads; item += (int)workers) {
    const AttentionChunks chunks = attention_chunks(positions[item / a->heads], a);
    float sink = -INFINITY;
#ifdef SINKS
    sink = sinks[item % a->heads];
#endif
    attention_join_row(partial + (size_t)item * (uint)a->tiles * (uint)(a->value_dim + 2), &chunks, sink,
                       y + (size_t)item * (uint)a->value_dim, a);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_decode_split(
    global const float* restrict q, global const uchar* restrict keys, global const uchar* restrict values,
    global const int* restrict positions, global const uchar* restrict shared_keys,
    global const float* restrict sinks, global const float* restrict slopes,
    global const int* restrict selected, global float* restrict partial, const AttentionArgs a,
    local float* scratch) {
  const AttentionExtras extras = {sinks, slopes, selected};
  attention_decode_split_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, values, positions,
                              shared_keys, &extras, partial, &a, scratch);
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_decode_join(
    global const float* restrict partial, global const int* restrict positions,
    global const float* restrict sinks, global float* restrict y, const AttentionArgs a) {
  attention_decode_join_body((uint)get_group_id(0), (uint)get_num_groups(0), partial, positions, sinks, y,
                             &a);
}
