// The bits of the largest finite magnitude of all values, combined into `most`, which begins with 0.
#include "cl_kernels/args/encode_args.h"
#include "encode_items.clh"
#include "encode_pieces.clh"

static void encode_amax_body(uint worker, uint workers, global const float* restrict values,
                             global uint* restrict most, const EncodeArgs* a) {
  const ulong count = (ulong)(uint)a->rows * (uint)a->cols;
  uint16 found = (uint16)(0);
  FOR_ITEMS(i, (count + 15) / 16) {
    const float16 x = load_piece(values + i * 16, (int)min(count - i * 16, (ulong)16));
    found = max(found, finite_magnitude16_of(x));
  }
  atomic_max(most, largest_of(found));
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void encode_amax(
    global const float* restrict values, global uint* restrict most, const EncodeArgs a) {
  encode_amax_body((uint)get_group_id(0), (uint)get_num_groups(0), values, most, &a);
}
