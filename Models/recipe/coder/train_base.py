# SPDX-License-Identifier: Apache-2.0

"""Train the base: programs for tasks of one or two steps, and a first idea of every role's format.

    python -m recipe.coder.train_base --work WORK
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from .decoder import Decoder, Shape
from .learning import Mixture, learn
from .tokenizer import Words

KINDS = {"direct": 0.4, "coder": 0.17, "planner": 0.15, "judge": 0.05, "retriever": 0.08, "debugger": 0.15}
LENGTHS = {1: 0.35, 2: 0.65}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    words = Words(options.work / "tokenizer.json")
    decoder = Decoder(Shape(vocabulary=words.size))
    print(f"{sum(weight.numel() for weight in decoder.parameters()) / 1e6:.2f} million parameters", flush=True)
    learn(decoder, Mixture(words, KINDS, LENGTHS), options.work / "base.pt", options.steps, 4e-3, options.seed)


if __name__ == "__main__":
    main()
