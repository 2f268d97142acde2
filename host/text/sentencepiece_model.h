#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clinfer::text {

/// What a SentencePiece model file (sentencepiece_model.proto) says, as far as BPE needs it; the file's
/// defaults where it is silent.
struct SentencePieceModel {
  enum class Type { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };
  struct Piece {
    std::string text;  ///< UTF-8, spaces as U+2581
    float score = 0;   ///< of two possible merges the piece of the higher score goes first; not NaN
    Type type = Type::normal;
  };

  std::vector<Piece> pieces;  ///< by id
  bool byte_fallback = false;
  bool add_dummy_prefix = true;  ///< a space before the text
  int32_t bos_id = 1;            ///< an id, or -1: none
  int32_t eos_id = 2;
};

/// Reads a model file. Error(Fault::model) starting with `name` (the file) when it is cut off or damaged, or
/// of a kind that is not read: not BPE (Unigram, ...), a normaliser that does more than to show spaces,
/// unused pieces, pieces that the user defined beside a dummy prefix.
SentencePieceModel parse_sentencepiece_model(std::string_view bytes, const std::string& name);

}  // namespace clinfer::text
