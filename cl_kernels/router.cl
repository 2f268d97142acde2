// Chooses top_k experts a row by score + bias within the best groups: logits f32[rows, experts] -> ids i32
// and weights f32 [rows, top_k] in falling order of choice (DeepSeek-V3, section 2.1.2). A row an item.
#include "args/router_args.h"
#include "lanes.clh"

#define ROUTER_TAKEN (-INFINITY)

// Local memory of a row: score[experts] | choice[experts] | group[groups] | a value and an index per lane.
static local float* router_score(local float* scratch) {
  return scratch;
}
static local float* router_choice(local float* scratch, const RouterArgs* a) {
  return scratch + a->experts;
}
static local float* router_group(local float* scratch, const RouterArgs* a) {
  return scratch + 2 * a->experts;
}
static local float* router_lanes(local float* scratch, const RouterArgs* a) {
  return scratch + 2 * a->experts + a->groups;
}

// Index of the highest value, the lowest one among equals; the same in every lane.
static int router_argmax(local const float* values, int count, local float* lane_value) {
  local int* lane_index = (local int*)(lane_value + WG_SIZE);
  float best = ROUTER_TAKEN;
  int index = count;
  for (int i = (int)LANE; i < count; i += WG_SIZE) {
    if (values[i] > best) {
      best = values[i];
      index = i;
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  lane_value[LANE] = best;
  lane_index[LANE] = index;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int lane = 0; lane < WG_SIZE; ++lane) {
    if (lane_value[lane] > best || (lane_value[lane] == best && lane_index[lane] < index)) {
      best = lane_value[lane];
      index = lane_index[lane];
    }
  }
  return index < count ? index : 0;  // only NaN logits leave nothing to choose
}

static void router_make_scores(global const float* restrict logits, global const float* restrict bias,
                               const RouterArgs* a, local float* scratch) {
  local float* score = router_score(scratch);
  local float* choice = router_choice(scratch, a);
  const int experts = a->experts;
  // Both reductions run for sigmoid too: PoCL 3.1 miscompiles reductions under a condition.
  float highest = -INFINITY;
  for (int i = (int)LANE; i < experts; i += WG_SIZE) highest = fmax(highest, logits[i]);
  highest = group_max(highest, router_lanes(scratch, a));
  float sum = 0.0f;
  for (int i = (int)LANE; i < experts; i += WG_SIZE) {
    score[i] = exp(logits[i] - highest);
    sum += score[i];
  }
  sum = group_sum(sum, router_lanes(scratch, a));
  for (int i = (int)LANE; i < experts; i += WG_SIZE)
    score[i] = a->near_softmax ? logits[i] : a->sigmoid ? 1.0f / (1.0f + exp(-logits[i])) : score[i] / sum;
  for (int i = (int)LANE; i < experts; i += WG_SIZE) choice[i] = score[i] + (a->has_bias ? bias[i] : 0.0f);
}

// Takes out of the choice all experts but those of the keep_groups best groups.
static void router_keep_groups(const RouterArgs* a, local float* scratch) {
  local float* choice = router_choice(scratch, a);
  local float* group = router_group(scratch, a);
  const int size = a->experts / a->groups;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int g = (int)LANE; g < a->groups; g += WG_SIZE) {
    float first = -INFINITY;
    float second = -INFINITY;
    for (int i = g * size; i < (g + 1) * size; ++i) {
      second = fmax(second, fmin(first, choice[i]));
      first = fmax(first, choice[i]);
    }
    group[g] = a->top2_sum ? first + second : first;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int kept = 0; kept < a->keep_groups; ++kept) {
    const int g = router_argmax(group, a->groups, router_lanes(scratch, a));
    barrier(CLK_LOCAL_MEM_FENCE);
    if (LANE == 0) group[g] = NAN;  // marks a kept group; it never wins again
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int i = (int)LANE; i < a->experts; i += WG_SIZE)
    if (!isnan(group[i / size])) choice[i] = ROUTER_TAKEN;
}

// The share of a logit among those not yet chosen that are near it.
static float router_near_weight(float best, local const float* choice, const RouterArgs* a) {
  float sum = 0.0f;
  for (int i = 0; i < a->experts; ++i) {
    const float s = choice[i];
    if (s != ROUTER_TAKEN && best - s <= a->near * fmax(fabs(s), best)) sum += exp(s - best);
  }
  return 1.0f / sum;
}

static void router_choose(global int* restrict ids, global float* restrict weights, const RouterArgs* a,
                          local float* scratch) {
  local float* score = router_score(scratch);
  local float* choice = router_choice(scratch, a);
  float sum = 0.0f;
  for (int j = 0; j < a->top_k; ++j) {
    barrier(CLK_LOCAL_MEM_FENCE);
    const int id = router_argmax(choice, a->experts, router_lanes(scratch, a));
    barrier(CLK_LOCAL_MEM_FENCE);
    sum += score[id];
    if (LANE == 0) {
      weights[j] = a->near_softmax ? router_near_weight(score[id], choice, a) : score[id];
      choice[id] = ROUTER_TAKEN;
      ids[j] = id;
    }
  }
  const float divisor = a->renormalise ? sum + 1e-20f : 1.0f;
  if (LANE == 0)
    for (int j = 0; j < a->top_k; ++j) weights[j] = weights[j] / divisor * a->scale;
  barrier(CLK_LOCAL_MEM_FENCE);  // the next row reuses the scratch
}

static void router_body(uint worker, uint workers, global const float* restrict logits,
                        global const float* restrict bias, global int* restrict ids,
                        global float* restrict weights, const RouterArgs* a, local float* scratch) {
  for (uint row = worker; row < (uint)a->rows; row += workers) {
    router_make_scores(logits + (size_t)row * (uint)a->experts, bias, a, scratch);
    if (a->groups > 1) router_keep_groups(a, scratch);
    router_choose(ids + (size_t)row * (uint)a->top_k, weights + (size_t)row * (uint)a->top_k, a, scratch);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void router(
    global const float* restrict logits, global const float* restrict bias, global int* restrict ids,
    global float* restrict weights, const RouterArgs a, local float* scratch) {
  router_body((uint)get_group_id(0), (uint)get_num_groups(0), logits, bias, ids, weights, &a, scratch);
}
