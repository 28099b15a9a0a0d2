# SPDX-License-Identifier: Apache-2.0

"""Short clips made long: quiet moments of a clip are shown again and again.

A quiet pair of a clip looks like any other quiet pair of it, so a long stream
need not be drawn and passed through the tower pair by pair.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .world import Timeline

#: Where the quiet goes and how often each is drawn: everywhere, behind all
#: that happens, before it, around it.
PLACES = {"spread": 0.55, "end": 0.15, "start": 0.15, "around": 0.15}


def quiet_gaps(timeline: Timeline) -> list[int]:
    """Places, as indices to insert at, one for each gap between two visits and for both ends.

    Only beside a pair that is quiet without doubt, so that no visit is torn
    apart and a thing in view at the end stays in view.
    """
    quiet = (timeline.visit < 0) & ~timeline.unclear
    gaps = []
    for index in np.flatnonzero(quiet):
        if not gaps or (timeline.visit[gaps[-1] : index] >= 0).any():
            gaps.append(int(index))
    return gaps


def stretch(rng: np.random.Generator, timeline: Timeline, pairs: int) -> tuple[Timeline, np.ndarray]:
    """About ``pairs`` pairs long, by quiet ones shown again.

    Returns the timeline and, for each of its pairs, the pair of the original
    that it shows. What has no quiet pair, or is as long already, stays.
    """
    count = len(timeline.visit)
    quiet = np.flatnonzero((timeline.visit < 0) & ~timeline.unclear)
    gaps, more = quiet_gaps(timeline), pairs - count
    if not gaps or more <= 0:
        return timeline, np.arange(count)
    place = rng.choice(list(PLACES), p=list(PLACES.values()))
    chosen = {"end": gaps[-1:], "start": gaps[:1], "around": [gaps[0], gaps[-1]]}.get(place, gaps)
    shares = rng.dirichlet(np.full(len(chosen), 2.0))
    source = np.arange(count)
    for gap, extra in reversed(list(zip(chosen, rng.multinomial(more, shares)))):
        source = np.insert(source, gap, rng.choice(quiet, extra))
    longer = replace(
        timeline, starts=timeline.starts[source], visit=timeline.visit[source], unclear=timeline.unclear[source]
    )
    return longer, source


def close_gaps(rng: np.random.Generator, cells: np.ndarray) -> np.ndarray:
    """Cells [tokens, 3] with the pairs of which nothing is left taken out of the timeline.

    A bounded cache does so in passes now and then, so only up to a random moment.
    """
    if not len(cells):
        return cells
    moment = int(rng.integers(cells[-1, 0] + 1)) if rng.random() < 0.4 else int(cells[-1, 0])
    early = cells[:, 0] <= moment
    held, renumbered = np.unique(cells[early, 0], return_inverse=True)
    pair = cells[:, 0] - (moment + 1 - len(held))
    pair[early] = renumbered
    return np.column_stack([pair, cells[:, 1:]])
