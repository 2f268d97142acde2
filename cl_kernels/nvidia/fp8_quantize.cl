// Activations f32 [m, k] to E4M3 with a scale for each row and 128 columns: s = max(max|x|, 1e-4) / 448,
// q = x / s rounded to nearest even (DeepSeek-V3). Codes are packed as wgmma wants A in registers:
// [64 rows][128 columns][4 steps of 32][128 threads][16 bytes]; word w of thread t holds row
// 16 (t / 32) + t % 32 / 4 + 8 (w % 2), columns 4 (t % 4) + 16 (w / 2) .. + 3 of its step. Scales:
// [k / 128][m up to 128]. Rows from m on are zeros with scale 0. A group takes 4 rows, 32 lanes each.
#include "arithmetic.clh"
#include "cl_kernels/args/matmul_tiles.h"

// NaN becomes NaN; |v| <= 448 within rounding.
INLINE uint e4m3_from_float(float v) {
  const uint bits = as_uint(v);
  const uint magnitude = bits & 0x7FFFFFFFu;
  const uint sign = bits >> 24 & 0x80u;
  if (magnitude > 0x7F800000u) return 0x7Fu;
  if (magnitude < 0x3C800000u) return sign | (uint)rint(as_float(magnitude) * 512.0f);  // below 2^-6
  return sign | (((magnitude + 0x7FFFFu + (magnitude >> 20 & 1u)) >> 20) - 960u);
}

kernel __attribute__((reqd_work_group_size(128, 1, 1))) void fp8_quantize(global const float* restrict x,
                                                                          global uint* restrict codes,
                                                                          global float* restrict scales,
                                                                          const MatmulTiles a) {
  local float largest[128];
  const int lane = (int)get_local_id(0);
  const int blocks = a.k / 128;
  const int padded = (a.m + 127) / 128 * 128;
  const int block = (int)(get_group_id(0) % (uint)blocks);
  const int row = (int)(get_group_id(0) / (uint)blocks) * 4 + lane / 32;
  const int col = lane % 32 * 4;
  const float4 v = row < a.m ? vload4(0, x + (long)row * a.k + block * 128 + col) : (float4)(0.0f);
  float4 m = fabs(v);
  largest[lane] = isnan(v.x + v.y + v.z + v.w) ? NAN : fmax(fmax(m.x, m.y), fmax(m.z, m.w));
  for (int width = 16; width > 0; width /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane % 32 < width) {
      const float other = largest[lane + width];
      largest[lane] = isnan(other)           ? other
                      : isnan(largest[lane]) ? largest[lane]
                                             : fmax(largest[lane], other);
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const float amax = largest[lane / 32 * 32];
  const float scale = row < a.m ? (isnan(amax) ? amax : fmax(amax, 1e-4f)) / 448.0f : 0.0f;
  const float4 q = row < a.m ? v / scale : v;
  const uint word = e4m3_from_float(q.x) | e4m3_from_float(q.y) << 8 | e4m3_from_float(q.z) << 16 |
                    e4m3_from_float(q.w) << 24;
  const int tile_row = row % 64;
  const int step = col / 32;
  const int thread = tile_row / 16 * 32 + tile_row % 8 * 4 + col % 16 / 4;
  const int w = tile_row % 16 / 8 + col % 32 / 16 * 2;
  codes[(((long)(row / 64) * blocks + block) * 4 + step) * 512 + thread * 4 + w] = word;
  if (lane % 32 == 0) scales[(long)block * padded + row] = scale;
}
