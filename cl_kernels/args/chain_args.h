#pragma once

#include "cl_kernels/args/scalars.h"

// One launch of a chain (cl_kernels/chain.cl).
typedef struct ChainLink {
  i32 function;  // number of its CHAIN_CALL
  i32 workers;   // that carry it out; 0: skipped
  i32 waits;     // 1: what came before must be done
  i32 before;    // workers of all launches before it
  i32 pointers;  // index of its first buffer in the table of addresses
  i32 args;      // bytes from the start of the call
} ChainLink;
ARGS_SIZE(ChainLink, 24)

// One launch of a chain of groups (cl_kernels/chain_groups.cl). Its record: this, addresses of its buffers,
// its args from byte `args` on; the next record follows.
typedef struct GroupLink {
  i32 function;  // number of its CHAIN_CALL
  i32 workers;   // that carry it out
  i32 waits;     // 1: what came before must be done
  i32 scratch;   // bytes of local memory that a worker gets as its last argument, a multiple of 16
  i32 args;      // bytes from the start of the record
  i32 words;     // of the record, in 4 bytes
  i32 turn;      // the group that takes its first worker, so that launches that wait for nothing spread
  i32 takers;    // groups from that one on that take workers; others go on
} GroupLink;
ARGS_SIZE(GroupLink, 32)
