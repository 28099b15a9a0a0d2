# SPDX-License-Identifier: Apache-2.0

"""What one pair of frames shows, as a few attributes, and their code.

The vision tower is taught to put out, at every token of a pair, the sum of one
fixed vector for each attribute. The vectors are orthonormal, so the decoder
can learn from the same sums written down directly, without any frame, and
then read the tower's output at once.
"""

from __future__ import annotations

import numpy as np
import torch

from .sprites import THINGS
from .world import SAMPLE, SCENES, SEEN, TIMES, Story, Visit

#: Borders between the coarse places of a thing's centre.
PLACE_BORDERS = (0.1, 0.3, 0.5, 0.7, 0.9)

#: Attributes of a pair and the number of values of each.
ATTRIBUTES = {
    "thing": len(THINGS) + 1,
    "motion": 4,  # nothing, still, to the right, to the left
    "edge": 3,  # neither, comes in, goes out
    "place0": len(PLACE_BORDERS) + 2,
    "place1": len(PLACE_BORDERS) + 2,
    "scene": len(SCENES),
    "time": len(TIMES),
}
NAMES = list(ATTRIBUTES)
OFFSETS = dict(zip(NAMES, np.cumsum([0, *list(ATTRIBUTES.values())[:-1]]).tolist()))
CODES = sum(ATTRIBUTES.values())

NOTHING = len(THINGS)
NO_PLACE = len(PLACE_BORDERS) + 1

#: A move between two frames smaller than this counts as standing still.
STILL = 0.03


def describe_pair(story: Story, visit: Visit | None, time: float) -> np.ndarray:
    """Attribute values of the pair starting at ``time``; ``visit`` is seen in it."""
    values = np.zeros(len(NAMES), np.int64)
    values[5], values[6] = SCENES.index(story.scene), TIMES.index(story.time)
    values[0], values[3], values[4] = NOTHING, NO_PLACE, NO_PLACE
    if visit is None:
        return values
    values[0] = THINGS.index(visit.thing)
    seen = [visit.visible(moment) >= SEEN for moment in (time, time + SAMPLE)]
    places = [visit.place(moment) for moment in (time, time + SAMPLE)]
    for column, is_seen, place in zip((3, 4), seen, places):
        if is_seen:
            values[column] = int(np.searchsorted(PLACE_BORDERS, place))
    if all(seen) and abs(places[1] - places[0]) < STILL:
        values[1] = 1
    else:
        if all(seen):
            right = places[1] > places[0]
        else:
            right = visit.heading(time if seen[0] else time + SAMPLE) > 0
        values[1] = 2 if right else 3
    if visit.visible(time - SAMPLE) < SEEN:
        values[2] = 1
    elif visit.visible(time + 2 * SAMPLE) < SEEN:
        values[2] = 2
    return values


def code_vectors(hidden_size: int) -> torch.Tensor:
    """One unit vector for each attribute value, all at right angles."""
    generator = torch.Generator().manual_seed(20)
    square = torch.randn(hidden_size, hidden_size, generator=generator, dtype=torch.float64)
    return torch.linalg.qr(square)[0][:, :CODES].T.contiguous().float()


def encode(values: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Sum of the code vectors for attribute values [..., attributes]."""
    offsets = torch.tensor([OFFSETS[name] for name in NAMES])
    return codes[values + offsets].sum(-2)
