// Launches one after another in a single one. Groups, of one work-item each, take the workers of a launch as
// they come, and wait for those that others have taken where a launch needs what an earlier one wrote. A
// group that has not begun or does not get on holds nobody up but by the workers it has taken, so groups need
// not run side by side. A group takes workers of its own side first, which read one stretch of memory and
// whose count no other group asks for until they are gone.
//   CHAIN_FUNCTIONS(items): here the host puts the functions (host/cl/joined_source.h), with
//   CHAIN_CALL(function, worker, workers, pointers, args, scratch): calls the one of that number
//   CHAIN_SCRATCH: floats of local memory that a function wants at most
//   X86_LINUX: 1 where inline assembly of x86 works and Linux runs it
#ifndef CHAIN_SCRATCH
#error CHAIN_SCRATCH
#endif
#ifndef X86_LINUX
#error X86_LINUX (0 or 1)
#endif
CHAIN_FUNCTIONS(items)
#include "cl_kernels/args/chain_args.h"

#define SPINS_BEFORE_YIELD 500

// Lets the other thread of the core run, after a while any other.
static void chain_pause(uint spins) {
#if X86_LINUX && defined(__x86_64__)
  if (spins < SPINS_BEFORE_YIELD) {
    __asm__ volatile("pause");
  } else {
    long result = 24;  // sched_yield
    __asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
  }
#endif
}

// Until `target` workers are done. Counts wrap round.
static void chain_wait(global volatile uint* done, uint target) {
  for (uint spins = 0; (int)(*done - target) < 0; ++spins) chain_pause(spins);
#if !X86_LINUX
  atomic_add(done, 0u);  // x86 does not bring loads forward of the last one above
#endif
  mem_fence(CLK_GLOBAL_MEM_FENCE);
}

// `call`: the links; from byte `claims_at` on each side's workers taken of each link, 0 at the start, sides in
// cache lines of their own; then args. `done` counts workers, from `base` on.
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void chain(global uchar* call, int count,
                                                                 global const ulong* restrict pointers,
                                                                 int claims_at, int sides,
                                                                 global volatile uint* done, uint base) {
  float scratch[CHAIN_SCRATCH] __attribute__((aligned(64)));
  global const ChainLink* links = (global const ChainLink*)call;
  const int side_claims = (count + 15) / 16 * 16;
  const int own = (int)(get_group_id(0) * (size_t)sides / get_num_groups(0));
  for (int i = 0; i < count; ++i) {
    global const ChainLink* link = links + i;
    const int workers = link->workers;
    bool waits = link->waits;
    uint ran = 0;
    for (int k = 0; k < sides; ++k) {
      const int side = (own + k) % sides;
      const int first = workers * side / sides;
      const int size = workers * (side + 1) / sides - first;
      global volatile int* claimed = (global volatile int*)(call + claims_at) + side * side_claims + i;
      if (*claimed >= size) continue;
      if (waits) chain_wait(done, base + (uint)link->before);
      waits = false;
      for (int at = atomic_inc(claimed); at < size; at = atomic_inc(claimed)) {
        CHAIN_CALL(link->function, (uint)(first + at), (uint)workers, pointers + link->pointers,
                   call + link->args, scratch);
        ++ran;
      }
    }
    if (ran > 0) {
      mem_fence(CLK_GLOBAL_MEM_FENCE);
      atomic_add(done, ran);
    }
  }
}

// The address of a buffer, which stays what it is while the buffer lives.
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void chain_address(global uchar* buffer,
                                                                         global ulong* restrict addresses,
                                                                         int index) {
  addresses[index] = (ulong)buffer;
}
