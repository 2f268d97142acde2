// Launches one after another in a single one. Groups, of one work-item each, take the workers of a launch as
// they come, and wait for those that others have taken where a launch needs what an earlier one wrote. A
// group that has not begun or does not get on holds nobody up but by the worker it has taken, so groups need
// not run side by side.
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
  atomic_add(done, 0u);
  mem_fence(CLK_GLOBAL_MEM_FENCE);
}

// `done` counts workers, from `base` on.
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void chain(global ChainLink* restrict links, int count,
                                                                 global const ulong* restrict pointers,
                                                                 global const uchar* restrict args,
                                                                 global volatile uint* done, uint base) {
  float scratch[CHAIN_SCRATCH] __attribute__((aligned(64)));
  for (int i = 0; i < count; ++i) {
    global ChainLink* link = links + i;
    global volatile int* claimed = &link->claimed;
    const int workers = link->workers;
    if (*claimed >= workers) continue;
    if (link->waits) chain_wait(done, base + (uint)link->before);
    for (int worker = atomic_inc(claimed); worker < workers; worker = atomic_inc(claimed)) {
      CHAIN_CALL(link->function, (uint)worker, (uint)workers, pointers + link->pointers, args + link->args,
                 scratch);
      mem_fence(CLK_GLOBAL_MEM_FENCE);
      atomic_inc(done);
    }
  }
}

// The address of a buffer, which stays what it is while the buffer lives.
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void chain_address(global uchar* buffer,
                                                                         global ulong* restrict addresses,
                                                                         int index) {
  addresses[index] = (ulong)buffer;
}
