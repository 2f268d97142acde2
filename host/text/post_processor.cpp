#include "host/text/post_processor.h"

namespace clinfer::text {
namespace {

SpecialFrame parse_template(const JsonAt& json) {
  SpecialFrame frame;
  bool sequence_seen = false;
  const JsonAt single = json["single"];
  for (size_t i = 0; i < single.size(); ++i) {
    if (single[i].has("Sequence")) {
      if (sequence_seen) single[i].fail("expected one Sequence");
      sequence_seen = true;
      continue;
    }
    const std::string name = single[i]["SpecialToken"]["id"].string();
    const JsonAt ids = json["special_tokens"][name.c_str()]["ids"];
    std::vector<int32_t>& side = sequence_seen ? frame.after : frame.before;
    for (size_t k = 0; k < ids.size(); ++k) side.push_back(ids[k].token_id());
  }
  if (!sequence_seen) single.fail("expected a Sequence");
  return frame;
}

// [name, id] pairs of the two BERT-like processors.
SpecialFrame parse_bert(const JsonAt& json) {
  return {{json["cls"][size_t{1}].token_id()}, {json["sep"][size_t{1}].token_id()}};
}

SpecialFrame parse_sequence(const JsonAt& list) {
  SpecialFrame frame;
  for (size_t i = 0; i < list.size(); ++i) {
    const SpecialFrame outer = parse_post_processor(list[i]);
    frame.before.insert(frame.before.begin(), outer.before.begin(), outer.before.end());
    frame.after.insert(frame.after.end(), outer.after.begin(), outer.after.end());
  }
  return frame;
}

}  // namespace

SpecialFrame parse_post_processor(const JsonAt& json) {
  const std::string type = json["type"].string();
  if (type == "ByteLevel") return {};
  if (type == "TemplateProcessing") return parse_template(json);
  if (type == "BertProcessing" || type == "RobertaProcessing") return parse_bert(json);
  if (type == "Sequence") return parse_sequence(json["processors"]);
  json["type"].fail("unsupported post-processor " + type);
}

}  // namespace clinfer::text
