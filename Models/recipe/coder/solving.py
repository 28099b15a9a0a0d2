# SPDX-License-Identifier: Apache-2.0

"""The loop of four roles over many tasks at once, for gathering mistakes and for a quick look at what is solved."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .program_runs import Worker
from .decoder import Decoder
from .role_lessons import RECALLED, fenced, report, task_text, write
from .random_tasks import Task
from .tokenizer import Words

ROUNDS = 5
LIMIT = {"retriever": 600, "planner": 160, "judge": 16, "coder": 200, "debugger": 360, "direct": 200}


class Model:
    """The base with an adapter for each role."""

    def __init__(self, words: Words, base: Decoder, adapters: dict[str, Decoder]):
        self.words, self.base, self.adapters = words, base, adapters

    def answer(self, kind: str, asks: list[str], batch: int = 96) -> list[str]:
        decoder = self.adapters.get({"judge": "planner"}.get(kind, kind), self.base).eval()
        order = sorted(range(len(asks)), key=lambda index: len(asks[index]))
        replies = [""] * len(asks)
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            prompts = [self.words.prompt(asks[index]) for index in part]
            longest = max(map(len, prompts))
            limit = min(LIMIT[kind], decoder.shape.context_length - longest - 1)
            for index, tokens in zip(part, decoder.write(prompts, self.words.end, limit)):
                replies[index] = self.words.text(tokens)
        return replies


def inside(tag: str, text: str) -> str | None:
    found = re.search(f"<{tag}>\n?(.*?)\n?</{tag}>", text, re.DOTALL)
    return found and found.group(1)


def code_in(text: str) -> str | None:
    found = re.search("```python\n(.*?)\n?```", text, re.DOTALL)
    return found and found.group(1)


def problems_in(text: str) -> list[tuple[str, str]]:
    """Descriptions and plans of recalled tasks."""
    found = []
    for part in re.findall("<problem>(.*?)</problem>", text, re.DOTALL):
        about, plan = inside("description", part), inside("plan", part)
        if about and plan:
            found.append((about, plan))
    return found


@dataclass
class Attempt:
    plan: str
    ask: str
    sure: int = 0
    programs: list = field(default_factory=list)


@dataclass
class Work:
    """A task on its way through the loop, with all that the roles said."""

    task: Task
    exemplars: list = field(default_factory=list)
    algorithm: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    program: str = ""
    passed: bool = False
    how: str = ""
    lost: int = 0
    #: Of the debugger: plan, program and log that it was shown, and its reply.
    mending: list = field(default_factory=list)


def failure(worker: Worker, program: str, cases) -> str | None:
    """The report of the first case that fails; nil if none does."""
    for given, right in cases:
        run = worker.run(program, given)
        if not run.prints(right):
            return report(given, right, None if run.output is None else run.output.rstrip("\n")[:200], run.error)
    return None


def solve(model: Model, tasks: list[Task], worker: Worker, rounds: int = ROUNDS) -> list[Work]:
    works = [Work(task) for task in tasks]
    replies = model.answer("retriever", [f"{task_text(w.task)}\n\nRecall {RECALLED} similar tasks." for w in works])
    for work, reply in zip(works, replies):
        work.exemplars = problems_in(reply)[:RECALLED]
        work.algorithm = inside("algorithm", reply) or ""
        work.lost += len(work.exemplars) < RECALLED or not work.algorithm
    jobs = [(w, e) for w in works for e in (w.exemplars or [None])]
    asks = [
        task_text(w.task) + "\n\n" + (f"Similar task:\n{e[0]}\nPlan:\n{e[1]}\n\n" if e else "") + "Write a plan."
        for w, e in jobs
    ]
    for (work, _), ask, reply in zip(jobs, asks, model.answer("planner", asks)):
        plan = inside("plan", reply)
        work.lost += plan is None
        if plan and plan not in [a.plan for a in work.attempts]:
            work.attempts.append(Attempt(plan, ask))
    judged = [(w, a) for w in works for a in w.attempts]
    asks = [
        f"{task_text(w.task)}\n\nPlan:\n{a.plan}\n\nIs the plan right? Say how sure you are, 0 to 100."
        for w, a in judged
    ]
    for (work, attempt), reply in zip(judged, model.answer("judge", asks)):
        sure = inside("confidence", reply)
        work.lost += sure is None or not sure.isdigit()
        attempt.sure = int(sure) if sure and sure.isdigit() else 0
    for work in works:
        work.attempts.sort(key=lambda attempt: -attempt.sure)
    for place in range(RECALLED):
        follow(model, [w for w in works if not w.passed and len(w.attempts) > place], place, worker, rounds)
    return works


def follow(model: Model, works: list[Work], place: int, worker: Worker, rounds: int) -> None:
    """Writes and mends the programs of each task's plan of that place."""
    asks = [
        f"{task_text(w.task)}\n\n{write(w.algorithm, w.attempts[place].plan, '').ask}" for w in works
    ]
    state = []
    for work, reply in zip(works, model.answer("coder", asks)):
        text = code_in(reply)
        work.lost += text is None
        state.append((work, work.attempts[place].plan, text or ""))
    for round_ in range(rounds + 1):
        failed = []
        for work, plan, text in state:
            work.attempts[place].programs.append((plan, text))
            log = failure(worker, text, work.task.examples)
            if log is None:
                work.program, work.passed = text, True
                work.how = f"plan {place + 1}" if round_ == 0 else f"debugger {round_}"
            else:
                work.program = work.program or text
                failed.append((work, plan, text, log))
        if round_ == rounds or not failed:
            return
        asks = [
            f"{task_text(w.task)}\n\nPlan:\n{plan}\nProgram:\n{fenced(text)}\n{log}\n\n"
            "Correct the plan and the program."
            for w, plan, text, log in failed
        ]
        state = []
        for (work, plan, text, log), reply in zip(failed, model.answer("debugger", asks)):
            new_plan, new_text = inside("plan", reply), code_in(reply)
            work.lost += new_plan is None or new_text is None
            work.mending.append((plan, text, log, reply))
            tried = [program for _, program in work.attempts[place].programs]
            if new_text and new_text not in tried:
                state.append((work, new_plan or plan, new_text))
        if not state:
            return
