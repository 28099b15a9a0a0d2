# SPDX-License-Identifier: Apache-2.0

"""Reference compressions by InfiniPot-V (arXiv 2506.15745) on reproducible random keys and values.

Run: python make_infinipot_v_goldens.py > infinipot-v.json      (made with Python 3.11, numpy 2.4.6, torch 2.15.0)

It is written to be read, in 64-bit floats and without any of the shortcuts of the Swift code: cosines pair by pair,
pooling by torch, ranking by a stable sort. The goldens hold only which tokens stay; keys and values come from the small
generator below, which the tests write again in Swift, and are exact in 16-bit floats on both sides.

Every decision is well separated: a seed is skipped when two scores on either side of a cut differ by less than MARGIN
(relative), because 32-bit arithmetic might then order them differently.

Numbers
  draw(seed, i) = mix((seed + (i + 1) * 0x9E3779B97F4A7C15) mod 2^64), the i-th output of SplitMix64.
  signed(d)     = (d >> 54) - 512, so -512 ... 511.
Draws are used in this order:
  for each layer, head, patch, dimension:  base = signed
  for each temporal patch of the stream, layer, head, patch:
    one draw for a shift s = (d >> 60) mod 5;        then for each dimension: key   = (base + (signed >> s)) / 128
    one draw for a shift t = (d >> 60) mod 3;        then for each dimension: value = (signed >> t) / 128
(>> on signed numbers rounds down.)

Output: one object a case. `kept` of a compression is [layer][head] -> hexadecimal digits, one bit for each token cached
before it, the first token the highest bit of the first digit, 1 if it stays, padded with zeros to whole digits.
"""

import json
import sys

import numpy as np
import torch

GAMMA = 0x9E3779B97F4A7C15
MARGIN = 3e-6
# Radians by which each RoPE pair is rotated from one temporal patch to the next; other pairs are not rotated.
FREQUENCIES = [1, 0.25, 0.0625]


class TooClose(Exception):
    pass


class Draws:
    def __init__(self, seed):
        self.seed = seed
        self.used = 0

    def take(self, count):
        with np.errstate(over="ignore"):
            index = np.arange(self.used + 1, self.used + count + 1, dtype=np.uint64)
            self.used += count
            z = np.uint64(self.seed) + index * np.uint64(GAMMA)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            return z ^ (z >> np.uint64(31))


def signed(draws):
    return (draws >> np.uint64(54)).astype(np.int64) - 512


class Stream:
    """Temporal patches of keys and values, [layers, heads, P, dimension] each."""

    def __init__(self, case, seed):
        self.shape = (case["layers"], case["heads"], case["height"] * case["width"])
        self.dimension = case["dimension"]
        self.draws = Draws(seed)
        self.base = signed(self.draws.take(int(np.prod(self.shape)) * self.dimension))
        self.base = self.base.reshape(*self.shape, self.dimension)

    def temporal_patch(self):
        d = self.dimension
        rows = self.draws.take(int(np.prod(self.shape)) * (2 * d + 2)).reshape(*self.shape, 2 * d + 2)
        key_shift = (rows[..., :1] >> np.uint64(60)).astype(np.int64) % 5
        value_shift = (rows[..., d + 1 : d + 2] >> np.uint64(60)).astype(np.int64) % 3
        keys = self.base + (signed(rows[..., 1 : d + 1]) >> key_shift)
        values = signed(rows[..., d + 2 :]) >> value_shift
        halves = [(x / 128).astype(np.float16) for x in (keys, values)]
        assert all((h.astype(np.float64) == x / 128).all() for h, x in zip(halves, (keys, values)))
        return [torch.from_numpy(h.astype(np.float64)) for h in halves]


def highest(scores, count):
    """Indices of the highest scores; of equal ones, the lower index."""
    order = torch.argsort(scores, descending=True, stable=True)
    if 0 < count < len(scores):
        inside, outside = scores[order[count - 1]].item(), scores[order[count]].item()
        if inside - outside < MARGIN * max(abs(inside), abs(outside)):
            raise TooClose
    return order[:count]


