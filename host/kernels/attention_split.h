#pragma once

#include "host/kernels/attention_args.h"

namespace clinfer::kernels {

/// Attention of up to 8 tokens, or of rows chosen for each token: the context is cut into chunks, whose parts
/// a second launch joins. Batch-invariant.
Support supports_attention_split(const OpContext& context);

/// The args with all but the sizes of a call: `tile` is a chunk.
AttentionArgs split_args(const OpContext& context);

/// Its launches: the chunks, then the join. The parts lie at the start of the scratch memory.
Prepared prepare_attention_split(const OpContext& context);

}  // namespace clinfer::kernels
