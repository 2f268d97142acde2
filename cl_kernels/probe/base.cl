// Answers arithmetic, local memory, barrier and struct-argument questions: out[0..63], one group of 64.
typedef struct {
  int scale;
  float offset;
} ProbeArgs;

kernel __attribute__((reqd_work_group_size(64, 1, 1))) void probe(global int* restrict out, const ProbeArgs a) {
  local float turned[64];
  const int lane = (int)get_local_id(0);
  turned[63 - lane] = (float)(lane * a.scale) + a.offset;
  barrier(CLK_LOCAL_MEM_FENCE);
  out[lane] = (int)(turned[lane] * 2.0f);
}
