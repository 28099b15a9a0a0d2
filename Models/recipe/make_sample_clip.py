# SPDX-License-Identifier: Apache-2.0

"""Write the sample clip and a list of what happens in it.

    python -m recipe.make_sample_clip ../Assets
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from .clip_conversations import cut
from .questions import KINDS, Seen, a, all_questions, big, seen_until
from .video import write_video
from .world import PAIR, SEEN, SIDES, Story, Visit, make_story, sample_story

#: Apart from every seed used in training and evaluation.
SEED = 64_000_001


def first_seen(visit: Visit) -> float:
    """When a visit begins to count as seen."""
    for time in np.arange(visit.start, visit.end, 0.05):
        if visit.visible(time) >= SEEN:
            return float(time)
    return visit.end


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def table(story: Story, seconds: float) -> list[str]:
    """Lines of a table of the visits."""
    rows = ["| from | to | what |", "|---|---|---|"]
    for visit in story.visits:
        fact = Seen(visit.thing, SIDES[visit.side], visit.action, False)
        rows.append(
            f"| {clock(first_seen(visit))} | {clock(min(visit.end, seconds))} | "
            f"{big(a(visit.thing))} {fact.phrase()}. |"
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--things", nargs="+", default=["cat", "person", "car", "dog"])
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    story = make_story(rng, len(options.things), gaps=(2.5, 4.5), ongoing=0.0, things=options.things)
    timeline = sample_story(story)
    pairs = cut(rng, timeline, 0.0)
    seconds = pairs * PAIR - 0.2
    options.out.mkdir(parents=True, exist_ok=True)
    write_video(options.out / "sample.mp4", story, seconds, rng, quality=24)

    seen = seen_until(timeline, pairs)
    found = all_questions(np.random.default_rng(options.seed + 1), seen, story.scene, story.time)
    lines = [
        "# The sample clip",
        "",
        f"`sample.mp4`, {seconds:.0f} seconds, 448×448, drawn by `Models/recipe` with seed {options.seed},",
        "which no training clip has. The images of the things are drawn from Noto Color Emoji",
        "(SIL Open Font License 1.1).",
        "",
        f"The camera watches a {story.scene}. It is {story.time}.",
        "",
        *table(story, seconds),
        "",
        "## Questions and right answers, at the end of the clip",
        "",
        "| question | answer |",
        "|---|---|",
    ]
    order = {kind: index for index, kind in enumerate(KINDS)}
    for question in sorted(found, key=lambda question: order[question.kind]):
        lines.append(f"| {question.ask} | {question.answer} |")
    (options.out / "sample.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
