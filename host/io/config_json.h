#pragma once

#include <string>

#include "graph/meta.h"

namespace clinfer::io {

/// Reads a config.json or generation_config.json. transformers 5 spellings gain their older twins where those
/// are absent: rope_parameters -> rope_theta, partial_rotary_factor and rope_scaling (null when its rope_type
/// is "default"), dtype -> torch_dtype. In rope_scaling, "type" becomes "rope_type"; "mrope" is "default" for
/// text. Of a model of text and images it is the text model's (text_part.h).
/// Throws Error(Fault::model) naming the file.
graph::Meta read_config_json(const std::string& path);

/// The same rules on values already parsed.
void add_older_spellings(graph::MetaValue::Object& config);

}  // namespace clinfer::io
