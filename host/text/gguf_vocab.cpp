#include "host/text/gguf_vocab.h"

#include <algorithm>
#include <array>

#include "host/text/json_file.h"
#include "quant/error.h"

namespace clinfer::text {
namespace {

constexpr int32_t kControl = 3;
constexpr int32_t kUserDefined = 4;
constexpr size_t kMaxTokens = size_t{1} << 24;

// How GGUF's names of pre-tokenizers are written in tokenizer.json: the published files of the same models.
constexpr const char* kGpt2 = R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": true})";
constexpr const char* kDigitsGpt2 = R"J({"type": "Sequence", "pretokenizers": [
  {"type": "Digits", "individual_digits": true},
  {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]})J";
constexpr const char* kLlama3 = R"J({"type": "Sequence", "pretokenizers": [
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
  {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})J";
constexpr const char* kQwen2 = R"J({"type": "Sequence", "pretokenizers": [
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
  {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})J";
constexpr const char* kQwen35 = R"J({"type": "Sequence", "pretokenizers": [
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
  {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})J";
constexpr const char* kO200k = R"J({"type": "Sequence", "pretokenizers": [
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
  {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})J";
constexpr const char* kTekken = R"J({"type": "Sequence", "pretokenizers": [
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
  {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})J";
constexpr const char* kDeepseekV3 = R"J({"type": "Sequence", "pretokenizers": [
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "\\p{N}{1,3}"}},
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"}},
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
  {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})J";
constexpr const char* kDeepseekCoder = R"J({"type": "Sequence", "pretokenizers": [
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "[\\r\\n]"}},
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "\\s?\\p{L}+"}},
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "\\s?\\p{P}+"}},
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"}},
  {"type": "Digits", "individual_digits": true},
  {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})J";

constexpr const char* kDeepseekLlm =
    R"J({"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "[\\r\\n]"}, "beh)J"
    R"J(avior": "Isolated"}, {"type": "Split", "pattern": {"Regex": "\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00)J"
    R"J(d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u)J"
    R"J(037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\)J"
    R"J(u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d7)J"
    R"J(7\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f)J"
    R"J(5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u)J"
    R"J(1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u)J"
    R"J(2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u)J"
    R"J(2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\)J"
    R"J(ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a]+"}, "behavior": )J"
    R"J("Isolated"}, {"type": "Split", "pattern": {"Regex": "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u201)J"
    R"J(8-\u201f\u3000-\u3002]+"}, "behavior": "Isolated"}, {"type": "Split", "pattern": {"Regex": "\\s)J"
    R"J(+$"}, "behavior": "Isolated"}, {"type": "Split", "pattern": {"Regex": "[\u4e00-\u9fa5\u0800-\u4)J"
    R"J(e00\uac00-\ud7ff]+"}, "behavior": "Isolated"}, {"type": "Digits", "individual_digits": true}, {)J"
    R"J("type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})J";

struct PreName {
  std::string_view pre;
  const char* pre_tokenizer;
  bool nfc = false;  // the published tokenizer normalises, GGUF does not say so
  bool ignore_merges = false;
};

constexpr std::array kPreNames{PreName{"gpt-2", kGpt2},
                               PreName{"gpt2", kGpt2},
                               PreName{"smollm", kDigitsGpt2},
                               PreName{"starcoder", kDigitsGpt2},
                               PreName{"refact", kDigitsGpt2},
                               PreName{"llama-bpe", kLlama3, false, true},
                               PreName{"llama3", kLlama3, false, true},
                               PreName{"llama-v3", kLlama3, false, true},
                               PreName{"qwen2", kQwen2, true},
                               PreName{"deepseek-r1-qwen", kQwen2, true},
                               PreName{"qwen35", kQwen35, true},
                               PreName{"deepseek-v3", kDeepseekV3},
                               PreName{"deepseek-coder", kDeepseekCoder},
                               PreName{"deepseek-llm", kDeepseekLlm},
                               PreName{"gpt-4o", kO200k},
                               PreName{"tekken", kTekken, false, true}};

[[noreturn]] void fail(const GgufVocab& vocab, const std::string& key, const std::string& what) {
  throw Error(Fault::model, vocab.name + ": tokenizer." + key + ": " + what);
}

const PreName& find_pre(const GgufVocab& vocab) {
  for (const PreName& entry : kPreNames) {
    if (entry.pre == vocab.pre) return entry;
  }
  std::string known;
  for (const PreName& entry : kPreNames) known.append(known.empty() ? "" : ", ").append(entry.pre);
  fail(vocab, "ggml.pre", "unknown pre-tokenizer \"" + vocab.pre + "\", known are " + known);
}

