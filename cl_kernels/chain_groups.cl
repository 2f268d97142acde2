// Launches one after another in a single one, by groups that run side by side: as many as the device holds at
// once. Workers of a launch are dealt out in turn, and where a launch needs what an earlier one wrote, all
// groups meet. A launch whose groups are smaller has several workers in one group, each with named barriers
// and local memory of its own.
//   CHAIN_FUNCTIONS(groups): here the host puts the functions (host/cl/joined_source.h), with
//   CHAIN_CALL(function, group, groups, workers, pointers, args, memory, scratch): calls the one of that number
//   CHAIN_THREADS: work-items of a group
//   CHAIN_LOCAL: bytes of local memory for the functions
//   CHAIN_RECORD: words of the longest record
//   CHAIN_PTX: 1 where PTX of sm_90 works; memory is fenced by it
#if !defined(CHAIN_LOCAL) || !defined(CHAIN_RECORD) || !defined(CHAIN_PTX)
#error CHAIN_LOCAL, CHAIN_RECORD, CHAIN_PTX
#endif
CHAIN_FUNCTIONS(groups)
#include "cl_kernels/args/chain_args.h"

#define CHAIN_WORDS ((CHAIN_RECORD + CHAIN_THREADS - 1) / CHAIN_THREADS)  // of a record for a work-item

// What this group's work-items wrote is seen by all who see what comes after, and what others wrote by it.
static void chain_fence(void) {
#if CHAIN_PTX
  asm volatile("fence.acq_rel.gpu;" : : : "memory");
#else
  mem_fence(CLK_GLOBAL_MEM_FENCE);
#endif
}

// This work-item's words of a record.
static void chain_read(global const uint* record, uint* words) {
#pragma unroll
  for (int k = 0; k < CHAIN_WORDS; ++k) {
    const uint at = (uint)get_local_id(0) + k * CHAIN_THREADS;
    words[k] = at < CHAIN_RECORD ? record[at] : 0;
  }
}

static void chain_put(const uint* words, local uint* record) {
#pragma unroll
  for (int k = 0; k < CHAIN_WORDS; ++k) {
    const uint at = (uint)get_local_id(0) + k * CHAIN_THREADS;
    if (at < CHAIN_RECORD) record[at] = words[k];
  }
}

// Until `target` groups have arrived. Counts wrap round. Gives up after `most_spins`, unless that is 0.
static void chain_meet(global volatile uint* arrived, uint target, int most_spins, global int* late) {
  if (get_local_id(0) == 0) {
    chain_fence();
    atomic_inc(arrived);
    for (int spins = 0; (int)(*arrived - target) < 0; ++spins) {
      if (most_spins > 0 && spins >= most_spins) {
        *late = 1;
        break;
      }
    }
    chain_fence();
  }
  barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
}

// `arrived` counts groups, from `base` on. With most_spins the groups meet once and do nothing else: late
// becomes 1 where they do not run side by side. scratch: CHAIN_LOCAL bytes, then a record.
kernel __attribute__((reqd_work_group_size(CHAIN_THREADS, 1, 1))) void chain_groups(
    global const uint* restrict records, int count, global volatile uint* arrived, uint base, int most_spins,
    global int* late, local uint4* scratch) {
  local uchar* memory = (local uchar*)scratch;
  local uint* record = (local uint*)(memory + CHAIN_LOCAL);
  const uint group = (uint)get_group_id(0);
  const uint groups = (uint)get_num_groups(0);
  local const GroupLink* link = (local const GroupLink*)record;
  uint target = base;
  if (most_spins > 0) chain_meet(arrived, target + groups, most_spins, late);
  uint words[CHAIN_WORDS];  // of the record to come
  chain_read(records, words);
  for (int i = 0; i < count; ++i) {
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    chain_put(words, record);
    barrier(CLK_LOCAL_MEM_FENCE);
    records += link->words;
    chain_read(records, words);
    if (link->waits) {
      target += groups;
      chain_meet(arrived, target, 0, late);
    }
    CHAIN_CALL(link->function, (group + groups - (uint)link->turn) % groups, groups, (uint)link->workers,
               (local const ulong*)((local const uchar*)record + sizeof(GroupLink)),
               (local const uchar*)record + link->args, memory, (uint)link->scratch);
  }
}

// The address of a buffer, which stays what it is while the buffer lives.
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void chain_address(global uchar* buffer,
                                                                         global ulong* restrict addresses,
                                                                         int index) {
  addresses[index] = (ulong)buffer;
}
