// y[r, c] = exp(-exp(log_rate[c / group]) * softplus(x[r, c] + bias[c])); an item is a row.
#include "args/decay_gate_args.h"
#include "lanes.clh"

static void decay_gate_body(uint worker, uint workers, global const float* restrict x,
                            global const float* restrict log_rate, global const float* restrict bias,
                            global float* restrict y, const DecayGateArgs* a) {
  const uint cols = (uint)a->cols;
  for (uint row = worker; row < (uint)a->rows; row += workers) {
    const size_t at = (size_t)row * cols;
    for (uint c = LANE; c < cols; c += WG_SIZE) {
      const float z = x[at + c] + bias[c];
      const float softplus = fmax(z, 0.0f) + log1p(exp(-fabs(z)));
      y[at + c] = exp(-exp(log_rate[c / (uint)a->group]) * softplus);
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void decay_gate(
    global const float* restrict x, global const float* restrict log_rate, global const float* restrict bias,
    global float* restrict y, const DecayGateArgs a) {
  decay_gate_body((uint)get_group_id(0), (uint)get_num_groups(0), x, log_rate, bias, y, &a);
}
