# SPDX-License-Identifier: Apache-2.0

"""What each role is asked and what it answers, as the program asks it in its short style."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .program_steps import OPERATIONS, PRINT_PLAN, READ_PLAN, Step
from .random_tasks import BY_INPUT, OPENINGS, Task, Unsuitable, capital, outcome, program, some_step, values

ROLES = ("retriever", "planner", "coder", "debugger")
RECALLED = 3

FILTERS = {
    "even", "odd", "positive", "negative", "above", "multiples", "unique", "take", "drop", "second", "oncewords",
    "long", "short", "starting", "containing", "somewords", "onceletters", "ends", "alternate", "without", "novowels",
    "nospaces",
}
ORDERS = {"sort", "reverse", "rotate", "alphabetical", "bylength", "turned", "backwards", "sortletters"}


@dataclass(frozen=True)
class Lesson:
    """A request to a role and the reply to learn."""

    ask: str
    reply: str


def task_text(task: Task) -> str:
    lines = ["Task:", task.statement]
    for given, right in task.examples:
        lines += ["Input:", given, "Output:", right]
    return "\n".join(lines)


def plan_text(steps: tuple[Step, ...]) -> str:
    lines = [READ_PLAN[steps[0].operation.takes], *(s.plan for s in steps), PRINT_PLAN[steps[-1].operation.gives]]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def tagged(tag: str, text: str) -> str:
    return f"<{tag}>\n{text}\n</{tag}>"


def fenced(text: str) -> str:
    return f"```python\n{text}\n```"


def algorithm(steps: tuple[Step, ...]) -> str:
    names: list[str] = []
    for step in steps:
        gives, takes = step.operation.gives, step.operation.takes
        if step.key in FILTERS:
            name = "filter"
        elif step.key in ORDERS:
            name = "order"
        elif takes in ("numbers", "words") and gives in ("number", "text"):
            name = "reduce"
        elif gives == takes:
            name = "map"
        else:
            name = "convert"
        if not names or names[-1] != name:
            names.append(name)
    return ", ".join(names)


# --- recalling -------------------------------------------------------------------------
def recalled(rng: Random, task: Task) -> list[tuple[Step, ...]]:
    """Similar tasks: parts of this one, first those whose reading is open, in one reading and in the other."""
    steps, size = task.steps, min(2, len(task.steps))

    def part(around: int) -> tuple[int, int]:
        start = max(0, min(around, len(steps) - size))
        return start, start + size

    if task.open_steps:
        first, last = task.open_steps[0], task.open_steps[-1]
        rest = last if last != first else (len(steps) - size if first < len(steps) / 2 else 0)
        ranges = [part(first), part(first), part(rest)]
    elif len(steps) > 2:
        ranges = [part(0), part(len(steps) // 2 - (len(steps) < 4)), part(len(steps) - size)]
        if len(set(ranges)) < 3:
            ranges[1] = (1, 2)
    elif len(steps) == 2:
        ranges = [(0, 2), (0, 1), (1, 2)]
    else:
        ranges = [(0, 1)] * 3
    found, times = [], {}
    for start, end in ranges:
        chosen = []
        for index in range(start, end):
            step = steps[index]
            if index in task.open_steps:
                times[index] = times.get(index, -1) + 1
                if len(task.open_steps) > 1 and index == last and index != first:
                    times[index] = 1
                step = Step(step.key, times[index] % len(step.operation.readings), step.constants)
            chosen.append(step)
        if len(steps) == 1 and found:
            follow = [o for o in BY_INPUT[chosen[-1].operation.gives] if o.key != chosen[-1].key]
            chosen.append(some_step(rng, rng.choice(follow)))
        found.append(tuple(chosen))
    return found


def description(steps: tuple[Step, ...]) -> str:
    """One line that leaves nothing open."""
    orders = [step.fill(step.operation.readings[step.reading].say[0]) for step in steps]
    return " ".join([OPENINGS[steps[0].operation.takes][0], *(capital(o) + "." for o in orders), "Print the result."])


def retriever(rng: Random, task: Task) -> Lesson:
    problems = [
        tagged(
            "problem",
            "\n".join(
                [tagged("description", description(s)), tagged("plan", plan_text(s)), tagged("code", program(s))]
            ),
        )
        for s in recalled(rng, task)
    ]
    answer = "\n".join([*problems, tagged("algorithm", algorithm(task.steps))])
    return Lesson(f"Recall {RECALLED} similar tasks.", answer)


# --- planning --------------------------------------------------------------------------
def reading_by(task: Task, exemplar: tuple[Step, ...] | None) -> tuple[Step, ...]:
    """The task's steps, open ones read as the exemplar reads them, else in the first way."""
    shown = {step.key: step.reading for step in exemplar or ()}
    return tuple(
        Step(step.key, shown.get(step.key, 0), step.constants) if index in task.open_steps else step
        for index, step in enumerate(task.steps)
    )


def similar(exemplar: tuple[Step, ...]) -> str:
    return f"Similar task:\n{description(exemplar)}\nPlan:\n{plan_text(exemplar)}\n\n"


