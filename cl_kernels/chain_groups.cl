// Launches one after another in a single one, by groups that run side by side: as many as the device holds at
// once. Workers of a launch are dealt out in turn, and where a launch needs what an earlier one wrote, all
// groups meet: each says that it has arrived, and waits for the others only when it comes to a launch that it
// has workers of, which it begins before. Each meeting has a counter of its own, so that a group without work
// is past several meetings before others have come to them. A launch whose groups are smaller has several
// workers in one group, each with named barriers and local memory of its own.
//   CHAIN_FUNCTIONS(groups): here the host puts the functions (host/cl/joined_source.h), with
//   CHAIN_CALL(function, group, groups, workers, pointers, args, memory, scratch, begun), which calls the one
//   of that number, and CHAIN_BEGIN(function, group, workers, pointers, args, memory), which begins it
//   CHAIN_THREADS: work-items of a group
//   CHAIN_LOCAL: bytes of local memory for the functions
//   CHAIN_RECORD: words of the longest record
//   CHAIN_PTX: 1 where PTX of sm_90 works; memory is fenced by it
#if !defined(CHAIN_LOCAL) || !defined(CHAIN_RECORD) || !defined(CHAIN_PTX)
#error CHAIN_LOCAL, CHAIN_RECORD, CHAIN_PTX
#endif
// A function that is called saves the many registers that it uses, which takes 1 us; compilers for CPUs get
// through functions sooner.
#if CHAIN_PTX
#define CHAIN_FUNCTION always_inline
#else
#define CHAIN_FUNCTION noinline
#endif
CHAIN_FUNCTIONS(groups)
#include "cl_kernels/args/chain_args.h"

// Whether groups begin, and those without work go on, before others have arrived: compilers for CPUs, where
// groups are but tried out, need minutes for so many barriers under conditions.
#define DEFERS CHAIN_PTX
#define MEETING_WORDS 32  // of a counter: lines of their own
#define CHAIN_WORDS ((CHAIN_RECORD + CHAIN_THREADS - 1) / CHAIN_THREADS)  // of a record for a work-item

// chain_release: counts a group in; what its work-items wrote before is seen by those who then acquire.
// chain_acquire: how many have been counted.
#if CHAIN_PTX
static void chain_release(global volatile uint* arrived) {
  asm volatile("fence.acq_rel.gpu;\nred.relaxed.gpu.global.add.u32 [%0], 1;" : : "l"(arrived) : "memory");
}
static uint chain_acquire(global volatile uint* arrived) {
  uint count;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(count) : "l"(arrived) : "memory");
  return count;
}
#else
static void chain_release(global volatile uint* arrived) {
  mem_fence(CLK_GLOBAL_MEM_FENCE);
  atomic_inc(arrived);
}
static uint chain_acquire(global volatile uint* arrived) {
  const uint count = *arrived;
  mem_fence(CLK_GLOBAL_MEM_FENCE);
  return count;
}
#endif

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

// Behind a barrier of the group.
static void chain_arrive(global volatile uint* arrived) {
  if (get_local_id(0) == 0) chain_release(arrived);
}

// Until all groups have arrived. Gives up after `most_spins`, unless that is 0.
static void chain_await(global volatile uint* arrived, int most_spins, global int* late) {
  if (get_local_id(0) == 0) {
    for (int spins = 0; chain_acquire(arrived) < (uint)get_num_groups(0); ++spins) {
      if (most_spins > 0 && spins >= most_spins) {
        *late = 1;
        break;
      }
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
}

// The meetings' counters of a call, 0 when it begins; the next call's are made 0 meanwhile.
static global volatile uint* chain_counters(global volatile uint* counters, int set, int most_meetings) {
  const size_t words = (size_t)most_meetings * MEETING_WORDS;
  global volatile uint* next = counters + (size_t)(1 - set) * words;
  for (size_t i = get_global_id(0) * MEETING_WORDS; i < words; i += get_global_size(0) * MEETING_WORDS) next[i] = 0;
  return counters + (size_t)set * words;
}

// counters: two sets, used in turn, of most_meetings, MEETING_WORDS each; `set` is this call's. With
// most_spins the groups meet once and do nothing else: late becomes 1 where they do not run side by side.
// scratch: CHAIN_LOCAL bytes, then a record.
kernel __attribute__((reqd_work_group_size(CHAIN_THREADS, 1, 1))) void chain_groups(
    global const uint* restrict records, int count, global volatile uint* counters, int set, int most_meetings,
    int most_spins, global int* late, local uint4* scratch) {
  local uchar* memory = (local uchar*)scratch;
  local uint* record = (local uint*)(memory + CHAIN_LOCAL);
  const uint group = (uint)get_group_id(0);
  const uint groups = (uint)get_num_groups(0);
  local const GroupLink* link = (local const GroupLink*)record;
  global volatile uint* meeting = chain_counters(counters, set, most_meetings);  // the next one
  if (most_spins > 0) {
    chain_arrive(meeting);
    chain_await(meeting, most_spins, late);
  }
  uint words[CHAIN_WORDS];  // of the record to come
  chain_read(records, words);
  bool waiting = false;  // has arrived at the last meeting, but not seen that all have
  for (int i = 0; i < count; ++i) {
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    chain_put(words, record);
    barrier(CLK_LOCAL_MEM_FENCE);
    records += link->words;
    chain_read(records, words);
    if (link->waits) {
      chain_arrive(meeting);
#if DEFERS
      waiting = true;
#else
      chain_await(meeting, 0, late);
#endif
      meeting += MEETING_WORDS;
    }
    const uint taker = (group + groups - (uint)link->turn) % groups;
    const uint takers = (uint)link->takers;
    const uint workers = taker < takers ? (uint)link->workers : 0;
    local const ulong* pointers = (local const ulong*)((local const uchar*)record + sizeof(GroupLink));
    local const uchar* args = (local const uchar*)record + link->args;
    const bool begun = waiting;
#if DEFERS
    if (workers == 0) continue;
    if (waiting) {
      CHAIN_BEGIN(link->function, taker, workers, pointers, args, memory);
      chain_await(meeting - MEETING_WORDS, 0, late);
      waiting = false;
    }
#endif
    CHAIN_CALL(link->function, taker, takers, workers, pointers, args, memory, (uint)link->scratch, begun);
  }
}

// The address of a buffer, which stays what it is while the buffer lives.
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void chain_address(global uchar* buffer,
                                                                         global ulong* restrict addresses,
                                                                         int index) {
  addresses[index] = (ulong)buffer;
}
