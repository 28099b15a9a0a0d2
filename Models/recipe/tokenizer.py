# SPDX-License-Identifier: Apache-2.0

"""The tokenizer: byte-level BPE of Qwen2's kind, trained on the world's questions and answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .small_talk import OUTSIDE, SMALL_TALK, outside, without_video
from .questions import Seen, all_questions, loosen
from .sprites import THINGS
from .world import ACTIONS, SCENES, SIDES, TIMES

SYSTEM = "You are a helpful doorstep camera assistant."
SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>",
    "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
]

#: How Qwen2 cuts text before merging: contractions, words, digits, signs, space.
CUT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

#: Conversation as text, with the vision tokens where a video is.
TEMPLATE = (
    "{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\n" + SYSTEM + "<|im_end|>\n"
    "{% endif %}"
    "<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def training_text(seed: int = 5, rounds: int = 3000):
    """Lines of the world's questions and answers to learn merges from."""
    rng = np.random.default_rng(seed)
    yield from [f"{SYSTEM}\nsystem\nuser\nassistant\n"] * 50
    for asks, answer in SMALL_TALK:
        yield from [*asks, answer] * 4
    for ask in OUTSIDE:
        yield from [ask.format(x=thing) for thing in THINGS[:4]]
    for _ in range(rounds):
        seen = [
            Seen(
                THINGS[rng.integers(len(THINGS))], SIDES[rng.integers(2)], ACTIONS[rng.integers(3)],
                bool(rng.random() < 0.2),
            )
            for _ in range(rng.integers(0, 6))
        ]
        for question in all_questions(rng, seen, SCENES[rng.integers(3)], TIMES[rng.integers(3)]):
            yield loosen(rng, question.ask)
            yield question.answer
        yield loosen(rng, outside(rng).ask)
        yield loosen(rng, without_video(rng).ask)


def byte_level_tokenizer(vocabulary: dict[str, int] | None = None, merges: list | None = None) -> Tokenizer:
    """A tokenizer that cuts like Qwen2's, with the given entries or none yet."""
    tokenizer = Tokenizer(models.BPE(vocabulary, merges) if vocabulary else models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CUT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def train_tokenizer(limit: int) -> Tokenizer:
    """Learn merges; special tokens follow the ordinary ones. At most ``limit`` entries."""
    tokenizer = byte_level_tokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=limit - len(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        min_frequency=3,
        show_progress=False,
    )
    tokenizer.train_from_iterator(training_text(), trainer)
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


class Words:
    """A tokenizer with the pieces of a conversation at hand."""

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.memory: dict[str, list[int]] = {}
        self.pad = tokenizer.token_to_id("<|endoftext|>")
        self.end = tokenizer.token_to_id("<|im_end|>")
        self.video = tokenizer.token_to_id("<|video_pad|>")
        self.opening = self("<|im_start|>system\n" + SYSTEM + "<|im_end|>\n<|im_start|>user\n")
        self.vision_start = self("<|vision_start|>")
        self.vision_end = self("<|vision_end|>")
        self.to_answer = self("<|im_end|>\n<|im_start|>assistant\n")
        self.to_question = self("\n<|im_start|>user\n")

    def __call__(self, text: str) -> list[int]:
        if text not in self.memory:
            self.memory[text] = self.tokenizer.encode(text).ids
        return self.memory[text]

    @classmethod
    def read(cls, path: Path, limit: int = 1024) -> Words:
        """Load the tokenizer, training it first if it is not there yet."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            train_tokenizer(limit).save(str(path))
        return cls(Tokenizer.from_file(str(path)))
