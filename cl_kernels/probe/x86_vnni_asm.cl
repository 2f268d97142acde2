// Inline AVX-512 VNNI: out[lane] = lane + the sum over 4 bytes of 200 (unsigned) * -3 (signed), lane = 0..15.
// Compilers that read an intermediate language take addresses in assembly, no vectors.
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void probe(global int* restrict out) {
  int16 acc = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const uint16 bytes_200 = (uint16)(0xC8C8C8C8u);
#if defined(__x86_64__)
  const uint16 bytes_minus_3 = (uint16)(0xFDFDFDFDu);
  __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(bytes_200), "v"(bytes_minus_3));
#else
  const uint bytes_minus_3 = 0xFDFDFDFDu;
  int16 kept[2];
  __asm__ volatile(
      "vmovdqu64 %%zmm30, (%0)\n\tvmovdqu64 %%zmm31, 64(%0)\n\t"
      "vmovdqu64 (%2), %%zmm30\n\tvmovdqu64 (%1), %%zmm31\n\t"
      "vpdpbusd (%3)%{1to16%}, %%zmm30, %%zmm31\n\tvmovdqu64 %%zmm31, (%1)\n\t"
      "vmovdqu64 (%0), %%zmm30\n\tvmovdqu64 64(%0), %%zmm31"
      :
      : "r"(kept), "r"(&acc), "r"(&bytes_200), "r"(&bytes_minus_3)
      : "memory");
#endif
  vstore16(acc, 0, out);
}
