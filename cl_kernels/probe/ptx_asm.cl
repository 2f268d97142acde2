// Inline PTX: out[i] = i * 3 + 7, i = 0..63.
kernel __attribute__((reqd_work_group_size(64, 1, 1))) void probe(global int* restrict out) {
  const int lane = (int)get_local_id(0);
  int result;
  asm volatile("mad.lo.s32 %0, %1, 3, 7;" : "=r"(result) : "r"(lane));
  out[lane] = result;
}
