# SPDX-License-Identifier: Apache-2.0

"""Tasks made at random: a chain of steps, its statement in words, examples and hidden tests.

With each goes the program that is always right.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from .program_steps import OPERATIONS, PRINT, READ, VARIABLES, Step

WORDS = (
    "apple bird cloud door eagle fish green house island jar kite lemon moon night ocean pear queen river stone tree "
    "under violet water yellow zebra bee cat dog egg fox ant sun sea map ice owl rain snow star wind lake hill road "
    "level noon radar banana letter summer winter coffee bottle garden"
).split()

#: Where the value that is read is spoken of.
OPENINGS = {
    "numbers": ("Read a list of integers.", "You get a line of integers.", "The input is a list of integers."),
    "words": ("Read a line of words.", "You get several words.", "The input is a line of words."),
    "text": ("Read a line of text.", "You get a line of text.", "The input is a text."),
    "number": ("Read an integer.", "You get an integer.", "The input is one integer."),
}
GIVEN = {"numbers": "the list", "words": "the words", "text": "the text", "number": "the integer"}
CLOSINGS = ("Print the result.", "Print what you get.", "Write out the result.")

EXAMPLES, TESTS = 2, 8


class Unsuitable(Exception):
    """A chain or an input that makes no good task."""


@dataclass(frozen=True)
class Task:
    statement: str
    steps: tuple[Step, ...]
    #: Which steps the statement leaves open.
    open_steps: tuple[int, ...]
    examples: tuple[tuple[str, str], ...]
    tests: tuple[tuple[str, str], ...]

    @property
    def takes(self) -> str:
        return self.steps[0].operation.takes


def chance(*parts: str) -> float:
    """A number from 0 to 1 that belongs to these words for good."""
    return int.from_bytes(hashlib.md5(" ".join(parts).encode()).digest()[:4], "big") / 2**32


def is_held_out(keys: list[str]) -> bool:
    """Chains that training never sees: one in eight pairs of neighbouring steps, and one in five longer chains."""
    return has_held_out_pair(keys) or len(keys) > 2 and chance("chain", *keys) < 0.2


def has_held_out_pair(keys: list[str]) -> bool:
    return any(chance("pair", one, other) < 0.125 for one, other in zip(keys, keys[1:]))


# --- programs --------------------------------------------------------------------------
def program(steps: tuple[Step, ...]) -> str:
    takes, gives = steps[0].operation.takes, steps[-1].operation.gives
    return "\n".join([READ[takes], *(step.code for step in steps), PRINT[gives]])


@lru_cache(maxsize=4096)
def compiled(code: str):
    return compile(code, "<step>", "exec")


def too_large(value) -> bool:
    if isinstance(value, int):
        return abs(value) > 10**6
    if isinstance(value, str):
        return len(value) > 40
    return len(value) > 14 or any(too_large(one) for one in value)


def values(steps: tuple[Step, ...], start) -> list:
    """The value before the first step and after each."""
    kind = steps[0].operation.takes
    found, space = [start], {VARIABLES[kind]: start}
    for step in steps:
        operation = step.operation
        if kind == "number" and abs(found[-1]) > operation.limit:
            raise Unsuitable
        exec(compiled(step.code), space)
        kind = operation.gives
        found.append(space[VARIABLES[kind]])
        if too_large(found[-1]):
            raise Unsuitable
    return found


def printed(value) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def some_input(rng: Random, kind: str):
    if kind == "numbers":
        pool = [rng.randint(-9, 20) for _ in range(rng.randint(3, 6))]
        return pool + [rng.choice(pool) for _ in range(rng.randint(0, 2))]
    if kind == "number":
        return rng.choice((rng.randint(1, 12), rng.randint(10, 300), rng.randint(-50, 999)))
    words = [rng.choice(WORDS) for _ in range(rng.randint(2, 4 if kind == "text" else 5))]
    if kind == "words" and rng.random() < 0.5:
        words.append(rng.choice(words))
    return " ".join(words[:3]) if kind == "text" else words


# --- statements ------------------------------------------------------------------------
def phrase(rng: Random, step: Step, is_open: bool, as_name: bool) -> str:
    operation, reading = step.operation, step.operation.readings[step.reading]
    choices = (operation.open_name if is_open else reading.name) if as_name else (
        operation.open_say if is_open else reading.say)
    return step.fill(rng.choice(choices))


def named(rng: Random, steps: tuple[Step, ...], opened: list[bool], given: str) -> str:
    """The result of the steps as one phrase, the last step first."""
    text = given
    for step, is_open in zip(steps, opened):
        text = phrase(rng, step, is_open, True).replace("{x}", text)
    return text


def capital(text: str) -> str:
    return text[0].upper() + text[1:]


def statement(rng: Random, steps: tuple[Step, ...], opened: list[bool]) -> str:
    """One step after another, all in one phrase, or both mixed."""
    takes = steps[0].operation.takes
    parts = [rng.choice(OPENINGS[takes])]
    # How many of the last steps are said in one phrase.
    tail = rng.choice((0, 0, rng.randint(1, len(steps)), min(len(steps), 2)))
    tail = min(tail, 3)
    head = len(steps) - tail
    orders = [phrase(rng, step, is_open, False) for step, is_open in zip(steps[:head], opened)]
    while orders:
        here, orders = orders[: rng.randint(1, 2)], orders
        orders = orders[len(here):]
        text = (" and then " if rng.random() < 0.5 else ", then ").join(here)
        parts.append((capital(text) if len(parts) < 2 or rng.random() < 0.6 else "Then " + text) + ".")
    if tail:
        given = "the result" if head else GIVEN[takes]
        parts.append("Print " + named(rng, steps[head:], opened[head:], given) + ".")
    else:
        parts.append(rng.choice(CLOSINGS))
    return " ".join(parts)


# --- whole tasks -----------------------------------------------------------------------
BY_INPUT: dict[str, list] = {
    kind: [o for o in OPERATIONS.values() if o.takes == kind] for kind in VARIABLES
}


def some_chain(rng: Random, length: int) -> tuple[Step, ...]:
    kind = rng.choices(list(VARIABLES), weights=(5, 3, 3, 2))[0]
    steps: list[Step] = []
    while len(steps) < length:
        last = len(steps) == length - 1
        # Lists may go on for long; what ends in one number or text mostly comes late.
        choices = [
            o for o in BY_INPUT[kind]
            if o.key not in [s.key for s in steps] and (last or o.gives in ("numbers", "words") or rng.random() < 0.35)
        ]
        if not choices:
            raise Unsuitable
        steps.append(some_step(rng, rng.choice(choices)))
        kind = steps[-1].operation.gives
    return tuple(steps)


def some_step(rng: Random, operation) -> Step:
    constants = {}
    if operation.high:
        constants["k"] = rng.randint(operation.low, operation.high)
    if operation.letters:
        constants.update(zip("cd", rng.sample("aeoirstlnmbp", operation.letters)))
    return Step(operation.key, rng.randrange(len(operation.readings)), constants)


def cases(rng: Random, steps: tuple[Step, ...], count: int) -> list[tuple[str, str, list]]:
    """Inputs with the right output and the values between; no two inputs the same."""
    found: dict[str, tuple[str, str, list]] = {}
    for _ in range(count * 6):
        start = some_input(rng, steps[0].operation.takes)
        try:
            between = values(steps, start)
        except Unsuitable:
            continue
        text = printed(start)
        found[text] = (text, printed(between[-1]), between)
        if len(found) == count:
            return list(found.values())
    raise Unsuitable


def some_task(rng: Random, length: int, held_out: bool = False, tests: int = TESTS, tries: int = 1000) -> Task:
    """A task of ``length`` steps from the training's side or from the held-out side."""
    for _ in range(tries):
        try:
            steps = some_chain(rng, length)
            if is_held_out([step.key for step in steps]) != held_out:
                continue
            return make_task(rng, steps, tests)
        except Unsuitable:
            continue
    raise RuntimeError("no task found")


