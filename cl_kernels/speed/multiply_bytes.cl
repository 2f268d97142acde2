// The speed at which AVX-512 VNNI multiplies bytes and adds the products up: eight chains of `count` steps in each
// item, 64 products a step. VECTOR: int16.
kernel void multiply_bytes(global int* restrict out, const uint count, const uint bytes) {
  const VECTOR k = (VECTOR)((int)bytes);
  VECTOR a = k, b = k + 1, c = k + 2, d = k + 3, e = k + 4, f = k + 5, g = k + 6, h = k + 7;
#if defined(__x86_64__)
  for (uint i = 0; i < count; ++i) {
    __asm__ volatile(
        "vpdpbusd %8, %8, %0\n\tvpdpbusd %8, %8, %1\n\tvpdpbusd %8, %8, %2\n\tvpdpbusd %8, %8, %3\n\t"
        "vpdpbusd %8, %8, %4\n\tvpdpbusd %8, %8, %5\n\tvpdpbusd %8, %8, %6\n\tvpdpbusd %8, %8, %7"
        : "+v"(a), "+v"(b), "+v"(c), "+v"(d), "+v"(e), "+v"(f), "+v"(g), "+v"(h)
        : "v"(k));
  }
#else
  // No vectors in assembly: the loop is in it, and puts the registers back.
  VECTOR kept[8];
  uint left = count;
  __asm__ volatile(
      "vmovdqu64 %%zmm24, (%1)\n\tvmovdqu64 %%zmm25, 64(%1)\n\tvmovdqu64 %%zmm26, 128(%1)\n\t"
      "vmovdqu64 %%zmm27, 192(%1)\n\tvmovdqu64 %%zmm28, 256(%1)\n\tvmovdqu64 %%zmm29, 320(%1)\n\t"
      "vmovdqu64 %%zmm30, 384(%1)\n\tvmovdqu64 %%zmm31, 448(%1)\n\t"
      "1:\n\tvpdpbusd %%zmm24, %%zmm24, %%zmm24\n\tvpdpbusd %%zmm25, %%zmm25, %%zmm25\n\t"
      "vpdpbusd %%zmm26, %%zmm26, %%zmm26\n\tvpdpbusd %%zmm27, %%zmm27, %%zmm27\n\t"
      "vpdpbusd %%zmm28, %%zmm28, %%zmm28\n\tvpdpbusd %%zmm29, %%zmm29, %%zmm29\n\t"
      "vpdpbusd %%zmm30, %%zmm30, %%zmm30\n\tvpdpbusd %%zmm31, %%zmm31, %%zmm31\n\t"
      "decl %0\n\tjne 1b\n\t"
      "vmovdqu64 (%1), %%zmm24\n\tvmovdqu64 64(%1), %%zmm25\n\tvmovdqu64 128(%1), %%zmm26\n\t"
      "vmovdqu64 192(%1), %%zmm27\n\tvmovdqu64 256(%1), %%zmm28\n\tvmovdqu64 320(%1), %%zmm29\n\t"
      "vmovdqu64 384(%1), %%zmm30\n\tvmovdqu64 448(%1), %%zmm31"
      : "+r"(left)
      : "r"(kept)
      : "memory", "cc");
  a += (VECTOR)((int)left);
#endif
  a += b + c + d + e + f + g + h;
  if (all(a == (VECTOR)(0x12345679))) out[0] = 1;  // never; keeps the work
}
