#pragma once

#include <string>
#include <vector>

#include "cl_kernels/args/attention_args.h"
#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// The attention op that a node is.
const graph::Attention& attention_of(const OpContext& context);

/// Keys, values and shared keys; nullptr where there are none of the last.
std::vector<const graph::Value*> attention_storages(const OpContext& context);

/// Whether kernels can read the operands as they are stored.
Support attention_storage_support(const OpContext& context);

/// All but the sizes of a call and what variants cut the context into.
AttentionArgs attention_args(const OpContext& context);

/// The macros of every attention program: how operands are stored, which parts of the op are used.
std::vector<std::string> attention_constants(const OpContext& context);

/// Buffers of a kernel that reads all operands, then `result`. Operands that the op does not ask for are
/// stood for by others, which the programs do not touch.
std::vector<BufferRef> attention_buffers(const OpContext& context, BufferRef result);

}  // namespace clinfer::kernels
