# SPDX-License-Identifier: Apache-2.0

"""Write unseen clips as mp4 files, with questions and their right answers.

    python -m recipe.make_eval_clips OUT_FOLDER --clips 48
    python -m recipe.make_eval_clips OUT_FOLDER --clips 16 --visits 8-10
    python -m recipe.make_eval_clips OUT_FOLDER --clips 4 --visits 8 --gaps 20 60

Besides the clips there will be ``requests.jsonl``, for ``edgeassist --batch``,
with one record a question, and ``answers.jsonl`` with what to expect.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .clip_conversations import cut
from .questions import KINDS, Question, all_questions, seen_until
from .video import write_video
from .world import PAIR, Timeline, make_story, sample_story

#: Apart from every seed used in training.
SEED = 31_000_000


def questions_of(rng: np.random.Generator, timeline: Timeline, pairs: int, each: int) -> list[Question]:
    """Up to ``each`` questions of every kind, in a fixed order of kinds."""
    story = timeline.story
    found = all_questions(rng, seen_until(timeline, pairs), story.scene, story.time)
    chosen = []
    for kind in KINDS:
        group = [question for question in found if question.kind == kind]
        order = rng.permutation(len(group))[:each]
        chosen += [group[index] for index in sorted(order)]
    return [q for q in chosen if q.kind != "describe" or q.answer.count("Then") < 5]


def midway_moment(rng: np.random.Generator, timeline: Timeline, pairs: int) -> int | None:
    """A number of pairs, before the end, after which the view is without doubt."""
    fitting = [count for count in range(2, pairs - 1) if timeline.settled(count)]
    return int(rng.choice(fitting)) if fitting else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", type=int, default=48)
    parser.add_argument("--visits", default="0-4", help="how many things come, one number or a range")
    parser.add_argument("--gaps", type=float, nargs=2, default=(1.6, 3.2), help="seconds between visits")
    parser.add_argument("--each", type=int, default=1, help="questions of each kind at the end")
    parser.add_argument("--midway", type=int, default=2, help="questions asked at a moment before the end")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    low, _, high = options.visits.partition("-")
    choices = list(range(int(low), int(high or low) + 1))

    with (options.out / "requests.jsonl").open("w") as requests, (options.out / "answers.jsonl").open("w") as answers:

        def record(clip: str, number: int, question: Question, at: float | None) -> None:
            name = f"{clip}-{question.kind}-{number}"
            request: dict = {"id": name, "video": f"{clip}.mp4"}
            if at is None:
                request["ask"] = question.ask
            else:
                request["turns"] = [{"at": at, "ask": question.ask}]
            requests.write(json.dumps(request) + "\n")
            answers.write(json.dumps({"id": name, "kind": question.kind, "answer": question.answer}) + "\n")

        for index in range(options.clips):
            rng = np.random.default_rng((options.seed, index))
            story = make_story(rng, choices[index % len(choices)], tuple(options.gaps))
            timeline = sample_story(story)
            pairs = cut(rng, timeline, 0.0)
            clip = f"clip{index:02d}"
            asked = questions_of(rng, timeline, pairs, options.each)
            for number, question in enumerate(asked):
                record(clip, number, question, None)
            moment = midway_moment(rng, timeline, pairs)
            if moment:
                early = questions_of(rng, timeline, moment, 1)
                picks = rng.permutation(len(early))[: options.midway]
                for number, pick in enumerate(sorted(picks), start=len(asked)):
                    # A little before the next pair begins, so that no rounding lets it in.
                    record(clip, number, early[pick], moment * PAIR - 0.25)
            # End a little after the last sampled frame.
            write_video(options.out / f"{clip}.mp4", story, pairs * PAIR - 0.2, rng)
            print(f"{clip}.mp4 {pairs * PAIR:.0f} s, {len(story.visits)} visits", flush=True)


if __name__ == "__main__":
    main()
