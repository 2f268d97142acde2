#include "host/text/sentencepiece_model.h"

#include <cmath>
#include <unordered_set>

#include "host/text/protobuf_fields.h"
#include "host/text/utf8.h"
#include "quant/error.h"

namespace clinfer::text {
namespace {

using Model = SentencePieceModel;

constexpr size_t kMaxPieces = size_t{1} << 24;
constexpr uint64_t kUnigram = 1;  // TrainerSpec.ModelType, the default
constexpr uint64_t kBpe = 2;

// What is read only to be refused.
struct Refused {
  uint64_t model_type = kUnigram;
  bool spaces_as_suffix = false;
  bool charsmap = false;
  bool remove_spaces = true;
  bool escape_spaces = true;
};

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw Error(Fault::model, name + ": " + what);
}

Model::Piece parse_piece(std::string_view bytes, const std::string& where) {
  Model::Piece piece;
  ProtobufFields fields(bytes, where);
  while (fields.next()) {
    if (fields.number() == 1) piece.text = fields.bytes();
    if (fields.number() == 2) piece.score = fields.float32();
    if (fields.number() != 3) continue;
    if (fields.varint() < 1 || fields.varint() > 6)
      fail(where, "type " + std::to_string(fields.varint()) + ", expected 1 to 6");
    piece.type = static_cast<Model::Type>(fields.varint());
  }
  if (piece.text.empty() || !is_valid_utf8(piece.text)) fail(where, "expected a text in UTF-8");
  if (std::isnan(piece.score)) fail(where, "expected a score that is a number");
  return piece;
}

void parse_trainer(std::string_view bytes, const std::string& where, Model& model, Refused& refused) {
  ProtobufFields fields(bytes, where);
  while (fields.next()) {
    if (fields.number() == 3) refused.model_type = fields.varint();
    if (fields.number() == 24) refused.spaces_as_suffix = fields.varint() != 0;
    if (fields.number() == 35) model.byte_fallback = fields.varint() != 0;
    if (fields.number() == 41) model.bos_id = static_cast<int32_t>(fields.varint());
    if (fields.number() == 42) model.eos_id = static_cast<int32_t>(fields.varint());
  }
}

void parse_normalizer(std::string_view bytes, const std::string& where, Model& model, Refused& refused) {
  ProtobufFields fields(bytes, where);
  while (fields.next()) {
    if (fields.number() == 2) refused.charsmap = !fields.bytes().empty();
    if (fields.number() == 3) model.add_dummy_prefix = fields.varint() != 0;
    if (fields.number() == 4) refused.remove_spaces = fields.varint() != 0;
    if (fields.number() == 5) refused.escape_spaces = fields.varint() != 0;
  }
}

void refuse(const Refused& found, const std::string& name) {
  if (found.model_type != kBpe) {
    fail(name, "trainer_spec.model_type " + std::to_string(found.model_type) +
                   (found.model_type == kUnigram ? " (Unigram)" : "") + " is unsupported, expected 2 (BPE)");
  }
  if (found.spaces_as_suffix) fail(name, "trainer_spec.treat_whitespace_as_suffix is unsupported");
  if (found.charsmap) fail(name, "normalizer_spec.precompiled_charsmap is unsupported");
  if (found.remove_spaces) fail(name, "normalizer_spec.remove_extra_whitespaces is unsupported");
  if (!found.escape_spaces) fail(name, "normalizer_spec.escape_whitespaces false is unsupported");
}

void check(const Model& model, const std::string& name) {
  std::unordered_set<std::string_view> texts;
  size_t unknown = 0;
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    const Model::Piece& piece = model.pieces[id];
    const std::string where = name + ": piece " + std::to_string(id);
    if (!texts.insert(piece.text).second) fail(where, "\"" + piece.text + "\" stands there twice");
    if (piece.type == Model::Type::unknown) ++unknown;
    if (piece.type == Model::Type::unused) fail(where, "unused pieces are unsupported");
    if (piece.type == Model::Type::user_defined && model.add_dummy_prefix)
      fail(where, "pieces that the user defined are unsupported beside add_dummy_prefix");
  }
  if (unknown != 1) fail(name, std::to_string(unknown) + " pieces of the type unknown, expected 1");
  for (int32_t id : {model.bos_id, model.eos_id}) {
    if (id < -1 || id >= static_cast<int64_t>(model.pieces.size()))
      fail(name, "trainer_spec: id " + std::to_string(id) + " of no piece");
  }
}

}  // namespace

SentencePieceModel parse_sentencepiece_model(std::string_view bytes, const std::string& name) {
  // A model begins with its first piece; some hubs have lists of ranks under the same file name.
  if (bytes.empty() || bytes[0] != '\n') fail(name, "expected a SentencePiece model");
  Model model;
  Refused refused;
  ProtobufFields fields(bytes, name);
  while (fields.next()) {
    if (fields.number() == 1) {
      if (model.pieces.size() == kMaxPieces) fail(name, "more than 2^24 pieces");
      const std::string where = name + ": piece " + std::to_string(model.pieces.size());
      model.pieces.push_back(parse_piece(fields.bytes(), where));
    }
    if (fields.number() == 2) parse_trainer(fields.bytes(), name + ": trainer_spec", model, refused);
    if (fields.number() == 3) parse_normalizer(fields.bytes(), name + ": normalizer_spec", model, refused);
  }
  refuse(refused, name);
  check(model, name);
  return model;
}

}  // namespace clinfer::text
