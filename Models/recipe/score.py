# SPDX-License-Identifier: Apache-2.0

"""Compare result lines with expected answers: exact matches by kind of question.

    python -m recipe.score results.jsonl answers.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from .questions import KINDS


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def tidy(answer: str | None) -> str:
    """Answers are compared without regard to surrounding or doubled spaces."""
    return " ".join((answer or "").split())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--wrong", action="store_true", help="list the wrong ones too")
    options = parser.parse_args()

    results = {entry["id"]: entry for entry in lines(options.results) if entry.get("id")}
    kinds: dict[str, list[bool]] = defaultdict(list)
    missing = 0
    for expected in lines(options.answers):
        result = results.get(expected["id"])
        if result is None or result.get("status") != "ok":
            missing += 1
        given = tidy(result.get("answer")) if result else ""
        hit = given == tidy(expected["answer"])
        kinds[expected["kind"]].append(hit)
        if options.wrong and not hit:
            print(f"{expected['id']}: expected {expected['answer']!r}, got {given!r}")

    def row(name: str, hits: list[bool]) -> None:
        print(f"{name:<12} {sum(hits) / len(hits):6.3f}  n={len(hits)}")

    for kind in sorted(kinds, key=lambda kind: KINDS.index(kind) if kind in KINDS else 99):
        row(kind, kinds[kind])
    row("overall", [hit for hits in kinds.values() for hit in hits])
    if missing:
        print(f"without an answer: {missing}")


if __name__ == "__main__":
    main()
