# SPDX-License-Identifier: Apache-2.0

"""Questions about a story and their answers, in plain fixed wording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .sprites import THINGS
from .world import ACTIONS, SIDES, Timeline, Visit

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]

#: Kinds of questions, in the order tables list them.
KINDS = ["now", "first", "last", "after", "before", "direction", "did", "count", "total", "time", "scene", "describe"]

#: Wordings of each kind; {x} is a thing, {a} the same with its article, {s} its plural.
WORDINGS = {
    "now": ["What is in view?", "What is in view now?", "What do you see now?", "What is at the door now?",
            "What do you see?"],
    "first": ["What came first?", "What did you see first?", "Which came first?", "What was the first thing?"],
    "last": ["What came last?", "What did you see last?", "Which came last?", "What was the last thing?"],
    "after": ["What came after the {x}?", "What did you see after the {x}?", "What was after the {x}?"],
    "before": ["What came before the {x}?", "What did you see before the {x}?", "What was before the {x}?"],
    "direction": ["Which way did the {x} go?", "Where did the {x} go?", "What did the {x} do?"],
    "did": ["Did {a} appear?", "Was there {a}?", "Did you see {a}?", "Did {a} come?"],
    "count": ["How many {s} passed?", "How many {s} came?", "How many {s} did you see?", "How many {s} were there?"],
    "total": ["How many things passed?", "How many things came?", "How many things did you see?"],
    "time": ["What time of day is it?", "Is it day or night?", "Is it day, evening or night?"],
    "scene": ["Where is the camera?", "What place is this?", "What does the camera watch?"],
    "describe": ["Describe what happened.", "What happened?", "Tell me what happened.", "What has happened so far?"],
}


@dataclass(frozen=True)
class Question:
    kind: str
    ask: str
    answer: str
    #: The thing asked about, if any, and what there is to know of it (see ``about``).
    thing: str = ""
    known: tuple[int, ...] = ()


@dataclass
class Seen:
    """A visit as far as it has been seen."""

    thing: str
    side: str
    action: str
    ongoing: bool

    def phrase(self) -> str:
        """What it did, without naming it."""
        other = SIDES[1 - SIDES.index(self.side)]
        if self.ongoing:
            return f"came from the {self.side} and is in view"
        return {
            "cross": f"went from {self.side} to {other}",
            "stop": f"came from the {self.side}, stopped and went on",
            "back": f"came from the {self.side}, stopped and went back",
        }[self.action]


def seen_until(timeline: Timeline, pairs: int) -> list[Seen]:
    """The visits that show in the first ``pairs`` pairs, in order."""
    last = timeline.visit[pairs - 1]
    found = []
    for index in dict.fromkeys(int(v) for v in timeline.visit[:pairs] if v >= 0):
        visit: Visit = timeline.story.visits[index]
        found.append(Seen(visit.thing, SIDES[visit.side], visit.action, index == last))
    return found


def a(thing: str) -> str:
    return ("an " if thing[0] in "aeiou" else "a ") + thing


def many(thing: str) -> str:
    return {"person": "people", "bus": "buses"}.get(thing, thing + "s")


def big(text: str) -> str:
    return text[0].upper() + text[1:]


#: What a watcher should know of a named thing, and the number of answers of each:
#: how often it came, what it did, what came after it, what before it.
ABOUT = {"times": 8, "deed": 9, "next": len(THINGS) + 1, "prior": len(THINGS) + 1}

#: Stands for what cannot be said, for a thing that came more than once or never.
OPEN = -100


def about(seen: list[Seen], thing: str) -> tuple[int, ...]:
    """Answers to ``ABOUT`` for one thing."""
    things = [one.thing for one in seen]
    times = things.count(thing)
    if times == 0:
        return 0, 0, OPEN, OPEN
    if times > 1:
        return min(times, 7), OPEN, OPEN, OPEN
    at = things.index(thing)
    one = seen[at]
    deed = 0 if one.ongoing else 1 + ACTIONS.index(one.action)
    after = THINGS.index(things[at + 1]) if at + 1 < len(things) else len(THINGS)
    before = THINGS.index(things[at - 1]) if at else len(THINGS)
    return 1, 1 + 4 * SIDES.index(one.side) + deed, after, before


def all_questions(rng: np.random.Generator, seen: list[Seen], scene: str, time: str) -> list[Question]:
    """Every question that has one right answer, each in one drawn wording."""
    things = [one.thing for one in seen]
    found: list[Question] = []

    def add(kind: str, answer: str, thing: str = "") -> None:
        wordings = WORDINGS[kind]
        ask = wordings[rng.integers(len(wordings))]
        if thing:
            ask = ask.format(x=thing, a=a(thing), s=many(thing))
        found.append(Question(kind, ask, answer, thing, about(seen, thing) if thing else ()))

    nothing = "Nothing came."
    in_view = bool(seen) and seen[-1].ongoing
    add("now", f"{big(a(things[-1]))} is in view." if in_view else "Nothing is in view now.")
    add("first", f"{big(a(things[0]))} came first." if seen else nothing)
    add("last", f"{big(a(things[-1]))} came last." if seen else nothing)
    for index, thing in enumerate(things):
        if things.count(thing) > 1:
            continue
        after = big(a(things[index + 1])) if index + 1 < len(things) else "Nothing"
        before = big(a(things[index - 1])) if index else "Nothing"
        add("after", f"{after} came after the {thing}.", thing)
        add("before", f"{before} came before the {thing}.", thing)
        add("direction", f"The {thing} {seen[index].phrase()}.", thing)
    present = sorted(set(things))
    absent = [thing for thing in THINGS if thing not in things]
    for thing in present:
        add("did", f"Yes, {a(thing)} came.", thing)
        number = things.count(thing)
        add("count", f"{big(NUMBERS[number])} {thing if number == 1 else many(thing)} came.", thing)
    for _ in range(max(1, len(present))):
        thing = absent[rng.integers(len(absent))]
        add("did", f"No, no {thing} came.", thing)
    thing = absent[rng.integers(len(absent))]
    add("count", f"No {many(thing)} came.", thing)
    if len(seen) < len(NUMBERS):
        add("total", f"{big(NUMBERS[len(seen)])} thing{'' if len(seen) == 1 else 's'} came.")
    add("time", f"It is {time}.")
    add("scene", f"The camera watches a {scene}.")
    if len(seen) <= 6:
        parts = [f"{a(one.thing)} {one.phrase()}." for one in seen]
        add("describe", big(" Then ".join(parts)) if parts else "Nothing happened.")
    return list({question.ask: question for question in found}.values())


def choose(
    rng: np.random.Generator, questions: list[Question], count: int, weights: dict[str, float] | None = None
) -> list[Question]:
    """Draw different questions, spread over the kinds by ``weights``."""
    chance = np.array([(weights or {}).get(q.kind, 1.0) for q in questions])
    kinds = [q.kind for q in questions]
    chance = chance / np.array([kinds.count(kind) for kind in kinds]) ** 0.7
    count = min(count, int((chance > 0).sum()))
    order = rng.choice(len(questions), count, replace=False, p=chance / chance.sum())
    return [questions[index] for index in order]


def loosen(rng: np.random.Generator, ask: str) -> str:
    """The same question as people type it: now and then careless."""
    chance = rng.random()
    if chance < 0.12:
        ask = ask.lower()
    elif chance < 0.14:
        ask = ask.upper()
    if rng.random() < 0.12:
        ask = ask.rstrip("?.")
    return ask
