# SPDX-License-Identifier: Apache-2.0

"""The tokenizer: byte-level BPE of Qwen2's kind, trained on lessons."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from ..tokenizer import CUT
from .role_lessons import MAKERS, Lesson, lesson
from .random_tasks import Unsuitable, some_task

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
VOCABULARY = 896


def some_lessons(seed: int, count: int):
    rng = Random(seed)
    for index in range(count):
        try:
            yield lesson(rng, some_task(rng, 1 + index % 5, tests=2), list(MAKERS)[index % len(MAKERS)])
        except Unsuitable:
            continue


def byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CUT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def train(path: Path) -> None:
    tokenizer = byte_level()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(SPECIAL), initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        min_frequency=3, show_progress=False,
    )
    tokenizer.train_from_iterator(
        (text for made in some_lessons(11, 12_000) for text in (made.ask, made.reply)), trainer)
    tokenizer.add_special_tokens(SPECIAL)
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))


class Words:
    """The tokenizer with the chat's frame around a lesson."""

    def __init__(self, path: Path):
        if not path.exists():
            train(path)
        self.tokenizer = Tokenizer.from_file(str(path))
        self.pad = self.tokenizer.token_to_id("<|endoftext|>")
        self.end = self.tokenizer.token_to_id("<|im_end|>")
        self.size = self.tokenizer.get_vocab_size()

    def prompt(self, ask: str) -> list[int]:
        return self.tokenizer.encode(f"<|im_start|>user\n{ask}<|im_end|>\n<|im_start|>assistant\n").ids

    def reply(self, text: str) -> list[int]:
        return self.tokenizer.encode(text).ids + [self.end]

    def text(self, tokens: list[int]) -> str:
        return self.tokenizer.decode(tokens, skip_special_tokens=False)

    def pair(self, made: Lesson) -> tuple[list[int], list[int]]:
        return self.prompt(made.ask), self.reply(made.reply)
