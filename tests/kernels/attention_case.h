#pragma once

#include "tests/kernels/check.h"

namespace clinfer::tests {

/// One attention node; the tokens are the last ones of the context.
struct AttentionShape {
  int64_t tokens = 1;
  int64_t context = 1;
  int64_t heads = 1;
  int64_t kv_heads = 1;
  int64_t key_dim = 1;
  int64_t value_dim = 1;
  int64_t shared_dim = 0;
  int64_t window = 0;
};

/// Where keys and values lie.
enum class AttentionMemory {
  caches,     ///< one cache each, heads side by side
  matrix,     ///< both in one f32[context, n], the shared keys in a cache of value_dim + shared_dim columns
  one_cache,  ///< the values are the first columns of the one key (kv_heads 1)
};

/// Sizes come from the shape, mask and scores from `op`; a window of the shape replaces that of `op`.
Case attention_case(const AttentionShape& shape, AttentionMemory memory, const std::string& format,
                    uint64_t seed, graph::Attention op = {});

/// The case with caches that are rings, just large enough; its mask must have a window or chunk.
Case in_rings(Case the_case);

}  // namespace clinfer::tests