void check(const GgufVocab& vocab) {
  if (vocab.model != "gpt2")
    fail(vocab, "ggml.model", "unsupported kind \"" + vocab.model + "\", expected gpt2");
  if (vocab.tokens.empty() || vocab.tokens.size() > kMaxTokens) {
    fail(vocab, "ggml.tokens", "expected 1 to 2^24 tokens, got " + std::to_string(vocab.tokens.size()));
  }
  if (!vocab.token_types.empty() && vocab.token_types.size() != vocab.tokens.size()) {
    fail(vocab, "ggml.token_type", "expected as many entries as tokens");
  }
  for (const auto& id : {vocab.bos_id, vocab.eos_id, vocab.eot_id, vocab.unk_id}) {
    if (id && (*id < 0 || static_cast<size_t>(*id) >= vocab.tokens.size())) {
      fail(vocab, "ggml.*_token_id",
           std::to_string(*id) + " is not below " + std::to_string(vocab.tokens.size()));
    }
  }
}

std::unique_ptr<BpeModel> make_model(const GgufVocab& vocab, bool ignore_merges) {
  Vocabulary ids;
  ids.reserve(vocab.tokens.size());
  for (size_t i = 0; i < vocab.tokens.size(); ++i) {
    if (!ids.emplace(vocab.tokens[i], static_cast<int32_t>(i)).second) {
      fail(vocab, "ggml.tokens", "token \"" + vocab.tokens[i] + "\" stands there twice");
    }
  }
  BpeModel::Options options;
  options.ignore_merges = ignore_merges;
  auto model = std::make_unique<BpeModel>(std::move(ids), options);
  for (size_t i = 0; i < vocab.merges.size(); ++i) {
    const std::string_view merge = vocab.merges[i];
    const size_t space = merge.find(' ', 1);  // the first character is part of a token, even a space
    if (space == std::string_view::npos ||
        !model->add_merge(merge.substr(0, space), merge.substr(space + 1))) {
      fail(vocab, "ggml.merges[" + std::to_string(i) + "]",
           "\"" + std::string(merge) + "\" is not a pair of tokens whose concatenation is a token");
    }
  }
  return model;
}

std::vector<AddedToken> added_tokens(const GgufVocab& vocab) {
  std::vector<AddedToken> added;
  for (size_t i = 0; i < vocab.token_types.size(); ++i) {
    const int32_t type = vocab.token_types[i];
    if (type != kControl && type != kUserDefined) continue;
    if (vocab.tokens[i].empty()) fail(vocab, "ggml.tokens[" + std::to_string(i) + "]", "empty special token");
    AddedToken token;
    token.id = static_cast<int32_t>(i);
    token.content = vocab.tokens[i];
    token.special = type == kControl;
    added.push_back(std::move(token));
  }
  return added;
}

/// Without what changes nothing for splitting, or stands for a default.
Json essential(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(essential(item));
    return list;
  }
  if (!value.is_object()) return value;
  Json object = Json::object();
  for (const auto& [key, item] : value.items()) {
    const bool default_value = key == "trim_offsets" || (key == "invert" && item == false);
    if (!default_value) object[key] = essential(item);
  }
  return object;
}

}  // namespace

std::string gguf_pre_tokenizer(const JsonAt& tokenizer) {
  const JsonAt model = tokenizer["model"];
  const bool has_pre = tokenizer.has("pre_tokenizer");
  if (model.string("type", "BPE") != "BPE" || model.boolean("byte_fallback", false) || !has_pre)
    model.fail("a byte-level BPE, which is the kind that can be written to GGUF");
  const Json wanted = essential(tokenizer["pre_tokenizer"].value());
  const bool ignores = model.boolean("ignore_merges", false);
  for (const PreName& entry : kPreNames) {
    if (essential(Json::parse(entry.pre_tokenizer)) == wanted && entry.ignore_merges == ignores)
      return std::string(entry.pre);
  }
  tokenizer["pre_tokenizer"].fail("a pre-tokenizer that GGUF has a name for");
}

Tokenizer load_gguf_vocab(const GgufVocab& vocab) {
  check(vocab);
  const PreName& pre = find_pre(vocab);
  TokenizerParts parts;
  parts.name = vocab.name;
  parts.model = make_model(vocab, pre.ignore_merges);
  parts.added = added_tokens(vocab);
  const Json pre_tokenizer = Json::parse(pre.pre_tokenizer);
  const Json normalizer = Json::parse(R"({"type": "NFC"})");
  const Json decoder = Json::parse(R"({"type": "ByteLevel"})");
  parts.pre_tokenizer = make_pre_tokenizer(JsonAt(pre_tokenizer, vocab.pre));
  if (pre.nfc) parts.normalizer = make_normalizer(JsonAt(normalizer, vocab.pre));
  parts.decoder = make_token_decoder(JsonAt(decoder, vocab.pre));
  parts.bos_id = vocab.bos_id;
  for (const auto& id : {vocab.eos_id, vocab.eot_id}) {
    if (id && std::find(parts.eos_ids.begin(), parts.eos_ids.end(), *id) == parts.eos_ids.end()) {
      parts.eos_ids.push_back(*id);
    }
  }
  if (vocab.add_bos && vocab.bos_id) parts.frame.before.push_back(*vocab.bos_id);
  if (vocab.add_eos && vocab.eos_id) parts.frame.after.push_back(*vocab.eos_id);
  return Tokenizer(std::move(parts));
}

}  // namespace clinfer::text
