# SPDX-License-Identifier: Apache-2.0

"""The supervisor: looks at plans and programs of the trained roles, rejects bad ones, and says what is right.

It knows each task's steps, so that what it accepts is right by construction. What it rejects becomes a lesson: the same
request with the right reply.

    python -m recipe.coder.make_supervisor_corrections --work WORK [--tasks 600]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random

import torch

from .program_runs import Worker
from .evaluate_pass_at_1 import model_of
from .role_lessons import Lesson, confidence, fenced, mend, plan_text, tagged, task_text, write
from .solving import Work, failure, solve
from .random_tasks import Task, program, some_task
from .train_roles import LENGTHS
from .tokenizer import Words


def readings(task: Task) -> dict[str, tuple]:
    """Every plan that the statement allows, and its steps."""
    chains = [task.steps]
    for index in task.open_steps:
        chains += [c[:index] + (c[index].turned(),) + c[index + 1 :] for c in chains]
    return {plan_text(chain): chain for chain in chains}


def ask(task: Task, request: str) -> str:
    return f"{task_text(task)}\n\n{request}"


def look(work: Work, worker: Worker) -> list[tuple[str, Lesson]]:
    """Lessons from one task's trajectory: what was wrong, and some of what was right."""
    task, allowed = work.task, readings(work.task)
    right_plan, right_text = plan_text(task.steps), program(task.steps)
    found: list[tuple[str, Lesson]] = []
    for attempt in work.attempts:
        if attempt.plan not in allowed:
            # The nearest plan that the statement allows: the one that shares most lines.
            lines = set(attempt.plan.split("\n"))
            best = max(allowed, key=lambda plan: len(lines & set(plan.split("\n"))))
            found.append(("planner", Lesson(attempt.ask, tagged("plan", best))))
        sure = 5 if attempt.plan not in allowed else 95 if not task.open_steps else (
            80 if attempt.plan == right_plan else 30)
        if abs(sure - attempt.sure) > 20:
            lesson = confidence(attempt.plan, sure)
            found.append(("planner", Lesson(ask(task, lesson.ask), lesson.reply)))
        if attempt.programs and attempt.plan in allowed:
            meant = program(allowed[attempt.plan])
            if attempt.programs[0][1] != meant:
                lesson = write(work.algorithm, attempt.plan, meant)
                found.append(("coder", Lesson(ask(task, lesson.ask), fenced(meant))))
    for plan, text, log, reply in work.mending:
        lesson = mend(plan, text, log, right_plan, right_text)
        found.append(("debugger", Lesson(ask(task, lesson.ask), lesson.reply)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tasks", type=int, default=600)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    words, worker, rng = Words(options.work / "tokenizer.json"), Worker(), Random(options.seed)
    model = model_of(options.work, words)
    tasks = [some_task(rng, rng.choices(list(LENGTHS), list(LENGTHS.values()))[0]) for _ in range(options.tasks)]
    lessons: list[tuple[str, Lesson]] = []
    solved = 0
    for start in range(0, len(tasks), 96):
        works = solve(model, tasks[start : start + 96], worker, rounds=2)
        solved += sum(failure(worker, w.program, w.task.tests) is None for w in works)
        for work in works:
            lessons += look(work, worker)
        print(f"{start + len(works)} tasks, {solved} solved, {len(lessons)} lessons", flush=True)
        for role in ("planner", "coder", "debugger"):
            text = "".join(json.dumps(vars(lesson)) + "\n" for kind, lesson in lessons if kind == role)
            (options.work / f"{role}.corrections.jsonl").write_text(text)


if __name__ == "__main__":
    main()
