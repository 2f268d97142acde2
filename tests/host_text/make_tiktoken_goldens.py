"""Makes tests/data/tokenizers/han_split: a small tiktoken.model and what the tiktoken package encodes with it.

python tests/host_text/make_tiktoken_goldens.py (needs tiktoken), from the repository root. The ranks come from
whole strings that were not split, so that many tokens reach across the places where the expression cuts: a wrong cut
changes the ids. The strings are those of o200k/goldens.json, which are not stored again, and some of its own.
"""

import base64
import collections
import json
import pathlib
import random

import tiktoken

HOME = pathlib.Path("tests/data/tokenizers")
FOLDER = HOME / "han_split"
RANKS = 1200
RESERVED = 256
LETTERS = r"\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
CUT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
SPLIT = "|".join([
    r"[\p{Han}]+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}" + LETTERS + r"*[\p{Ll}" + LETTERS + "+" + CUT,
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}" + LETTERS + r"+[\p{Ll}" + LETTERS + "*" + CUT,
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
OWN = [
    "日本語text", "text日本語", "これは日本語です", "ひらがなとカタカナ漢字", "漢字カタカナ漢字", "中文English混合text中文", "  中文", " 中 文 ",
    "，中文。！？", "!⺀⺁x", "⺀⺁⼀⼁", "a⼀b", "々々人々", "〇一二〇", "二〇二六年", "12年3月", "第123456号", "〡〢〣x〤", "中'tの's",
    "中's", "A中'S", "don't中don'T", "中\u0301a\u0301", "\u0301中", "i\u0307中文İ", "한국어中文한국어", "عربي中文עברית", "ไทย中文ไทย",
    "DeepSeek中文R1", "ABCdef中文GHIjkl", "ǅungla中ǅ", "ʰʱ中ʲ", "𠀀𠀁a𪜀", "豈更車x", "㐀㐁㐂A", "ー〜ー中ー", "ｶﾅ中ＡＢＣ１２３", "中\n文\r\n\n字  \n",
    "中 \n 文\t\t字", "\u3000中\u3000文\u3000\u3000", "aaaaaaaaaaaaa", "ababababababab", "中中中中中中中", "abcabcabcabcab", "\U00016ff0中\U00016ff1",
    "〻〼〽中", "㆐㆑中㆒", "㈠㊀中㋿", "🀀中🈚", "hello<|im_end|>world", "[BOS]中[EOS]", "<|im_user|>user<|im_middle|>中<|im_end|>",
    "<|tool_call_begin|>x<|tool_call_end|>", "<|reserved_token_1206|>", "<|reserved_token_1|><|reserved_token_1455|>", "<|im_end", "[EOS][EOS] [BOS", "!!\n//x", "。\n/中\n/",
]
SPECIAL = {0: "[BOS]", 1: "[EOS]", 2: "<|im_end|>", 3: "<|im_user|>", 4: "<|im_assistant|>", 10: "<|im_system|>", 17: "<|im_middle|>",
           13: "<|tool_call_begin|>", 15: "<|tool_call_end|>", 254: "[UNK]", 255: "[PAD]"}


def train(texts: list[str]) -> list[bytes]:
    words = [[bytes([b]) for b in text.encode()] for text in texts]
    tokens = [bytes([b]) for b in range(256)]
    known = set(tokens)
    while len(tokens) < RANKS:
        counts = collections.Counter(pair for word in words for pair in zip(word, word[1:]) if len(pair[0] + pair[1]) < 16)
        best = max(counts, key=lambda pair: (counts[pair], pair))
        joined = best[0] + best[1]
        if joined not in known:
            known.add(joined)
            tokens.append(joined)
        for word in words:
            at = 0
            while at + 1 < len(word):
                if (word[at], word[at + 1]) == best:
                    word[at:at + 2] = [joined]
                at += 1
    return tokens


def main() -> None:
    shared = [item["text"] for item in json.loads((HOME / "o200k/goldens.json").read_text())["encode"]]
    texts = shared + OWN
    tokens = train([text[:300] for text in texts + OWN])
    order = list(enumerate(tokens))
    random.Random(1).shuffle(order)  # a file need not be sorted
    (FOLDER / "tiktoken.model").write_bytes(b"".join(base64.b64encode(t) + b" %d\n" % rank for rank, t in order))
    named = {RANKS + i: content for i, content in SPECIAL.items()}
    config = {
        "tokenizer_class": "TikTokenTokenizer", "bos_token": "[BOS]", "eos_token": "[EOS]",
        "added_tokens_decoder": {
            str(i): {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False,
                     "special": not content.startswith("<|tool")} for i, content in named.items()}}
    (FOLDER / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    (FOLDER / "generation_config.json").write_text(json.dumps({"eos_token_id": RANKS + 2}) + "\n")
    special = {named.get(i, f"<|reserved_token_{i}|>"): i for i in range(RANKS, RANKS + RESERVED)}
    encoding = tiktoken.Encoding("han_split", pat_str=SPLIT, mergeable_ranks={t: i for i, t in enumerate(tokens)},
                                 special_tokens=special)
    parsed = [encoding.encode(text, allowed_special="all") for text in texts]
    plain = [encoding.encode(text, disallowed_special=()) for text in texts]
    draw = random.Random(2)
    soups = [[draw.randrange(RANKS) for _ in range(draw.randrange(1, 20))] for _ in range(40)]
    golden = {
        "texts": "the strings of o200k/goldens.json, then own", "own": OWN, "ids": parsed,
        "plain_ids": {str(i): plain[i] for i in range(len(texts)) if plain[i] != parsed[i]},
        "decode": [{"ids": ids, "text": encoding.decode(ids)} for ids in soups]}
    (FOLDER / "goldens.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")


main()
