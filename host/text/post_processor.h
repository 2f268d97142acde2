#pragma once

#include <cstdint>
#include <vector>

#include "host/text/json_file.h"

namespace clinfer::text {

/// The special tokens that stand before and after an encoded text.
struct SpecialFrame {
  std::vector<int32_t> before;
  std::vector<int32_t> after;
};

/// The post-processor of a tokenizer.json: TemplateProcessing (its "single" form), BertProcessing,
/// RobertaProcessing, ByteLevel (which adds nothing), Sequence. Error(Fault::model) for any other.
SpecialFrame parse_post_processor(const JsonAt& json);

}  // namespace clinfer::text
