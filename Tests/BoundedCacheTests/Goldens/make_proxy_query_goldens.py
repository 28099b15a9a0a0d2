# SPDX-License-Identifier: Apache-2.0

"""Reference choices by proxy queries, on reproducible random keys, values and queries.

Run: python make_proxy_query_goldens.py > proxy-queries.json (made with Python 3.11, numpy 2.4.6)

It is written to be read, in 64-bit floats: the softmax written out, farthest points one by one. The goldens hold only
which tokens stay; numbers come from SplitMix64 as in make_infinipot_v_goldens.py, and are exact in 16-bit floats on
both sides. A seed is skipped when two scores on either side of a cut, or two distances, differ by less than MARGIN.

Numbers: signed(draw) / 256, in this order, one draw each: keys and values of the vision tokens, one by one (first its
key, then its value), keys of the system prompt, queries [tokens][attention heads][dimension].

Output: one object a case; `kept` is ascending.
"""

import json
import sys

import numpy as np

GAMMA = 0x9E3779B97F4A7C15
MARGIN = 1e-4
# Radians by which each RoPE pair is rotated for one position; the pairs beyond these are not rotated.
FREQUENCIES = [1, 0.25, 0.0625]


class TooClose(Exception):
    pass


def draws(seed, count):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GAMMA)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(54)).astype(np.int64) - 512) / 256


def rotated(rows, steps):
    rows = rows.copy()
    half = rows.shape[1] // 2
    for pair, frequency in enumerate(FREQUENCIES[:half]):
        cosine, sine = np.cos(steps * frequency), np.sin(steps * frequency)
        first, second = rows[:, pair].copy(), rows[:, pair + half].copy()
        rows[:, pair] = first * cosine - second * sine
        rows[:, pair + half] = first * sine + second * cosine
    return rows


def lowest(values):
    """Index of the lowest, which is well below all others."""
    order = np.argsort(values, kind="stable")
    if len(order) > 1 and values[order[1]] - values[order[0]] < MARGIN:
        raise TooClose
    return order[0]


def most_different(rows, limit):
    """The row nearest to the mean direction, then always the one farthest from those kept."""
    if len(rows) <= limit:
        return rows
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    kept = [lowest(-(units @ units.sum(axis=0)))]
    while len(kept) < limit:
        nearest = (units @ units[kept].T).max(axis=1)
        nearest[kept] = np.inf
        kept.append(lowest(nearest))
    return rows[sorted(kept)]


def kept_tokens(case, seed):
    dimension, per_patch = case["dimension"], case["height"] * case["width"]
    cached = case["temporalPatches"] * per_patch
    width = case["heads"] * case["group"] * dimension
    numbers = draws(seed, 2 * cached * dimension + case["system"] * dimension + case["questionTokens"] * width)
    tokens = numbers[: 2 * cached * dimension].reshape(cached, 2, dimension)
    rest = numbers[2 * cached * dimension :]
    system = rest[: case["system"] * dimension].reshape(-1, dimension)
    queries = rest[case["system"] * dimension :].reshape(case["questionTokens"], case["heads"], -1, dimension)
    mine = most_different(queries[:, case["head"]].reshape(-1, dimension), case["limit"])

    keys = np.concatenate([tokens[:, 0], system])
    products = rotated(mine, case["steps"]) @ keys.T / np.sqrt(dimension)
    shares = np.exp(products) / np.exp(products).sum(axis=1, keepdims=True)
    scores = np.log(shares[:, :cached].max(axis=0)) + np.log(np.linalg.norm(tokens[:, 1], axis=1))

    newest = per_patch if 2 * per_patch <= case["keeping"] else 0
    older, wanted = cached - newest, case["keeping"] - newest
    order = np.argsort(-scores[:older], kind="stable")
    if 0 < wanted < older and scores[order[wanted - 1]] - scores[order[wanted]] < MARGIN:
        raise TooClose
    return sorted(order[:wanted].tolist()) + list(range(older, cached))


def case(times, height, width, keeping, dimension, system, tokens, heads, head, group, limit, steps):
    return {
        "temporalPatches": times, "height": height, "width": width, "keeping": keeping, "dimension": dimension,
        "system": system, "questionTokens": tokens, "heads": heads, "head": head, "group": group, "limit": limit,
        "steps": steps,
    }


CASES = [
    case(8, 4, 4, 96, 64, 20, 12, 2, 0, 2, 64, 0),
    case(8, 4, 4, 96, 64, 20, 12, 2, 1, 2, 64, 37),
    case(12, 2, 3, 30, 16, 5, 9, 1, 0, 3, 8, 1000),
    case(16, 5, 7, 400, 32, 0, 20, 4, 2, 2, 11, 3),
    case(5, 3, 3, 17, 12, 3, 1, 1, 0, 1, 64, 5),
    case(6, 2, 2, 20, 128, 7, 33, 2, 1, 6, 64, 129),
]


def main():
    made = []
    for number, each in enumerate(CASES):
        seed = 7000 * (number + 1)
        while True:
            try:
                kept = kept_tokens(each, seed)
                break
            except TooClose:
                seed += 1
        print(each, "seed", seed, file=sys.stderr)
        made.append({**each, "seed": seed, "kept": kept})
    print(json.dumps({"reference": f"numpy {np.__version__}", "cases": made}, separators=(",", ":")))


if __name__ == "__main__":
    main()
