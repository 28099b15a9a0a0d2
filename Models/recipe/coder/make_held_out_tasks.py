# SPDX-License-Identifier: Apache-2.0

"""Write held-out tasks with hidden tests as a task file (JSON Lines).

    python -m recipe.coder.make_held_out_tasks OUT.jsonl [--tasks 300] [--seed 9]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random

from .evaluate_pass_at_1 import LENGTHS
from .random_tasks import has_held_out_pair, some_task


def cases(pairs) -> list[dict[str, str]]:
    return [{"input": given + "\n", "output": right + "\n"} for given, right in pairs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tasks", type=int, default=300)
    parser.add_argument("--seed", type=int, default=9)
    options = parser.parse_args()
    rng, lines, seen = Random(options.seed), [], set()
    while len(lines) < options.tasks:
        task = some_task(rng, LENGTHS[len(lines) % len(LENGTHS)], held_out=True)
        keys = [step.key for step in task.steps]
        if task.statement in seen:
            continue
        seen.add(task.statement)
        kind = f"{len(keys)} steps"
        tags = [kind] + ["open"] * bool(task.open_steps) + ["new pair"] * has_held_out_pair(keys)
        lines.append(
            json.dumps(
                {
                    "id": f"held-out-{len(lines) + 1}", "task": task.statement, "language": "python", "kind": kind,
                    "tags": tags, "examples": cases(task.examples), "tests": cases(task.tests),
                }
            )
        )
    options.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
