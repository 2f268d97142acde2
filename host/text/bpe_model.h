#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace clinfer::text {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

/// Token text -> id.
using Vocabulary = std::unordered_map<std::string, int32_t, TextHash, std::equal_to<>>;

/// Byte-pair encoding: a word's characters are merged pair by pair, the lowest rank first, leftmost among
/// equals.
class BpeModel {
 public:
  struct Options {
    std::optional<std::string> unk_token;
    bool fuse_unk = false;       ///< a run of unknown characters is one unknown token
    bool byte_fallback = false;  ///< unknown characters become <0xNN> tokens
    bool ignore_merges = false;  ///< a word that is a token needs no merges
  };

  BpeModel(Vocabulary vocabulary, Options options);

  /// Adds the next merge (ranks count up); false when left, right or their concatenation is no token.
  bool add_merge(std::string_view left, std::string_view right);

  /// Adds every pair of tokens that joins to `token` as merges of one rank, for vocabularies that rank tokens
  /// and not pairs. `token` is in the vocabulary; not to be mixed with the other add_merge.
  void add_merges_into(std::string_view token, int32_t rank);

  /// Appends the word's ids; n log n in its length.
  void encode(std::string_view word, std::vector<int32_t>& out) const;

  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  struct Merge {
    int32_t rank;
    int32_t id;
  };
  struct Symbol {
    int32_t id;
    int32_t previous;  // index, -1 at the ends; id -1: merged into its left neighbour
    int32_t next;
  };
  class Merger;

  std::vector<int32_t> characters(std::string_view word) const;
  bool append_bytes(std::string_view character, std::vector<int32_t>& out) const;
  const Merge* merge_of(int32_t left, int32_t right) const;

  Vocabulary vocabulary_;
  Options options_;
  std::optional<int32_t> unk_id_;
  std::unordered_map<uint64_t, Merge> merges_;  // left id << 32 | right id
  int32_t next_rank_ = 0;
};

}  // namespace clinfer::text
