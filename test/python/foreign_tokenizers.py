"""Makes byte-level BPE tokenizers as other models have them, and says what transformers does.

Usage: foreign_tokenizers.py OUT [GGUF] < request.json > answer.json

The request is {"families": [{"name": str, "normalizer": {...} | null, "preTokenizer": {...},
"ignoreMerges": bool, "allSplits": bool, "special": [text], "plain": [text], "bosInTemplate": bool,
"config": {...}, "chatTemplate": str | null}], "vocabSize": int, "corpus": [text], "texts": [text],
"cutTexts": [text], "conversations": [[message]]}. Each family becomes the folder OUT/name: merges learned from the
corpus, ids in random order, special tokens behind them. With GGUF, whose tokenizer is taken as it
is, there is OUT/gguf as well. The answer has for each folder the ids of the texts (parsed: special
tokens read; literal: left as text; whole: as the tokenizer begins a document), the decoded texts,
the words of cutTexts in GPT-2's alphabet of bytes
and the ids of each conversation; null where its template refuses one.
"""

import json
import random
import struct
import sys
from pathlib import Path

from tokenizers import Tokenizer, models, trainers
from tokenizers.pre_tokenizers import ByteLevel
from transformers import AutoTokenizer


def write_json(path, content):
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def trained(family, corpus, vocab_size):
    """tokenizer.json of merges that are learned from the corpus."""
    shell = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": family["normalizer"],
        "pre_tokenizer": family["preTokenizer"],
        "post_processor": None,
        "decoder": json.loads(Tokenizer(models.BPE()).to_str())["decoder"],
        "model": {"type": "BPE", "vocab": {}, "merges": []},
    }
    tokenizer = Tokenizer.from_str(json.dumps(shell))
    alphabet = sorted(ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False, special_tokens=[]
    )
    tokenizer.train_from_iterator(corpus, trainer)
    content = json.loads(tokenizer.to_str())
    vocab = content["model"]["vocab"]
    merges = [tuple(pair) for pair in content["model"]["merges"]]
    if family["allSplits"]:
        # as converters from tiktoken write merges: every way to make a token, by its rank
        merges = [
            (text[:at], text[at:])
            for text in sorted(vocab, key=vocab.get)
            for at in range(1, len(text))
            if text[:at] in vocab and text[at:] in vocab
        ]
    if family["ignoreMerges"]:
        merges = [pair for index, pair in enumerate(merges) if index % 5 != 0]
    ids = list(range(len(vocab)))
    random.Random(family["name"]).shuffle(ids)
    content["model"]["vocab"] = dict(zip(vocab, ids))
    content["model"]["merges"] = merges
    content["model"]["ignore_merges"] = family["ignoreMerges"]
    content["decoder"] = {
        "type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True,
    }
    return content


def added(texts, first, is_special):
    return [
        {"id": first + at, "content": text, "special": is_special, "normalized": False,
         "single_word": False, "lstrip": False, "rstrip": False}
        for at, text in enumerate(texts)
    ]


def write_family(folder, family, request):
    content = trained(family, request["corpus"], request["vocabSize"])
    first = len(content["model"]["vocab"])
    special = added(family["special"], first, True)
    plain = added(family["plain"], first + len(special), False)
    content["added_tokens"] = special + plain
    if family["bosInTemplate"]:
        bos = family["special"][0]
        text = [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
        template = {
            "type": "TemplateProcessing", "single": text, "pair": text + [text[1]],
            "special_tokens": {bos: {"id": bos, "ids": [first], "tokens": [bos]}},
        }
        byte_level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False,
                      "use_regex": True}
        content["post_processor"] = {"type": "Sequence", "processors": [byte_level, template]}
    folder.mkdir(parents=True)
    write_json(folder / "tokenizer.json", content)
    config = {"tokenizer_class": "PreTrainedTokenizerFast", **family["config"]}
    write_json(folder / "tokenizer_config.json", config)
    if family["chatTemplate"] is not None:
        (folder / "chat_template.jinja").write_text(family["chatTemplate"], encoding="utf-8")


SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def gguf_metadata(path):
    """The key-value pairs at the beginning of a GGUF file of version 3."""
    with open(path, "rb") as file:
        def scalar(code):
            return struct.unpack("<" + code, file.read(struct.calcsize(code)))[0]

        def value(kind):
            if kind == 8:
                return file.read(scalar("Q")).decode("utf-8")
            if kind == 9:
                inner, count = scalar("I"), scalar("Q")
                return [value(inner) for _ in range(count)]
            return scalar(SCALARS[kind])

        assert file.read(4) == b"GGUF" and scalar("I") == 3
        scalar("Q")
        return {value(8): value(scalar("I")) for _ in range(scalar("Q"))}


def write_gguf(folder, path):
    """The tokenizer of a GGUF file whose words are cut by the rule "smollm"."""
    data = gguf_metadata(path)
    assert data["tokenizer.ggml.pre"] == "smollm"
    tokens = data["tokenizer.ggml.tokens"]
    control = [at for at, kind in enumerate(data["tokenizer.ggml.token_type"]) if kind == 3]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                  "use_regex": True}
    digits = {"type": "Digits", "individual_digits": True}
    folder.mkdir(parents=True)
    write_json(folder / "tokenizer.json", {
        "version": "1.0",
        "added_tokens": [added([tokens[at]], at, True)[0] for at in control],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [digits, byte_level]},
        "post_processor": None,
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": {text: at for at, text in enumerate(tokens)},
                  "merges": data["tokenizer.ggml.merges"]},
    })
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[data["tokenizer.ggml.bos_token_id"]],
        "eos_token": tokens[data["tokenizer.ggml.eos_token_id"]],
        "chat_template": data["tokenizer.chat_template"],
    })


def chat(tokenizer, messages):
    try:
        return tokenizer.apply_chat_template(
            messages, tokenize=True, add_generation_prompt=True, return_dict=False
        )
    except Exception:  # no template, or one that refuses these messages
        return None


def answer(folder, request):
    plain = Tokenizer.from_file(str(folder / "tokenizer.json"))
    literal = Tokenizer.from_file(str(folder / "tokenizer.json"))
    literal.encode_special_tokens = True
    fast = AutoTokenizer.from_pretrained(folder)
    parsed = [fast(text, add_special_tokens=False)["input_ids"] for text in request["texts"]]
    return {
        "parsed": parsed,
        "literal": [literal.encode(text, add_special_tokens=False).ids for text in request["texts"]],
        "whole": [fast(text)["input_ids"] for text in request["texts"]],
        "decoded": [plain.decode(row, skip_special_tokens=False) for row in parsed],
        "skipped": [plain.decode(row, skip_special_tokens=True) for row in parsed],
        "words": [
            [word for word, _ in plain.pre_tokenizer.pre_tokenize_str(text)]
            for text in request["cutTexts"]
        ],
        "size": plain.get_vocab_size(),
        "chats": [chat(fast, messages) for messages in request["conversations"]],
    }


def main():
    out = Path(sys.argv[1])
    request = json.load(sys.stdin)
    names = [family["name"] for family in request["families"]]
    for family in request["families"]:
        write_family(out / family["name"], family, request)
    if len(sys.argv) > 2:
        write_gguf(out / "gguf", sys.argv[2])
        names.append("gguf")
    json.dump({name: answer(out / name, request) for name in names}, sys.stdout)


if __name__ == "__main__":
    main()
