#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Trains a small byte-level BPE vocabulary with Qwen2's pre-tokenizer and special tokens, and writes

  vocabulary.gguf   the vocabulary as llama.cpp's converter lays it out, without weights
  cases.json        texts and what the reference makes of them

Reference: tokenizers 0.23.3, gguf 0.19.0 (PyPI). Run here: python make_vocabulary_goldens.py

A case of "texts": text; ids, with special tokens parsed and characters composed (as Qwen2's own tokenizer does);
plain, the same with special tokens taken as text; raw, special tokens parsed and no normalization. plain and raw are
left out where they equal ids. A case of "ids": ids that need not make sense; text, without special tokens; full, with
them.
"""
import json
import pathlib
import random
import unicodedata

from gguf import GGUFWriter, TokenType
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from corpus import CODE, EMOJI, SENTENCES, TRICKY

HERE = pathlib.Path(__file__).parent
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CONTROL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
]
USER_DEFINED = ["<tool_call>", "</tool_call>", "<tool_call_id>", "two words"]
PADDING = 3
sentences = [line for lines in SENTENCES.values() for line in lines]


def tokenizer(vocabulary, merges, normalizer, special):
    result = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    result.normalizer = normalizer
    result.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    result.decoder = decoders.ByteLevel()
    if special:
        result.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in CONTROL])
        result.add_tokens([AddedToken(text, normalized=False) for text in USER_DEFINED])
    return result


def train():
    learner = tokenizer({}, [], normalizers.NFC(), special=False)
    trainer = trainers.BpeTrainer(
        vocab_size=2800, min_frequency=1, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    # Repeated words come out whole; the rest stays in parts, so that both kinds of pieces occur.
    learner.train_from_iterator(sentences * 2 + CODE + EMOJI + TRICKY, trainer)
    model = json.loads(learner.to_str())["model"]
    return model["vocab"], [tuple(pair) for pair in model["merges"]]


def random_texts(generator):
    """Strings that nobody would write: characters of every kind, next to each other."""
    pools = [
        "abcXYZ '\"-.,!?", " \t\n\r\u00a0\u3000\u2003", "0123456789²½٣", "àéîöñßçøå", "дёжΩςאבعغ", "漢字かなカナ한글",
        "\u0301\u0308\u0323\u093c\u3099", "😀🇩🇪\u200d\ufe0f🏽", "'s're'LL'",
    ]
    for _ in range(160):
        chosen = generator.sample(pools, generator.randint(2, 4))
        yield "".join(generator.choice(generator.choice(chosen)) for _ in range(generator.randint(3, 24)))
    # Any assigned character; those newer than Unicode 14 may be letters to one program and not to another.
    assigned = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) not in ("Cn", "Cs")]
    assert unicodedata.unidata_version == "14.0.0", unicodedata.unidata_version
    small = [c for c in assigned if c < "\u3000"]
    for _ in range(120):
        pool = generator.choice([assigned, small])
        yield "".join(generator.choice(pool) for _ in range(generator.randint(1, 12)))
    words = " ".join(sentences + CODE + EMOJI)
    for _ in range(80):
        start = generator.randrange(len(words) - 40)
        yield words[start : start + generator.randint(5, 40)]


def write_vocabulary(vocabulary, merges):
    tokens = sorted(vocabulary, key=vocabulary.get)
    types = [TokenType.NORMAL] * len(tokens)
    tokens += CONTROL + USER_DEFINED + [f"[PAD{index}]" for index in range(PADDING)]
    types += [TokenType.CONTROL] * len(CONTROL) + [TokenType.USER_DEFINED] * len(USER_DEFINED)
    types += [TokenType.UNUSED] * PADDING
    writer = GGUFWriter(HERE / "vocabulary.gguf", "qwen2vl")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return tokens


def main():
    generator = random.Random(20)
    vocabulary, merges = train()
    tokens = write_vocabulary(vocabulary, merges)
    composing = tokenizer(vocabulary, merges, normalizers.NFC(), special=True)
    literal = tokenizer(vocabulary, merges, normalizers.NFC(), special=False)
    raw = tokenizer(vocabulary, merges, None, special=True)
    assert all(composing.token_to_id(token) == tokens.index(token) for token in CONTROL + USER_DEFINED)

    texts = [""] + sentences + CODE + EMOJI + TRICKY + [f"the{text}door {text} cat" for text in TRICKY]
    texts += ["\n".join(sentences[:6]), "a" * 300, "ab" * 150, "!" * 200, "猫" * 100, "e\u0301" * 40]
    texts += list(random_texts(generator))
    cases = []
    for text in dict.fromkeys(texts):
        case = {"text": text, "ids": composing.encode(text).ids}
        for name, other in [("plain", literal), ("raw", raw)]:
            ids = other.encode(text).ids
            if ids != case["ids"]:
                case[name] = ids
        cases.append(case)

    sequences = []
    for _ in range(120):
        length = generator.randint(1, 30)
        # Single bytes make text that is not UTF-8.
        limit = generator.choice([256, len(vocabulary), len(tokens) - PADDING])
        ids = [generator.randrange(limit) for _ in range(length)]
        full = composing.decode(ids, skip_special_tokens=False)
        sequences.append({"ids": ids, "text": composing.decode(ids), "full": full})

    (HERE / "cases.json").write_text(
        '{"texts":[\n' + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + '\n],\n"ids":[\n'
        + ",\n".join(json.dumps(case, separators=(",", ":")) for case in sequences) + "\n]}\n"
    )
    print(len(tokens), "tokens,", len(merges), "merges,", len(cases), "texts,", len(sequences), "sequences;",
          sum("plain" in case for case in cases), "plain,", sum("raw" in case for case in cases), "raw")


if __name__ == "__main__":
    main()
