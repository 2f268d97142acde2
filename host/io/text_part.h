#pragma once

#include <string>
#include <string_view>

#include "graph/meta.h"

namespace clinfer::io {

/// Of a configuration of text and images (Llama 4, Gemma 3, Mistral 3, Kimi-K2.5), whose text model is an
/// object text_config with a model_type of its own, leaves the text model's. What is said of both outside
/// (types, quantisation, special tokens) is taken from there where the text model does not say it, and
/// text_part_of becomes the outer model_type. Other configurations stay as they are.
void use_text_config(graph::MetaValue::Object& config);

/// True when use_text_config found one.
bool is_text_part(const graph::Meta& config);

/// The name that a tensor of such a checkpoint has in one of the text model alone: without "language_model.",
/// which stands in front or behind "model.".
std::string text_tensor_name(std::string_view stored_name);

}  // namespace clinfer::io
