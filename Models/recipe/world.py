# SPDX-License-Identifier: Apache-2.0

"""What happens in front of the camera, as facts in continuous time.

A story is a scene, a time of day and a list of visits. In a visit one thing
comes in from a side and crosses, or stops and goes on, or stops and goes back.
Lengths are in widths of the frame, times in seconds. One thing at most is in
view at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .sprites import GLYPHS, THINGS, shape

SCENES = ["street", "yard", "porch"]
TIMES = ["day", "evening", "night"]
SIDES = ["left", "right"]
ACTIONS = ["cross", "stop", "back"]

#: Seconds between two sampled frames, and between two pairs of them.
SAMPLE = 0.5
PAIR = 2 * SAMPLE

#: From this share of its width on, a thing counts as seen ...
SEEN = 0.3
#: ... and up to this share the view counts as empty; between them it is unclear.
EMPTY = 0.06


@dataclass
class Visit:
    """One thing coming by."""

    thing: str
    variant: int
    action: str
    side: int
    size: float
    base: float
    start: float
    #: Times since ``start`` and places of the path's corners, as if from the left.
    times: np.ndarray
    places: np.ndarray

    @property
    def half(self) -> float:
        """Half of the thing's width."""
        return 0.5 * self.size * shape(self.thing, self.variant)[0]

    @property
    def end(self) -> float:
        """The moment it is out of the frame again."""
        return self.start + float(self.times[-1])

    def place(self, time: float) -> float:
        """Where its centre is."""
        x = float(np.interp(time - self.start, self.times, self.places))
        return x if self.side == 0 else 1 - x

    def present(self, time: float) -> bool:
        """Whether it is on its way, seen or not."""
        return self.start <= time <= self.end

    def visible(self, time: float) -> float:
        """The share of its width inside the frame."""
        if not self.present(time):
            return 0.0
        x, half = self.place(time), self.half
        inside = min(x + half, 1.0) - max(x - half, 0.0)
        return max(0.0, inside) / (2 * half)

    def heading(self, time: float) -> int:
        """+1 when it moves or last moved to the right, else -1."""
        after = min(max(time - self.start, 0.0), float(self.times[-1]))
        leg = int(np.searchsorted(self.times, after, side="left")) - 1
        leg = min(max(leg, 0), len(self.times) - 2)
        while leg > 0 and self.places[leg + 1] == self.places[leg]:
            leg -= 1
        right = self.places[leg + 1] >= self.places[leg]
        return 1 if right == (self.side == 0) else -1

    def stopped_by(self, time: float) -> bool:
        """Whether it has been standing for a while by ``time``."""
        return self.action != "cross" and time - self.start > self.times[1] + PAIR


@dataclass
class Story:
    """A scene, a time of day, and the visits in order."""

    scene: str
    time: str
    visits: list[Visit] = field(default_factory=list)
    length: float = 0.0

    def visit_at(self, time: float) -> Visit | None:
        """The visit under way at ``time``, if any."""
        for visit in self.visits:
            if visit.present(time):
                return visit
        return None


def make_visit(rng: np.random.Generator, thing: str, start: float) -> Visit:
    """Draw one visit."""
    variant = int(rng.integers(len(GLYPHS[thing])))
    action = ACTIONS[rng.choice(3, p=(0.4, 0.3, 0.3))]
    side = int(rng.integers(2))
    size = round(float(rng.uniform(0.36, 0.56)) * 28) / 28
    base = float(rng.uniform(0.45, 0.75) if thing == "bird" else rng.uniform(0.68, 0.92))
    base = max(base, size * shape(thing, variant)[1] + 0.02)
    half = 0.5 * size * shape(thing, variant)[0]
    far = 1 + half
    if action == "cross":
        times, places = [0, rng.uniform(3.2, 5.4)], [-half, far]
    else:
        middle = rng.uniform(0.4, 0.6)
        come, stand, leave = rng.uniform(1.5, 2.5), rng.uniform(2.3, 3.4), rng.uniform(1.5, 2.5)
        times = [0, come, come + stand, come + stand + leave]
        places = [-half, middle, middle, far if action == "stop" else -half]
    return Visit(
        thing, variant, action, side, size, base, start, np.array(times, float), np.array(places, float)
    )


def make_story(
    rng: np.random.Generator,
    visits: int,
    gaps: tuple[float, float] = (1.6, 3.2),
    repeat: float = 0.3,
    ongoing: float = 0.3,
    things: list[str] | None = None,
) -> Story:
    """Draw a story; ``repeat`` is the chance that a thing comes again.

    With chance ``ongoing`` the story breaks off while its last thing is in
    view. ``things`` fixes who comes.
    """
    story = Story(SCENES[rng.integers(3)], TIMES[rng.integers(3)])
    clock = float(rng.uniform(0.6, 2.6))
    for index in range(visits):
        if things is not None:
            thing = things[index]
        elif story.visits and rng.random() < repeat:
            thing = story.visits[rng.integers(len(story.visits))].thing
        else:
            thing = THINGS[rng.integers(len(THINGS))]
        visit = make_visit(rng, thing, clock)
        story.visits.append(visit)
        clock = visit.end + float(rng.uniform(*gaps))
    story.length = clock if visits else float(rng.uniform(2, 12))
    if visits and rng.random() < ongoing:
        last = story.visits[-1]
        story.length = last.start + float(rng.uniform(0.5, 0.85)) * float(last.times[-1])
    return story


@dataclass
class Timeline:
    """The sampled pairs of a story, with what can be seen in each."""

    story: Story
    #: Time of the first frame of each pair.
    starts: np.ndarray
    #: Index of the visit seen in each pair, or -1.
    visit: np.ndarray
    #: Whether a thing is partly in the frame but does not count as seen.
    unclear: np.ndarray

    def settled(self, pairs: int) -> bool:
        """Whether the first ``pairs`` pairs end at a moment without doubt."""
        last = pairs - 1
        if self.unclear[last]:
            return False
        time = self.starts[last]
        current = self.visit[last]
        if current < 0:
            return True
        seen = self.story.visits[current]
        both = seen.visible(time) >= SEEN and seen.visible(time + SAMPLE) >= SEEN
        return bool(both and (self.visit[:pairs] == current).sum() >= 2)


def sample_story(story: Story, phase: float = 0.0) -> Timeline:
    """Sample pairs of frames at two a second, starting at ``phase``."""
    count = max(2, int((story.length - phase) / PAIR))
    starts = phase + PAIR * np.arange(count)
    visit = np.full(count, -1)
    unclear = np.zeros(count, bool)
    for index, start in enumerate(starts):
        for time in (start, start + SAMPLE):
            found = story.visit_at(time)
            if found is None:
                continue
            share = found.visible(time)
            if share >= SEEN:
                visit[index] = story.visits.index(found)
            elif share > EMPTY:
                unclear[index] = True
    unclear &= visit < 0
    return Timeline(story, starts, visit, unclear)
