// Chooses top_k experts a row by score + bias within the best groups: logits f32[rows, experts] -> ids i32 and
// weights f32 [rows, top_k] in falling order of choice (DeepSeek-V3, section 2.1.2). A row an item.
#include "args/router_args.h"
#include "lanes.clh"

#define ROUTER_TAKEN (-INFINITY)

// Local memory of a row: score[experts] | choice[experts] | group score[groups] | WG_SIZE for reductions | same as int.
typedef struct {
  local float* score;
  local float* choice;
  local float* group;
  local float* lane_value;
  local int* lane_index;
} RouterScratch;

// Index of the highest value, the lowest one among equals; the same in every lane.
static int router_argmax(local const float* values, int count, const RouterScratch* s) {
  float best = ROUTER_TAKEN;
  int index = count;
  for (int i = (int)LANE; i < count; i += WG_SIZE) {
    if (values[i] > best) {
      best = values[i];
      index = i;
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  s->lane_value[LANE] = best;
  s->lane_index[LANE] = index;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int lane = 0; lane < WG_SIZE; ++lane) {
    const float value = s->lane_value[lane];
    const int at = s->lane_index[lane];
    if (value > best || (value == best && at < index)) {
      best = value;
      index = at;
    }
  }
  return index < count ? index : 0;  // only NaN logits leave nothing to choose
}

static void router_score(global const float* restrict logits, global const float* restrict bias,
                         const RouterArgs* a, const RouterScratch* s) {
  const int experts = a->experts;
  if (a->sigmoid) {
    for (int i = (int)LANE; i < experts; i += WG_SIZE) s->score[i] = 1.0f / (1.0f + exp(-logits[i]));
  } else {
    float highest = -INFINITY;
    for (int i = (int)LANE; i < experts; i += WG_SIZE) highest = fmax(highest, logits[i]);
    highest = group_max(highest, s->lane_value);
    float sum = 0.0f;
    for (int i = (int)LANE; i < experts; i += WG_SIZE) {
      s->score[i] = exp(logits[i] - highest);
      sum += s->score[i];
    }
    sum = group_sum(sum, s->lane_value);
    for (int i = (int)LANE; i < experts; i += WG_SIZE) s->score[i] /= sum;
  }
  for (int i = (int)LANE; i < experts; i += WG_SIZE) s->choice[i] = s->score[i] + (a->has_bias ? bias[i] : 0.0f);
}

// Takes out of the choice all experts but those of the keep_groups best groups.
static void router_keep_groups(const RouterArgs* a, const RouterScratch* s) {
  const int size = a->experts / a->groups;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int g = (int)LANE; g < a->groups; g += WG_SIZE) {
    float first = -INFINITY;
    float second = -INFINITY;
    for (int i = g * size; i < (g + 1) * size; ++i) {
      second = fmax(second, fmin(first, s->choice[i]));
      first = fmax(first, s->choice[i]);
    }
    s->group[g] = a->top2_sum ? first + second : first;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int kept = 0; kept < a->keep_groups; ++kept) {
    const int g = router_argmax(s->group, a->groups, s);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (LANE == 0) s->group[g] = NAN;  // NaN marks a kept group; it never wins again
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int i = (int)LANE; i < a->experts; i += WG_SIZE)
    if (!isnan(s->group[i / size])) s->choice[i] = ROUTER_TAKEN;
}

static void router_choose(global int* restrict ids, global float* restrict weights, const RouterArgs* a,
                          const RouterScratch* s) {
  float sum = 0.0f;
  for (int j = 0; j < a->top_k; ++j) {
    barrier(CLK_LOCAL_MEM_FENCE);
    const int id = router_argmax(s->choice, a->experts, s);
    barrier(CLK_LOCAL_MEM_FENCE);
    sum += s->score[id];
    if (LANE == 0) {
      s->choice[id] = ROUTER_TAKEN;
      ids[j] = id;
    }
  }
  const float divisor = a->renormalise ? sum + 1e-20f : 1.0f;
  if (LANE == 0)
    for (int j = 0; j < a->top_k; ++j) weights[j] = s->score[ids[j]] / divisor * a->scale;
  barrier(CLK_LOCAL_MEM_FENCE);  // the next row reuses the scratch
}

static void router_body(uint worker, uint workers, global const float* restrict logits,
                        global const float* restrict bias, global int* restrict ids,
                        global float* restrict weights, const RouterArgs* a, local float* scratch) {
  RouterScratch s;
  s.score = scratch;
  s.choice = s.score + a->experts;
  s.group = s.choice + a->experts;
  s.lane_value = s.group + a->groups;
  s.lane_index = (local int*)(s.lane_value + WG_SIZE);
  for (uint row = worker; row < (uint)a->rows; row += workers) {
    router_score(logits + (size_t)row * (uint)a->experts, bias, a, &s);
    if (a->groups > 1) router_keep_groups(a, &s);
    router_choose(ids + (size_t)row * (uint)a->top_k, weights + (size_t)row * (uint)a->top_k, a, &s);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void router(
    global const float* restrict logits, global const float* restrict bias, global int* restrict ids,
    global float* restrict weights, const RouterArgs a, local float* scratch) {
  router_body((uint)get_group_id(0), (uint)get_num_groups(0), logits, bias, ids, weights, &a, scratch);
}
