# SPDX-License-Identifier: Apache-2.0

"""Train an adapter for each role on trajectories of a solver that is always right.

    python -m recipe.coder.train_roles --work WORK [--roles planner coder] [--corrections]

With ``--corrections`` they learn on from what they got wrong (see ``make_supervisor_corrections``).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from .decoder import Decoder, Shape
from .learning import Mixture, learn
from .role_lessons import ROLES, Lesson
from .tokenizer import Words

RANK, ALPHA = 32, 64.0
LENGTHS = {1: 0.08, 2: 0.17, 3: 0.25, 4: 0.25, 5: 0.25}
KINDS = {
    "retriever": {"retriever": 1.0}, "planner": {"planner": 0.7, "judge": 0.3}, "coder": {"coder": 1.0},
    "debugger": {"debugger": 1.0}, "direct": {"direct": 1.0},
}
STEPS = {"retriever": 450, "planner": 700, "coder": 450, "debugger": 700, "direct": 700}
CORRECTED_STEPS = {"retriever": 0, "planner": 1600, "coder": 150, "debugger": 900}


def base(work: Path, words: Words) -> Decoder:
    decoder = Decoder(Shape(vocabulary=words.size))
    decoder.load_state_dict(torch.load(work / "base.pt", weights_only=False)["modules"]["decoder"])
    return decoder


def adapted(work: Path, words: Words, adapter: Path | None) -> Decoder:
    decoder = base(work, words)
    decoder.adapt(RANK, ALPHA)
    if adapter and adapter.exists():
        decoder.put_on(torch.load(adapter))
    return decoder


def corrections(path: Path, words: Words) -> list:
    if not path.exists():
        return []
    return [words.pair(Lesson(**json.loads(line))) for line in path.read_text().splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--roles", nargs="+", default=list(ROLES))
    parser.add_argument("--corrections", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    words = Words(options.work / "tokenizer.json")
    for role in options.roles:
        torch.manual_seed(2)
        first, second = options.work / f"{role}.adapter.pt", options.work / f"{role}.corrected.pt"
        done = second if options.corrections else first
        if done.exists():
            continue
        decoder = adapted(options.work, words, first if options.corrections else None)
        extra = corrections(options.work / f"{role}.corrections.jsonl", words) if options.corrections else []
        steps = CORRECTED_STEPS[role] if options.corrections else STEPS[role]
        run = options.work / f"{role}{'-corrected' if options.corrections else ''}.pt"
        mixture = Mixture(words, KINDS[role], LENGTHS, extra)
        learn(decoder, mixture, run, steps, 2e-3, seed=len(role) + options.corrections)
        torch.save(decoder.adapter(), done)
        print(f"{role}: {sum(w.numel() for w in decoder.adapter().values()) / 1e6:.2f} million numbers", flush=True)


if __name__ == "__main__":
    main()
