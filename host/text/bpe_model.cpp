#include "host/text/bpe_model.h"

#include <queue>

#include "host/text/utf8.h"

namespace clinfer::text {
namespace {

uint64_t pair_key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

std::string byte_token(unsigned char byte) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  return std::string("<0x") + kDigits[byte >> 4] + kDigits[byte & 15] + ">";
}

}  // namespace

// One word's symbols as a linked list, and the merges that are possible in it, best first.
class BpeModel::Merger {
 public:
  Merger(const BpeModel& model, const std::vector<int32_t>& ids) : model_(model) {
    symbols_.reserve(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto at = static_cast<int32_t>(i);
      symbols_.push_back({ids[i], at - 1, i + 1 < ids.size() ? at + 1 : -1});
    }
    for (size_t i = 0; i + 1 < ids.size(); ++i) propose(static_cast<int32_t>(i));
  }

  void run(std::vector<int32_t>& out) {
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      if (still_there(best)) join(best);
    }
    for (int32_t i = symbols_.empty() ? -1 : 0; i >= 0; i = at(i).next) out.push_back(at(i).id);
  }

 private:
  struct Candidate {
    int32_t rank;
    int32_t left;                                   // index of the left symbol
    int32_t id;                                     // the merged token
    bool operator<(const Candidate& other) const {  // the queue's top is the greatest
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };

  Symbol& at(int32_t i) { return symbols_[static_cast<size_t>(i)]; }

  void propose(int32_t left) {
    const int32_t right = at(left).next;
    if (right < 0) return;
    if (const Merge* merge = model_.merge_of(at(left).id, at(right).id))
      queue_.push({merge->rank, left, merge->id});
  }

  bool still_there(const Candidate& candidate) {
    const Symbol& left = at(candidate.left);
    if (left.id < 0 || left.next < 0) return false;
    const Merge* merge = model_.merge_of(left.id, at(left.next).id);
    return merge != nullptr && merge->id == candidate.id;
  }

  void join(const Candidate& candidate) {
    Symbol& left = at(candidate.left);
    Symbol& right = at(left.next);
    left.id = candidate.id;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) at(left.next).previous = candidate.left;
    if (left.previous >= 0) propose(left.previous);
    propose(candidate.left);
  }

  const BpeModel& model_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate> queue_;
};

BpeModel::BpeModel(Vocabulary vocabulary, Options options)
    : vocabulary_(std::move(vocabulary)), options_(std::move(options)) {
  if (!options_.unk_token) return;
  const auto found = vocabulary_.find(*options_.unk_token);
  if (found != vocabulary_.end()) unk_id_ = found->second;
}

bool BpeModel::add_merge(std::string_view left, std::string_view right) {
  const auto a = vocabulary_.find(left);
  const auto b = vocabulary_.find(right);
  const auto joined = vocabulary_.find(std::string(left) + std::string(right));
  if (a == vocabulary_.end() || b == vocabulary_.end() || joined == vocabulary_.end()) return false;
  merges_.insert_or_assign(pair_key(a->second, b->second), Merge{next_rank_++, joined->second});
  return true;
}

void BpeModel::add_merges_into(std::string_view token, int32_t rank) {
  const auto joined = vocabulary_.find(token);
  if (joined == vocabulary_.end()) return;
  for (size_t at = 0; at < token.size();) {
    at += read_utf8(token, at).bytes;
    const auto left = vocabulary_.find(token.substr(0, at));
    const auto right = vocabulary_.find(token.substr(at));
    if (left == vocabulary_.end() || right == vocabulary_.end()) continue;
    merges_.insert_or_assign(pair_key(left->second, right->second), Merge{rank, joined->second});
  }
}

const BpeModel::Merge* BpeModel::merge_of(int32_t left, int32_t right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

bool BpeModel::append_bytes(std::string_view character, std::vector<int32_t>& out) const {
  std::vector<int32_t> ids;
  for (char c : character) {
    const auto found = vocabulary_.find(byte_token(static_cast<unsigned char>(c)));
    if (found == vocabulary_.end()) return false;
    ids.push_back(found->second);
  }
  out.insert(out.end(), ids.begin(), ids.end());
  return true;
}

std::vector<int32_t> BpeModel::characters(std::string_view word) const {
  std::vector<int32_t> ids;
  ids.reserve(word.size());
  int unknowns = 0;  // unknown tokens still to be written; a known character writes them
  auto flush = [&] {
    for (; unknowns > 0; --unknowns) ids.push_back(*unk_id_);
  };
  for (size_t at = 0; at < word.size();) {
    const std::string_view character = word.substr(at, read_utf8(word, at).bytes);
    at += character.size();
    const auto found = vocabulary_.find(character);
    if (found != vocabulary_.end()) {
      flush();
      ids.push_back(found->second);
    } else if (options_.byte_fallback && append_bytes(character, ids)) {
      continue;
    } else if (unk_id_ && !(options_.fuse_unk && unknowns > 0)) {
      flush();
      unknowns = 1;
    }
  }
  flush();
  return ids;
}

void BpeModel::encode(std::string_view word, std::vector<int32_t>& out) const {
  if (options_.ignore_merges) {
    const auto found = vocabulary_.find(word);
    if (found != vocabulary_.end()) {
      out.push_back(found->second);
      return;
    }
  }
  Merger(*this, characters(word)).run(out);
}

}  // namespace clinfer::text
