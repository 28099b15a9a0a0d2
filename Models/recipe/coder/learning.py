# SPDX-License-Identifier: Apache-2.0

"""One way to learn for the base and for adapters: batches of lessons, the loss on replies alone."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F

from ..checkpoint import load, save
from ..optimizer import Optimizers
from ..schedule import rate
from .decoder import Decoder
from .role_lessons import lesson
from .random_tasks import Unsuitable, some_task
from .tokenizer import Words

#: Tokens of one batch, padding included.
BATCH_TOKENS = 4096
LONGEST = 640
#: How many pairs a batch may have.
ROWS = (64, 48, 32, 24, 16, 12, 8, 6)


class Mixture:
    """Lessons without end: kinds and lengths by weight, the same for the same seed and step."""

    def __init__(self, words: Words, kinds: dict[str, float], lengths: dict[int, float], extra: list | None = None):
        self.words, self.kinds, self.lengths = words, kinds, lengths
        #: Lessons from corrections, mixed in evenly: pairs of tokens.
        self.extra = extra or []

    def lessons(self, rng: Random, count: int) -> list[tuple[list[int], list[int]]]:
        found: list[tuple[list[int], list[int]]] = []
        while len(found) < count:
            if self.extra and rng.random() < 0.3:
                found.append(rng.choice(self.extra))
                continue
            try:
                length = rng.choices(list(self.lengths), list(self.lengths.values()))[0]
                kind = rng.choices(list(self.kinds), list(self.kinds.values()))[0]
                pair = self.words.pair(lesson(rng, some_task(rng, length, tests=2), kind))
            except Unsuitable:
                continue
            if len(pair[0]) + len(pair[1]) <= LONGEST:
                found.append(pair)
        return found

    def batches(self, seed: int, step: int):
        """Batches of like length; ``step`` says where to go on."""
        while True:
            rng = Random(f"{seed} {step}")
            pool = sorted(self.lessons(rng, 384), key=lambda pair: len(pair[0]) + len(pair[1]))
            groups, rows = [], 0
            for start in range(0, len(pool)):
                if start < rows:
                    continue
                # As many as fit with the longest of them; sizes come from a short list, so that kernels are reused.
                count = next(c for c in ROWS if padded(pool[min(start + c, len(pool)) - 1]) * c <= BATCH_TOKENS)
                groups.append(pool[start : start + count])
                rows = start + count
            rng.shuffle(groups)
            for group in groups:
                yield step, group
                step += 1


def padded(pair: tuple[list[int], list[int]]) -> int:
    """A pair's length, rounded up."""
    return -(-(len(pair[0]) + len(pair[1])) // 32) * 32


def loss_of(decoder: Decoder, group: list, pad: int) -> torch.Tensor:
    longest = max(map(padded, group))
    tokens = torch.full((len(group), longest + 1), pad)
    wanted = torch.full((len(group), longest), -100)
    for row, (ask, reply) in enumerate(group):
        tokens[row, : len(ask) + len(reply)] = torch.tensor(ask + reply)
        wanted[row, len(ask) - 1 : len(ask) + len(reply) - 1] = torch.tensor(reply)
    scores = decoder.scores(decoder.hidden(tokens[:, :-1]))
    return F.cross_entropy(scores.flatten(0, 1).float(), wanted.flatten(), ignore_index=-100)


def learn(
    decoder: Decoder, mixture: Mixture, out: Path, steps: int, top: float, seed: int, minutes: float | None = None
) -> None:
    """Learns for ``steps`` steps, or for ``minutes`` minutes if that is sooner; goes on from ``out`` if it is there."""
    modules = {"decoder": decoder}
    optimizers = Optimizers({"decoder": Trainable(decoder)}, top, kind=torch.bfloat16)
    progress = load(out, modules, optimizers)
    step, began, shown = progress["step"], time.time(), time.time()
    total, count, tokens = 0.0, 0, 0
    for step, group in mixture.batches(seed, step):
        if step >= steps:
            break
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(decoder, group, mixture.words.pad)
        optimizers.step(loss, rate(step, steps, top))
        total, count = total + float(loss.detach()), count + 1
        tokens += sum(len(ask) + len(reply) for ask, reply in group)
        if time.time() - shown > 30:
            print(
                f"{out.stem} step {step} of {steps}: loss {total / count:.4f}, "
                f"{tokens / (time.time() - shown):.0f} tokens/s",
                flush=True,
            )
            save(out, modules, optimizers, step=step + 1)
            total, count, tokens, shown = 0.0, 0, 0, time.time()
        if minutes and time.time() - began > minutes * 60:
            break
    save(out, modules, optimizers, step=max(step, steps))


class Trainable(torch.nn.Module):
    """The weights that still learn, under names that the optimizer tells apart."""

    def __init__(self, decoder: Decoder):
        super().__init__()
        self.learnt = [(name, weight) for name, weight in decoder.named_parameters() if weight.requires_grad]

    def named_parameters(self, *args, **kwargs):
        return iter(self.learnt)
