// Inline AVX-512 VNNI: out[lane] = lane + the sum over 4 bytes of 200 (unsigned) * -3 (signed), lane = 0..15.
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void probe(global int* restrict out) {
  int16 acc = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const uint16 bytes_200 = (uint16)(0xC8C8C8C8u);
  const uint16 bytes_minus_3 = (uint16)(0xFDFDFDFDu);
  __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(bytes_200), "v"(bytes_minus_3));
  vstore16(acc, 0, out);
}
