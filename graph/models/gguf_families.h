#pragma once

#include <string_view>

#include "graph/meta.h"

namespace clinfer::graph {

/// Which norms are GGUF's ffn_norm, post_attention_norm and post_ffw_norm.
enum class GgufNorms {
  plain,     ///< before attention; ffn_norm before the network
  late,      ///< before attention; the one before the network is called post_attention_norm
  behind,    ///< behind both sub-layers only
  sandwich,  ///< before and behind both, in Gemma's words
  four,      ///< the same in GLM's
};

class GgufKeys;

/// What the converter of one architecture does to a class's keys, names and values: llama.cpp's conversion
/// scripts, class by class.
struct GgufFamily {
  std::string_view name;    ///< general.architecture
  void (*keys)(GgufKeys&);  ///< turns the file's keys into those of Hugging Face's class
  GgufNorms norms = GgufNorms::plain;
  bool pairs = false;  ///< rows of q and k stand in the pairs that rotate together
  bool added = false;  ///< norm weights have their 1
};

/// The architectures that are read; nullptr for another model_type.
const GgufFamily* find_gguf_family(const Meta& gguf_config);
/// The file's configuration as its class has it.
Meta keys_of(const GgufFamily& family, const Meta& gguf_config);

}  // namespace clinfer::graph
