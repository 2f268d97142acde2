// The speed at which the device multiplies and adds floats: eight chains of `count` steps in each item.
// VECTOR: float16 for CPUs, float4 for others.
kernel void multiply(global float* restrict out, const uint count, const float factor) {
  const float seed = (float)get_local_id(0);
  VECTOR a = (VECTOR)(seed), b = a + 1.0f, c = a + 2.0f, d = a + 3.0f;
  VECTOR e = a + 4.0f, f = a + 5.0f, g = a + 6.0f, h = a + 7.0f;
  const VECTOR k = (VECTOR)(factor);
  for (uint i = 0; i < count; ++i) {
    a = mad(a, k, k);
    b = mad(b, k, k);
    c = mad(c, k, k);
    d = mad(d, k, k);
    e = mad(e, k, k);
    f = mad(f, k, k);
    g = mad(g, k, k);
    h = mad(h, k, k);
  }
  a += b + c + d + e + f + g + h;
  if (all(a == (VECTOR)(-1.0f))) out[0] = 1.0f;  // never; keeps the work
}
