// AMX's products of bytes: row m of A is m - 3 in its first half and 1 in the second, column n of B is n - 5
// and 2, so their product is 32 (m - 3) (n - 5) + 64. out[i] = that of row i % 16, column i / 16 * 5.
#include "x86_amx.clh"

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void probe(global int* restrict out) {
  uint16 a[16], b[16], sums[16];
  const uint16 n = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (int m = 0; m < 16; ++m) {
    a[m].lo = (uint8)((uint)(m - 3) & 255u) * 0x01010101u;
    a[m].hi = (uint8)(0x01010101u);
    b[m] = m < 8 ? (n - 5u & 255u) * 0x01010101u : (uint16)(0x02020202u);
  }
  AMX_BEGIN(64);
  AMX_LOAD(4, a, 64);
  AMX_LOAD(6, b, 64);
  AMX_ZERO(0);
  AMX_ADD_INT8(0, 4, 6);
  AMX_STORE(0, sums, 64);
  AMX_END();
  for (int i = 0; i < 64; ++i) out[i] = ((const int*)sums)[i % 16 * 16 + i / 16 * 5];
}