def make_task(rng: Random, steps: tuple[Step, ...], tests: int) -> Task:
    opened = [bool(step.operation.open_say) and rng.random() < 0.4 for step in steps]
    while sum(opened) > 2:
        opened[rng.choice([i for i, o in enumerate(opened) if o])] = False
    found = cases(rng, steps, EXAMPLES + tests)
    check_that_steps_matter(steps, found)
    # The examples tell apart what the statement leaves open.
    for index, is_open in enumerate(opened):
        if is_open:
            other = steps[:index] + (steps[index].turned(),) + steps[index + 1 :]
            found.sort(key=lambda case: outcome(other, case[2][0]) == case[1])
            if outcome(other, found[0][2][0]) == found[0][1]:
                raise Unsuitable
    for index, is_open in enumerate(opened):
        if is_open:
            other = steps[:index] + (steps[index].turned(),) + steps[index + 1 :]
            if all(outcome(other, case[2][0]) == case[1] for case in found[:EXAMPLES]):
                raise Unsuitable
    pairs = tuple((given, right) for given, right, _ in found)
    return Task(
        statement(rng, steps, opened), steps, tuple(i for i, o in enumerate(opened) if o), pairs[:EXAMPLES],
        pairs[EXAMPLES:],
    )


def outcome(steps: tuple[Step, ...], start) -> str:
    try:
        return printed(values(steps, start)[-1])
    except Unsuitable:
        return "too large"


def check_that_steps_matter(steps: tuple[Step, ...], found: list) -> None:
    """Each step changes something for some input, and the outputs are neither all the same nor mostly empty."""
    for index in range(len(steps)):
        if all(printed(case[2][index]) == printed(case[2][index + 1]) for case in found):
            raise Unsuitable
    outputs = [case[1] for case in found]
    if len(found) > 3 and len(set(outputs)) < 2 or sum(not o for o in outputs) * 2 > len(outputs):
        raise Unsuitable
