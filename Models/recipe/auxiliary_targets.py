# SPDX-License-Identifier: Apache-2.0

"""What a watcher should know after each pair: the decoder's extra lessons.

While it reads a video, the decoder is also asked, at every vision token, what
has happened so far. These lessons are used in training only.
"""

from __future__ import annotations

import numpy as np

from .sprites import THINGS
from .frame_attributes import NOTHING, describe_pair
from .world import ACTIONS, Timeline

#: Lessons and the number of possible answers of each.
LESSONS = {
    "ordinal": 13,  # how many things have come
    "current": len(THINGS) + 1,  # the last thing that came
    "previous": len(THINGS) + 1,  # the one before it
    "action": 11,  # side it came from and what it has done
    "same": 8,  # how many of its kind have come
}


def pair_values(timeline: Timeline) -> np.ndarray:
    """Attributes of every pair [pairs, attributes]."""
    story = timeline.story
    return np.stack(
        [
            describe_pair(story, story.visits[index] if index >= 0 else None, start)
            for index, start in zip(timeline.visit, timeline.starts)
        ]
    )


def lessons(timeline: Timeline, values: np.ndarray) -> np.ndarray:
    """Right answers of all lessons after every pair [pairs, lessons]."""
    story, pairs = timeline.story, len(timeline.visit)
    answers = np.zeros((pairs, len(LESSONS)), np.int64)
    order: list[int] = []
    stood = False
    for pair in range(pairs):
        index = int(timeline.visit[pair])
        if index >= 0 and (not order or order[-1] != index):
            order.append(index)
            stood = False
        if index >= 0 and values[pair, 1] == 1:
            stood = True
        if not order:
            answers[pair] = (0, NOTHING, NOTHING, 0, 0)
            continue
        visit = story.visits[order[-1]]
        things = [story.visits[i].thing for i in order]
        state = (1 if stood else 0) if index >= 0 else 2 + ACTIONS.index(visit.action)
        answers[pair] = (
            min(len(order), LESSONS["ordinal"] - 1),
            THINGS.index(visit.thing),
            THINGS.index(things[-2]) if len(things) > 1 else NOTHING,
            1 + 5 * visit.side + state,
            min(things.count(visit.thing), LESSONS["same"] - 1),
        )
    return answers