def pooled(norms, times, height, width, layer, layers):
    """The smoothing of value norms, by the layer's quarter."""
    quarter = layer * 4 // layers
    if quarter == 2:
        return torch.nn.functional.avg_pool1d(norms[None], 3, stride=1, padding=1)[0]
    if quarter == 3:
        return norms
    size = min(7 if quarter == 0 else 5, times, height, width)
    size -= 1 - size % 2
    if size < 2:
        return norms
    grid = norms.reshape(1, times, height, width)
    pool = torch.nn.functional.avg_pool3d if quarter == 0 else torch.nn.functional.avg_pool2d
    return pool(grid, size, stride=1, padding=size // 2).reshape(-1)


def pooled_by_patch(norms, origins, height, width, layer, layers):
    """The same over the patches that tokens came from, counting only those that are cached."""
    quarter = layer * 4 // layers
    if quarter >= 2:
        return pooled(norms, 1, 1, len(norms), layer, layers)
    size = min(7, len(range(int(origins[-1, 0]) + 1)), height, width) if quarter == 0 else min(5, height, width)
    size -= 1 - size % 2
    if size < 2:
        return norms
    reach = size // 2
    result = norms.clone()
    for token, (time, patch) in enumerate(origins.tolist()):
        near = (abs(origins[:, 1] // width - patch // width) <= reach) & (
            abs(origins[:, 1] % width - patch % width) <= reach)
        near &= abs(origins[:, 0] - time) <= (reach if quarter == 0 else 0)
        result[token] = norms[near].mean()
    return result


def unrotated(keys, origins):
    """Keys without the rotation by their temporal patch's number."""
    keys = keys.clone()
    half = keys.shape[1] // 2
    for pair, frequency in enumerate(FREQUENCIES[:half]):
        angle = -origins[:, 0] * frequency
        first, second = keys[:, pair].clone(), keys[:, pair + half].clone()
        keys[:, pair] = first * torch.cos(angle) - second * torch.sin(angle)
        keys[:, pair + half] = first * torch.sin(angle) + second * torch.cos(angle)
    return keys


def one_head(keys, values, origins, case, layer, kept_patches):
    """Which of the T·P tokens of one head are retained.

    Keys and values are [T·P, dimension], origins [T·P, temporal patch and patch].
    """
    height, width = case["height"], case["width"]
    per_patch = height * width
    cached = len(keys)
    times = cached // per_patch
    count = kept_patches * per_patch

    temporal = count - round((1 - case["alpha"]) * count)
    recent = min(int(times * case["rho"]), temporal // per_patch)
    stays = torch.zeros(cached, dtype=torch.bool)
    if recent > 0:
        older = cached - recent * per_patch
        unit = keys if case["comparison"] == "rotated" else unrotated(keys, origins)
        unit = unit / (unit.norm(dim=-1, keepdim=True) + 1e-9)
        patches = origins[:, 1] if case["alignment"] == "patch" else torch.arange(cached) % per_patch
        scores = torch.zeros(older, dtype=torch.float64)
        for token in range(older):
            for now in range(older, cached):
                if patches[now] == patches[token]:
                    scores[token] -= (unit[now] * unit[token]).sum() / recent
        stays[highest(scores, temporal - recent * per_patch)] = True
        stays[older:] = True

    norms = values.norm(dim=-1)
    if case["pooling"] == "patch":
        norms = pooled_by_patch(norms, origins, height, width, layer, case["layers"])
    else:
        norms = pooled(norms, times, height, width, layer, case["layers"])
    norms = norms.clone()
    norms[stays] = norms.max() + 1
    chosen = torch.zeros(cached, dtype=torch.bool)
    chosen[highest(norms, count)] = True
    assert chosen[stays].all() and chosen.sum() == count
    return chosen


def bits(chosen):
    digits = -(-len(chosen) // 4)
    number = int("".join("1" if c else "0" for c in chosen.tolist()).ljust(digits * 4, "0"), 2)
    return f"{number:0{digits}x}"


def run(case, seed):
    stream = Stream(case, seed)
    layers, heads = case["layers"], case["heads"]
    nothing = torch.zeros(0, case["dimension"])
    cached = [[(nothing, nothing, torch.zeros(0, 2)) for _ in range(heads)] for _ in range(layers)]
    compressions = []
    number = 0
    cached_patches = 0
    for step in range(case["compressions"]):
        appended = case["roomPatches"] - cached_patches
        for _ in range(appended):
            keys, values = stream.temporal_patch()
            patches = torch.arange(case["height"] * case["width"], dtype=torch.float64)
            origins = torch.stack([torch.full_like(patches, number), patches], dim=1)
            number += 1
            for l in range(layers):
                for h in range(heads):
                    k, v, o = cached[l][h]
                    cached[l][h] = (
                        torch.cat([k, keys[l, h]]), torch.cat([v, values[l, h]]), torch.cat([o, origins]))
        kept = []
        for l in range(layers):
            kept.append([])
            for h in range(heads):
                k, v, o = cached[l][h]
                chosen = one_head(k, v, o, case, l, case["keptPatches"])
                cached[l][h] = k[chosen], v[chosen], o[chosen]
                kept[-1].append(bits(chosen))
        compressions.append({"appendedPatches": appended, "kept": kept})
        cached_patches = case["keptPatches"]
    return compressions


def case(
    name, height, width, room, kept, layers, heads, dimension, compressions, alpha=0.5, rho=0.25, alignment="slot",
    comparison="rotated", pooling="slot"
):
    return {
        "name": name, "height": height, "width": width, "roomPatches": room, "keptPatches": kept, "layers": layers,
        "heads": heads, "dimension": dimension, "compressions": compressions, "alpha": alpha, "rho": rho,
        "alignment": alignment, "comparison": comparison, "pooling": pooling,
    }


CASES = [
    case("square patches", 4, 4, 8, 6, 8, 2, 64, 4),
    case("flat patches, odd dimension", 2, 3, 12, 9, 4, 2, 12, 4),
    case("one row, odd counts", 1, 5, 12, 9, 4, 2, 20, 4),
    case("large patches", 10, 13, 8, 6, 4, 2, 16, 3),
    case("whole windows, layers not in quarters", 7, 9, 16, 12, 6, 1, 16, 2),
    case("the least with a newest patch", 4, 4, 4, 3, 4, 2, 32, 4),
    case("too few patches for a newest one", 3, 3, 2, 1, 4, 2, 32, 3),
    case("newest patches beyond their share", 3, 4, 16, 4, 4, 2, 24, 2),
    case("other shares", 5, 5, 10, 7, 4, 3, 128, 3, alpha=0.3, rho=0.5),
    case("a single layer", 2, 2, 8, 6, 1, 1, 8, 5),
    case("the same patch in later compressions", 3, 4, 8, 6, 4, 2, 16, 4, alignment="patch"),
    case("keys without their temporal RoPE", 3, 4, 8, 6, 4, 2, 16, 4, comparison="pre-rope"),
    case("values averaged over their patches", 3, 5, 8, 6, 4, 2, 16, 4, pooling="patch"),
    case("all three", 5, 5, 8, 6, 4, 2, 16, 4, alignment="patch", comparison="pre-rope", pooling="patch"),
]


def main():
    made = []
    for number, each in enumerate(CASES):
        seed = 1000 * (number + 1)
        while True:
            try:
                compressions = run(each, seed)
                break
            except TooClose:
                seed += 1
        print(each["name"], "seed", seed, file=sys.stderr)
        made.append({**each, "seed": seed, "compressions": compressions})
    print(json.dumps(
        {"reference": f"numpy {np.__version__}, torch {torch.__version__}", "cases": made}, separators=(",", ":")))


if __name__ == "__main__":
    main()
