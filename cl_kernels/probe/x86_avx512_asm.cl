// Inline AVX-512F: out[0..15] = bits of 1 + 2 * lane.
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void probe(global int* restrict out) {
  float16 acc = (float16)(1.0f);
  const float16 two = (float16)(2.0f);
  const float16 lane = (float16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(acc) : "v"(two), "v"(lane));
  vstore16(as_int16(acc), 0, out);
}
