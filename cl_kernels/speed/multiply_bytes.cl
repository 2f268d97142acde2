// The speed at which AVX-512 VNNI multiplies bytes and adds the products up: eight chains of `count` steps in each
// item, 64 products a step. VECTOR: int16.
kernel void multiply_bytes(global int* restrict out, const uint count, const uint bytes) {
  const VECTOR k = (VECTOR)((int)bytes);
  VECTOR a = k, b = k + 1, c = k + 2, d = k + 3, e = k + 4, f = k + 5, g = k + 6, h = k + 7;
  for (uint i = 0; i < count; ++i) {
    __asm__ volatile(
        "vpdpbusd %8, %8, %0\n\tvpdpbusd %8, %8, %1\n\tvpdpbusd %8, %8, %2\n\tvpdpbusd %8, %8, %3\n\t"
        "vpdpbusd %8, %8, %4\n\tvpdpbusd %8, %8, %5\n\tvpdpbusd %8, %8, %6\n\tvpdpbusd %8, %8, %7"
        : "+v"(a), "+v"(b), "+v"(c), "+v"(d), "+v"(e), "+v"(f), "+v"(g), "+v"(h)
        : "v"(k));
  }
  a += b + c + d + e + f + g + h;
  if (all(a == (VECTOR)(0x12345679))) out[0] = 1;  // never; keeps the work
}
