# SPDX-License-Identifier: Apache-2.0

"""What the stages that learn on stored clips share: their options, and a run from checkpoint to checkpoint."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from .answer_accuracy import AnswerAccuracy
from .batches import Batch, collate, hide
from .checkpoint import load, save
from .clip_conversations import Clip
from .clip_library import ClipLibrary
from .training_loss import LessonHeads
from .auxiliary_targets import LESSONS
from .model import Shape, TinyQwen2VL
from .optimizer import Optimizers
from .questions import ABOUT
from .schedule import rate
from .tokenizer import Words

#: The lessons have done their work by now; answers are what counts.
LESSON_WEIGHT = 0.1

#: What the decoder is to read: clip, its tokens, and which of them questions see.
Drawn = tuple[Clip, torch.Tensor, np.ndarray]


def options_of(description: str, before: str, about_before: str, lr: float, seed: int) -> argparse.ArgumentParser:
    """The options of a stage that begins with the checkpoint that ``--before`` names."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--words", type=Path, required=True, help="tokenizer file")
    parser.add_argument(f"--{before}", dest="before", type=Path, required=True, help=about_before)
    parser.add_argument("--features", type=Path, required=True, help="folder of stage 3")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint, also read to go on")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--minutes", type=float, help="end, with the rate fallen, after so long at the latest")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--lr", type=float, default=lr)
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--threads", type=int, default=1)
    return parser


class Run:
    """A stage under way: the decoder, how far it is, and what it has done since its last report."""

    def __init__(self, name: str, options: argparse.Namespace):
        torch.set_num_threads(options.threads)
        self.name, self.options = name, options
        self.words = Words.read(options.words)
        shape = Shape()
        self.decoder = TinyQwen2VL(shape).language_model
        self.lessons = LessonHeads(shape.hidden_size)
        self.modules = {"language_model": self.decoder, "lessons": self.lessons}
        self.optimizers = Optimizers(self.modules, options.lr)
        #: What the checkpoint of the stage before says besides its weights.
        self.before = load(options.before, self.modules)
        progress = load(options.out, self.modules, self.optimizers)
        self.step, self.earlier = progress["step"], progress.get("seconds", 0.0)
        self.library = ClipLibrary(options.features)
        self.began = self.saved = time.time()
        self.tokens = 0
        self.done = 0.0
        self.measure(self.earlier)
        self.forget()

    def forget(self) -> None:
        """Begins the figures of the next report."""
        self.score, self.shares, self.since = AnswerAccuracy(), np.zeros(len(LESSONS) + len(ABOUT)), 0

    def measure(self, seconds: float) -> None:
        """Takes note of the time that all runs took, and of how much of the stage is done, 0 to 1."""
        minutes = self.options.minutes
        self.seconds = seconds
        self.done = max(self.done, self.step / self.options.steps, seconds / (60 * minutes) if minutes else 0)

    def rounds(self) -> Iterator[np.random.Generator]:
        """Random numbers for one round of batches after the other, until the stage is done."""
        while self.done < 1:
            self.library.refresh()
            yield np.random.default_rng((self.options.seed, self.step))

    def batch_of(self, group: list[Drawn]) -> tuple[list[Clip], Batch, torch.Tensor]:
        """Clips that were drawn as one batch, and the tokens of all."""
        clips = [clip for clip, _, _ in group]
        batch = collate(self.words, clips)
        hide(self.words, batch, [seen for _, _, seen in group])
        return clips, batch, torch.cat([vision for _, vision, _ in group])

    def learn(self, loss: torch.Tensor, fall: float) -> None:
        """One step of the optimizers; ``fall`` is the share of the stage in which the rate falls."""
        steps = self.options.steps
        self.optimizers.step(loss, rate(int(self.done * steps), steps, self.options.lr, fall=fall))

    def count(self, batch: Batch, clips: list[Clip], right, lessons: np.ndarray, tokens: int) -> None:
        """Adds the results of a step to the next report."""
        self.score.add(batch, clips, right)
        self.shares += lessons
        self.tokens += tokens
        self.step, self.since = self.step + 1, self.since + 1
        self.measure(self.earlier + time.time() - self.began)

    def end_round(self, every: int, losses: str) -> None:
        """Reports after ``every`` steps, and writes the checkpoint once a minute and at the end."""
        if self.since >= every:
            names = " ".join(f"{name} {value / self.since:.3f}" for name, value in zip([*LESSONS, *ABOUT], self.shares))
            speed = self.tokens / (time.time() - self.began)
            print(f"{self.name} {self.step} {self.seconds:.0f}s {losses} {speed:.0f}/s of {len(self.library.clips)}")
            print(f"  lessons {names}\n  {self.score.report()}", flush=True)
            self.forget()
        if time.time() - self.saved > 60 or self.done >= 1:
            self.saved = time.time()
            save(self.options.out, self.modules, self.optimizers, step=self.step, seconds=self.seconds)
