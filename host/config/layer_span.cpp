#include "host/config/layer_span.h"

#include <optional>

#include "host/config/scalar.h"

namespace clinfer::config {
namespace {

constexpr int64_t kMaxLayer = 9999;

std::optional<LayerSpan> parse(const Value& value) {
  const std::string& text = value.text;
  if (text == "all") return LayerSpan{LayerPart::all};
  if (text == "embedding") return LayerSpan{LayerPart::embedding};
  if (text == "head") return LayerSpan{LayerPart::head};
  const size_t dash = text.find('-');
  const auto first = parse_integer<int64_t>(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : parse_integer<int64_t>(text.substr(dash + 1));
  const bool valid = first && last && *first >= 0 && *first <= *last && *last <= kMaxLayer;
  return valid ? std::optional(LayerSpan{LayerPart::range, *first, *last}) : std::nullopt;
}

Value print(const LayerSpan& span) {
  switch (span.part) {
    case LayerPart::embedding:
      return Value::string("embedding");
    case LayerPart::head:
      return Value::string("head");
    case LayerPart::range:
      return Value::string(std::to_string(span.first) + "-" + std::to_string(span.last));
    default:
      return Value::string("all");
  }
}

}  // namespace

TypePtr<LayerSpan> layer_span() {
  Value schema = Value::map();
  schema.add("type", Value::list({Value::string("string"), Value::string("integer")}));
  schema.add("pattern", Value::string("^(all|embedding|head|[0-9]+(-[0-9]+)?)$"));
  return std::make_shared<Scalar<LayerSpan>>("all, embedding, head, a layer or layers as 0-3", schema, parse,
                                             print);
}

}  // namespace clinfer::config
