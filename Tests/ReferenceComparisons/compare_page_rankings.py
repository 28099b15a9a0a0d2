# SPDX-License-Identifier: Apache-2.0

"""How pages of the offload file are best ranked: what was tried before Sources/BoundedCache/Offload/PageScorer.swift.

Needs numpy (written with 2.4.6). Keys of a stream are made up of a mean, a part for each place of the image, a scene,
and noise, and are rotated by their frame's time; three quarters of them, at random, are the archive, in pages of 32.
Queries are noise, some of them drawn towards what a few tokens show. Printed for each way of ranking: the share of the
true attention over the archive, averaged over the queries, that the best eighth of the pages draws; of all queries,
and of those that look for something.

    python3 compare_page_rankings.py
"""

import numpy as np

D, TOKENS, FRAMES, PLACES = 128, 32, 512, 16
HALF = D // 2
FREQUENCIES = np.where(np.arange(HALF) < HALF // 4, 1e6 ** (-np.arange(HALF) / HALF), 0)


def rotate(rows, times):
    c, s = np.cos(np.outer(times, FREQUENCIES)), np.sin(np.outer(times, FREQUENCIES))
    x, y = rows[:, :HALF], rows[:, HALF:]
    return np.concatenate([x * c - y * s, x * s + y * c], 1)


def changing(r):
    """A scene that drifts, and changes altogether every 33 frames or so; queries look for two tokens of it."""
    scene, x = np.zeros((FRAMES, D)), r.normal(size=D)
    for f in range(FRAMES):
        x = r.normal(size=D) if r.random() < 0.03 else 0.9 * x + 0.19**0.5 * r.normal(size=D)
        scene[f] = x
    seen = scene[:, None] * r.uniform(0.2, 1.2, (FRAMES, PLACES, 1)) + 0.5 * r.normal(size=(FRAMES, PLACES, D))
    wanted = [(f, p, seen[f, p]) for f, p in zip(r.integers(0, FRAMES, 2), r.integers(0, PLACES, 2))]
    return seen, wanted


def still(r):
    """A scene that hardly changes, with forty events of two frames in one place; queries look for two of them."""
    drift = 0.3 * r.normal(size=(FRAMES, 1, D)).cumsum(0) / FRAMES**0.5
    seen = drift + 0.15 * r.normal(size=(FRAMES, PLACES, D))
    kinds, events = r.normal(size=(8, D)), []
    for event in range(40):
        f, p = r.integers(0, FRAMES - 1), r.integers(0, PLACES)
        seen[f : f + 2, p] += kinds[event % 8]
        events.append((f, p, kinds[event % 8]))
    return seen, [events[3], events[11]]


def stream(r, scenes):
    seen, wanted = scenes(r)
    keys = 1.5 * r.normal(size=D) + 0.7 * r.normal(size=(PLACES, D)) + seen
    archived = r.random((FRAMES, PLACES)) < 0.75
    for f, p, _ in wanted:
        archived[f, p] = True
    frames, places = np.nonzero(archived)
    keys = rotate(keys[frames, places], frames)
    pages = keys[: len(keys) // TOKENS * TOKENS].reshape(-1, TOKENS, D)
    queries = r.normal(size=(48, D)) * np.exp(0.4 * r.normal(size=(48, 1)))
    for index in range(4):
        f, _, what = wanted[index % 2]
        what = rotate(what[None], [f])[0]
        queries[index] += 2 * what / np.linalg.norm(what) * D**0.5
    return pages, queries


def rankings(pages, queries):
    x, y = pages[..., :HALF], pages[..., HALF:]
    lengths = np.hypot(queries[:, :HALF], queries[:, HALF:])
    means = pages.mean(1)
    radii = np.hypot(x - means[:, None, :HALF], y - means[:, None, HALF:]).max(1)
    low, high = pages.min(1), pages.max(1)
    box = np.maximum(queries[:, None] * low, queries[:, None] * high).sum(-1) / D**0.5
    for name, estimates in [("box", box)] + [
        (f"mean + {share} radius", (queries @ means.T + share * lengths @ radii.T) / D**0.5)
        for share in (0, 0.125, 0.25, 0.5, 1)
    ]:
        yield f"{name}, highest of any query", estimates.max(0)
        yield f"{name}, mean of all queries", estimates.mean(0)
        votes = np.exp(estimates - estimates.max(1, keepdims=True))
        yield f"{name}, mean softmax", (votes / votes.sum(1, keepdims=True)).mean(0)


def main():
    for scenes in (changing, still):
        found = {}
        for seed in range(8):
            pages, queries = stream(np.random.default_rng(seed), scenes)
            logits = np.einsum("qd,ntd->qnt", queries, pages) / D**0.5
            attention = np.exp(logits - logits.max((1, 2), keepdims=True))
            attention = (attention / attention.sum((1, 2), keepdims=True)).sum(2)
            for name, scores in [*rankings(pages, queries), ("the truth", attention.mean(0))]:
                best = np.argsort(-scores)[: len(pages) // 8]
                found.setdefault(name, []).append((attention[:, best].sum(1).mean(), attention[:4, best].sum(1).mean()))
        print(f"{scenes.__name__} scene: % of the attention of all queries, and of those that look for something")
        for name, shares in found.items():
            every, looking = 100 * np.mean(shares, 0)
            print(f"  {name:42} {every:5.1f} {looking:6.1f}")


if __name__ == "__main__":
    main()
