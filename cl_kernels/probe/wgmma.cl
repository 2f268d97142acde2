// wgmma m64n8k32 on E4M3, A in registers and B in local memory: A's rows are ones and twos by turns, B's
// column n is n all along, so row r of column n is 32 n (1 + r % 2). out[i] = row 16 (i / 32) + i % 32 / 4,
// column 2 (i % 4) + 1.
#include "nvidia/sm90.clh"

kernel __attribute__((reqd_work_group_size(128, 1, 1))) void probe(global int* restrict out) {
  local uint b[64] __attribute__((aligned(256)));
  const uint thread = (uint)get_local_id(0);
  const uint codes[8] = {0x00u, 0x38u, 0x40u, 0x44u, 0x48u, 0x4Au, 0x4Cu, 0x4Eu};  // 0 to 7
  if (thread < 64u) b[thread] = codes[thread / 4u % 8u] * 0x01010101u;
  asm volatile("fence.proxy.async;" : : : "memory");
  barrier(CLK_LOCAL_MEM_FENCE);
  const uint odd = thread / 4u % 2u;
  const uint a = odd ? 0x40404040u : 0x38383838u;
  // No swizzle: 8 x 16 byte pieces, the next 16 columns 128 bytes further on.
  const ulong descriptor = (ulong)(shared_address(b) >> 4 & 0x3FFFu) | 8ul << 16 | 16ul << 32;
  float d0 = 0.0f, d1 = 0.0f, d2 = 0.0f, d3 = 0.0f;
  wgmma_fence();
  asm volatile(
      "//@90a wgmma.mma_async.sync.aligned.m64n8k32.f32.e4m3.e4m3 {%0,%1,%2,%3}, {%4,%5,%6,%7}, %8, 1, 1, 1;"
      : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3)
      : "r"(a), "r"(a), "r"(a), "r"(a), "l"(descriptor));
  wgmma_commit();
  asm volatile("//@90a wgmma.wait_group.sync.aligned 0;"
               : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3)
               :
               : "memory");
  if (thread < 64u) out[thread] = (int)d1;
}
