# SPDX-License-Identifier: Apache-2.0

"""pass@1 on held-out tasks, in PyTorch: a quick look while training; the figures of record come from the program.

    python -m recipe.coder.evaluate_pass_at_1 --work WORK [--tasks 60] [--plain]
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from random import Random

import torch

from .program_runs import Worker
from .role_lessons import ROLES, task_text
from .solving import Model, code_in, failure, solve
from .random_tasks import some_task
from .train_roles import adapted, base
from .tokenizer import Words

LENGTHS = (2, 3, 3, 4, 4, 5)


def held_out(count: int, seed: int) -> list:
    rng = Random(seed)
    return [some_task(rng, LENGTHS[index % len(LENGTHS)], held_out=True) for index in range(count)]


def model_of(work: Path, words: Words, plain: bool = False) -> Model:
    adapters = {}
    if not plain:
        for role in (*ROLES, "direct"):
            for name in (f"{role}.corrected.pt", f"{role}.adapter.pt"):
                if (work / name).exists():
                    adapters[role] = adapted(work, words, work / name)
                    break
    return Model(words, base(work, words), adapters)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tasks", type=int, default=60)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--plain", action="store_true", help="the base alone")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    words, worker = Words(options.work / "tokenizer.json"), Worker()
    model, tasks = model_of(options.work, words, options.plain), held_out(options.tasks, options.seed)

    replies = model.answer("direct", [f"{task_text(t)}\n\nWrite the program in python." for t in tasks])
    right = [failure(worker, code_in(reply) or "", task.tests) is None for task, reply in zip(tasks, replies)]
    print("single shot:", share(right), by_length(tasks, right), flush=True)

    works = solve(model, tasks, worker)
    right = [failure(worker, work.program, work.task.tests) is None for work in works]
    print("four roles:", share(right), by_length(tasks, right))
    print("of the right ones:", Counter(work.how or "unproven" for work, good in zip(works, right) if good))
    print("lost replies:", sum(work.lost for work in works))
    first = [failure(worker, w.attempts[0].programs[0][1], w.task.tests) is None for w in works if w.attempts]
    print("first plan alone:", share(first))
    for work, good in zip(works, right):
        if not good:
            print("--", work.task.statement, [s.plan for s in work.task.steps], [a.plan for a in work.attempts][:1])


def share(right: list[bool]) -> str:
    return f"{sum(right)}/{len(right)} = {sum(right) / len(right):.3f}"


def by_length(tasks: list, right: list[bool]) -> str:
    lengths = sorted({len(task.steps) for task in tasks})
    return ", ".join(f"{n}: {share([r for t, r in zip(tasks, right) if len(t.steps) == n])}" for n in lengths)


if __name__ == "__main__":
    main()
