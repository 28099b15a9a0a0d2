#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Trains a small byte-level BPE vocabulary with the pre-tokenizer of Llama 3 and one with that of SmolLM, and writes

  NAME.gguf         the vocabulary as llama.cpp's converter lays it out, without weights
  NAME-cases.json   texts and the ids that the reference makes of them

for NAME llama-bpe and smollm.

Reference: tokenizers 0.23.3, gguf 0.19.0 (PyPI). Run here: python make_splitting_goldens.py
"""
import json
import pathlib
import random

from gguf import GGUFWriter, TokenType
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from corpus import CODE, EMOJI, SENTENCES, TRICKY
from make_vocabulary_goldens import random_texts

HERE = pathlib.Path(__file__).parent
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
# What stands at the end of each vocabulary: no merges lead there, so only a whole piece can become it.
WHOLE = "Ġunreachable"
NUMBERS = ["1999 2024 20242024 3.14159 1,000,000 0xff 12:30 12345678901 1st 2nd 007 ٣٤٥٦٧ ²³ ½ x1y22z333"]
SPACES = ["  1", "a  1", "a \n 1 \n\n 22", "\t1\t 2", " \n x", "x \n", "I'M we'Re don't DON'T", "a1b", " 's 's 'S"]
sentences = [line for lines in SENTENCES.values() for line in lines]


def splitter(name):
    if name == "smollm":
        return pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def tokenizer(name, vocabulary, merges):
    result = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=name == "llama-bpe"))
    result.pre_tokenizer = splitter(name)
    result.decoder = decoders.ByteLevel()
    return result


def train(name):
    learner = tokenizer(name, {}, [])
    trainer = trainers.BpeTrainer(
        vocab_size=900, min_frequency=1, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    learner.train_from_iterator(sentences + CODE + NUMBERS * 3, trainer)
    model = json.loads(learner.to_str())["model"]
    vocabulary = model["vocab"]
    vocabulary[WHOLE] = len(vocabulary)
    return vocabulary, [tuple(pair) for pair in model["merges"]]


def write_vocabulary(name, vocabulary, merges):
    writer = GGUFWriter(HERE / f"{name}.gguf", "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(name)
    writer.add_token_list(sorted(vocabulary, key=vocabulary.get))
    writer.add_token_types([TokenType.NORMAL] * len(vocabulary))
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def main():
    for name in ("llama-bpe", "smollm"):
        vocabulary, merges = train(name)
        write_vocabulary(name, vocabulary, merges)
        reference = tokenizer(name, vocabulary, merges)
        texts = ["", "it is unreachable", "e\u0301"] + sentences[:12] + CODE + EMOJI + TRICKY + NUMBERS + SPACES
        texts += list(random_texts(random.Random(21)))[:200]
        cases = [{"text": text, "ids": reference.encode(text).ids} for text in dict.fromkeys(texts)]
        (HERE / f"{name}-cases.json").write_text(
            "[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n"
        )
        print(name, len(vocabulary), "tokens,", len(cases), "texts,",
              sum(len(vocabulary) - 1 in case["ids"] for case in cases), "with the whole piece")


if __name__ == "__main__":
    main()
