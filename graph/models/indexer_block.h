#pragma once

#include <string>

#include "graph/graph.h"
#include "graph/models/rotary.h"

namespace clinfer::graph {

/// The lightning indexer of DeepSeek Sparse Attention as published checkpoints hold it: small heads of its
/// own beside multi-head latent attention, which choose the rows that it reads.
struct IndexerBlock {
  int64_t heads = 0;  ///< 0: there is none
  int64_t dim = 1;    ///< of a head; the first rope_dim columns rotate
  int64_t count = 1;  ///< rows a token attends to
  RopePairing pairing = RopePairing::half;
};

/// Reads index_n_heads, index_head_dim, index_topk and indexer_rope_interleave. None when a sequence of
/// `context` tokens (0: max_position_embeddings) fits in index_topk: every row would be chosen.
IndexerBlock read_indexer(const Meta& config, RopePairing default_pairing, int64_t context);

/// What the indexer reads: the normed hidden state x, and the query's normed latent.
struct IndexerInputs {
  ValueId x;
  ValueId q_latent;
  ValueId positions;
  ValueId inv_freq;
  int64_t hidden;
  int64_t q_rank;
  const Rotary& rotary;
};

/// The chosen rows i32[tokens, count]; keeps the indexer's keys in a cache of their own. (The published code
/// also turns queries and keys by one Hadamard matrix before it rounds them to FP8: products do not change.)
ValueId indexer(Builder& b, const IndexerBlock& s, const std::string& prefix, const IndexerInputs& in);

}  // namespace clinfer::graph
