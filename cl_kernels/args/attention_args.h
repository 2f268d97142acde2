#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/attention/*.cl; the meaning is that of graph/ops/attention.h. Offsets and strides are in
/// columns; that of shared keys counts from where their storage starts.
typedef struct AttentionArgs {
  i32 tokens;
  i32 heads;
  i32 kv_heads;
  i32 key_dim;
  i32 value_dim;
  i32 shared_dim;
  i32 key_bytes;  ///< of a row
  i32 key_offset;
  i32 key_stride;
  i32 value_bytes;
  i32 value_offset;
  i32 value_stride;
  i32 shared_bytes;
  i32 shared_offset;
  i32 context;
  i32 window;       ///< 0: none
  i32 first;        ///< rows that a window does not hide
  i32 chunk;        ///< 0: none
  i32 row_stride;   ///< tokens from row to row
  i32 row_length;   ///< tokens of a row
  i32 selected;     ///< blocks chosen for each set of heads; 0: none
  i32 sets;         ///< of heads
  i32 block;        ///< rows of a chosen block
  i32 view_chunk;   ///< tokens from view to view
  i32 ring;         ///< rows that positions from ring_first on share in turn; 0: a row each
  i32 ring_first;   ///< positions with a row of their own
  i32 tile;         ///< keys that are scored together; decode_split: a chunk
  i32 first_tiles;  ///< decode_split: chunks of first rows that the window would hide
  i32 tiles;        ///< decode_split: those, then the chunks of the context or of the selection
  f32 scale;
  f32 softcap;
} AttentionArgs;
ARGS_SIZE(AttentionArgs, 124)
