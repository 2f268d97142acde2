// The speed at which the device reads memory: every item adds up `count` vectors (a multiple of 4) that lie
// `step` apart. VECTOR: uint16 for CPUs, whose items read pieces of their own; uint4 where lanes lie side by side.
kernel void read(global const VECTOR* restrict in, global uint* restrict out, const uint count, const uint step) {
  size_t at = get_group_id(0) * (size_t)count * step + get_local_id(0);
  VECTOR a = in[at], b = in[at + step], c = in[at + 2 * (size_t)step], d = in[at + 3 * (size_t)step];
  for (uint i = 4; i < count; i += 4) {
    at += 4 * (size_t)step;
    a += in[at];
    b += in[at + step];
    c += in[at + 2 * (size_t)step];
    d += in[at + 3 * (size_t)step];
  }
  a += b + c + d;
  if (all(a == (VECTOR)(0x12345679u))) out[0] = 1;  // never; keeps the reads
}
