// AMX's products of bf16: row m of A is m - 3 in its first half and 1 in the second, column n of B is n - 5
// and 2, so their product is 16 (m - 3) (n - 5) + 32. out[i] = its bits at row i % 16, column i / 16 * 5.
#include "x86_amx.clh"

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void probe(global int* restrict out) {
  uint16 a[16], b[16];
  float sums[256];
  const float16 n = (float16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const uint16 column = as_uint16(n - 5.0f);  // small whole numbers: the upper half of the bits says it all
  for (int m = 0; m < 16; ++m) {
    a[m] = bf16_pairs((float16)((float)(m - 3)), (float16)(1.0f));
    b[m] = m < 8 ? column >> 16 | column : (uint16)(0x40004000u);
  }
  AMX_BEGIN(64);
  AMX_LOAD(4, a, 64);
  AMX_LOAD(6, b, 64);
  AMX_ZERO(0);
  AMX_ADD_BF16(0, 4, 6);
  AMX_STORE(0, sums, 64);
  AMX_END();
  for (int i = 0; i < 64; ++i) out[i] = as_int(sums[i % 16 * 16 + i / 16 * 5]);
}
