"""Makes tests/data/tokenizers/sentencepiece_bpe: a small tokenizer.model and what the sentencepiece package encodes.

python tests/host_text/make_sentencepiece_goldens.py (needs sentencepiece), from the repository root. "bare" is the same
model with BARE behind it: no dummy prefix, two pieces that the user defined. The strings are those of
o200k/goldens.json, which are not stored again, and some of its own.
"""

import io
import json
import pathlib

import sentencepiece

HOME = pathlib.Path("tests/data/tokenizers")
FOLDER = HOME / "sentencepiece_bpe"
OWN = ["[INST] x [/INST]", "a[INST]", "  [INST]  ", "a     b      c", "▁▁a ▁ b", "<s>a</s>", "<unk>", "<0x41>", "the the the", " ", "\n \n", "aaaaaaaa"]


def piece(text: str) -> bytes:
    body = text.encode()
    body = b"\x0a" + bytes([len(body)]) + body + b"\x18\x04"  # piece, type USER_DEFINED
    return b"\x0a" + bytes([len(body)]) + body


BARE = piece("[INST]") + piece("▁▁▁▁▁") + b"\x1a\x02\x18\x00"  # normalizer_spec.add_dummy_prefix: false


def main() -> None:
    texts = [item["text"] for item in json.loads((HOME / "o200k/goldens.json").read_text())["encode"]] + OWN
    prose = [line for text in texts for line in text.split("\n") if line.strip()]
    for page in ("README.md", "CONTRIBUTING.md", "LICENSE"):
        prose += [line for line in pathlib.Path(page).read_text().split("\n") if line.strip()]
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(prose), model_writer=out, model_type="bpe", vocab_size=1000, byte_fallback=True, character_coverage=0.98,
        normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True,
        num_threads=1, minloglevel=2)
    (FOLDER / "tokenizer.model").write_bytes(out.getvalue())
    golden = {"texts": "the strings of o200k/goldens.json, then own", "own": OWN, "bare_hex": BARE.hex()}
    for kind, proto in {"": out.getvalue(), "bare_": out.getvalue() + BARE}.items():
        model = sentencepiece.SentencePieceProcessor(model_proto=proto)
        golden[kind + "ids"] = [model.encode(text) for text in texts]
        golden[kind + "decoded"] = {str(i): model.decode(ids) for i, ids in enumerate(golden[kind + "ids"]) if model.decode(ids) != texts[i]}
    (FOLDER / "goldens.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")


main()