def planner(rng: Random, task: Task) -> Lesson:
    exemplar = rng.choice(recalled(rng, task)) if rng.random() < 0.9 else None
    ask = (similar(exemplar) if exemplar else "") + "Write a plan."
    return Lesson(ask, tagged("plan", plan_text(reading_by(task, exemplar))))


def judge(rng: Random, task: Task) -> Lesson:
    """How sure one may be of a plan: whether the statement says so, and whether the examples bear it out."""
    draw = rng.random()
    steps = task.steps
    if draw < 0.25:
        steps = damaged(rng, task)
    elif draw < 0.6 and task.open_steps:
        index = rng.choice(task.open_steps)
        steps = steps[:index] + (steps[index].turned(),) + steps[index + 1 :]
    right = steps == task.steps
    sure = 95 if right and not task.open_steps else 80 if right else 30 if keys(steps) == keys(task.steps) else 5
    return confidence(plan_text(steps), sure)


def confidence(plan: str, sure: int) -> Lesson:
    ask = f"Plan:\n{plan}\n\nIs the plan right? Say how sure you are, 0 to 100."
    return Lesson(ask, f"<confidence>{sure}</confidence>")


def keys(steps: tuple[Step, ...]) -> list[str]:
    return [step.key for step in steps]


# --- writing and mending ---------------------------------------------------------------
def coder(rng: Random, task: Task) -> Lesson:
    steps = task.steps
    if rng.random() < 0.3:
        # A plan is to be followed, whether or not it is the right one.
        steps = damaged(rng, task)
    return write(algorithm(task.steps), plan_text(steps), program(steps))


def write(name: str, plan: str, text: str) -> Lesson:
    head = f"Algorithm: {name}\n" if name else ""
    return Lesson(f"{head}Plan:\n{plan}\n\nWrite the program in python.", fenced(text))


def direct(rng: Random, task: Task) -> Lesson:
    return Lesson("Write the program in python.", fenced(program(task.steps)))


def damaged(rng: Random, task: Task) -> tuple[Step, ...]:
    """The steps with one mistake that planners and coders make."""
    steps = list(task.steps)
    for _ in range(20):
        index = rng.randrange(len(steps))
        step = steps[index]
        draw = rng.random()
        if draw < 0.35 and step.is_ambiguous:
            return tuple(steps[:index] + [step.turned()] + steps[index + 1 :])
        if draw < 0.5 and len(steps) > 1 and fits(steps[:index] + steps[index + 1 :]):
            return tuple(steps[:index] + steps[index + 1 :])
        if draw < 0.65 and index + 1 < len(steps):
            turned = steps[:index] + [steps[index + 1], step] + steps[index + 2 :]
            if fits(turned):
                return tuple(turned)
        if draw < 0.8 and step.operation.high:
            other = {**step.constants, "k": rng.randint(step.operation.low, step.operation.high)}
            if other != step.constants:
                return tuple(steps[:index] + [Step(step.key, step.reading, other)] + steps[index + 1 :])
        others = [
            o for o in BY_INPUT[step.operation.takes] if o.gives == step.operation.gives and o.key != step.key
        ]
        if others:
            return tuple(steps[:index] + [some_step(rng, rng.choice(others))] + steps[index + 1 :])
    raise Unsuitable


def fits(steps: list[Step]) -> bool:
    return all(one.operation.gives == other.operation.takes for one, other in zip(steps, steps[1:]))


def report(given: str, right: str, got: str | None, error: str | None = None) -> str:
    last = f"Got:\n{got}" if error is None else f"Error:\n{error}" if error else "It ran too long."
    return f"Input:\n{given}\nExpected:\n{right}\n{last}"


def mend(plan: str, text: str, log: str, right_plan: str, right_text: str) -> Lesson:
    ask = f"Plan:\n{plan}\nProgram:\n{fenced(text)}\n{log}\n\nCorrect the plan and the program."
    return Lesson(ask, tagged("plan", right_plan) + "\n" + fenced(right_text))


def start_value(kind: str, text: str):
    if kind == "numbers":
        return [int(one) for one in text.split()]
    return text.split() if kind == "words" else int(text) if kind == "number" else text


def debugger(rng: Random, task: Task) -> Lesson:
    for _ in range(20):
        if task.open_steps and rng.random() < 0.8:
            wrong = list(task.steps)
            for index in task.open_steps:
                if rng.random() < 0.7:
                    wrong[index] = wrong[index].turned()
            wrong = tuple(wrong)
        else:
            wrong = damaged(rng, task)
        for given, right in task.examples:
            got = outcome(wrong, start_value(wrong[0].operation.takes, given)) if (
                wrong[0].operation.takes == task.takes) else "too large"
            if got not in (right, "too large"):
                # Sometimes the plan is right and only the program departs from it.
                planned = task.steps if rng.random() < 0.3 and not task.open_steps else wrong
                return mend(
                    plan_text(planned), program(wrong), report(given, right, got), plan_text(task.steps),
                    program(task.steps),
                )
    raise Unsuitable


MAKERS = {
    "retriever": retriever, "planner": planner, "judge": judge, "coder": coder, "debugger": debugger, "direct": direct
}


def lesson(rng: Random, task: Task, kind: str) -> Lesson:
    made = MAKERS[kind](rng, task)
    return Lesson(task_text(task) + "\n\n" + made.ask, made.reply)
