# SPDX-License-Identifier: Apache-2.0

"""Compare what was exported with `transformers` and `peft`: the same scores to rounding.

    python -m recipe.coder.compare_with_transformers --work WORK
"""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from .export import adapter_of
from .role_lessons import ROLES, lesson
from .random_tasks import some_task
from .train_roles import adapted
from .tokenizer import Words

ALLOWED = 1e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    options = parser.parse_args()
    words, rng = Words(options.work / "tokenizer.json"), Random(4)
    for role in ROLES:
        ours = adapted(options.work, words, None)
        ours.put_on(adapter_of(options.work, role))
        plain = AutoModelForCausalLM.from_pretrained(options.work / "transformers")
        theirs = PeftModel.from_pretrained(plain, str(options.work / f"peft-{role}")).eval()
        ask, reply = words.pair(lesson(rng, some_task(rng, 3, tests=2), role))
        tokens = torch.tensor([ask + reply])
        with torch.no_grad():
            difference = float((ours.scores(ours.hidden(tokens)) - theirs(tokens).logits).abs().max())
        print(f"{role}: largest difference of {tokens.shape[1]} tokens' scores {difference:.2e}")
        if difference > ALLOWED:
            raise SystemExit("the export does not say what was trained")


if __name__ == "__main__":
    main()
