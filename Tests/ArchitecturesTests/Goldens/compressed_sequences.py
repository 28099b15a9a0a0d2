# SPDX-License-Identifier: Apache-2.0

"""What Hugging Face transformers computes with a model when vision tokens are evicted while a stream is read; for
make_decoder_goldens.py, make_hybrid_goldens.py and make_whole_goldens.py.

A compression is InfiniPot-V's as published, by the reference in BoundedCacheTests/Goldens/make_infinipot_v_goldens.py:
every key-value head of every layer chooses by its own keys and values, rounded to 16 bits as the cache has them. In
transformers' attention an evicted token is masked for all tokens that come later. Recurrent states have read all.

A seed is skipped when a choice is close (MARGIN), because other rounding might then choose otherwise.
"""

import pathlib
import sys

import numpy as np
import torch
from gguf import GGUFWriter

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent / "BoundedCacheTests" / "Goldens"))
import make_infinipot_v_goldens as infinipot  # noqa: E402

infinipot.MARGIN = 1e-3
SYSTEM, ROWS, COLUMNS, FRAMES, QUESTION = 4, 3, 3, 9, 8
PATCH = ROWS * COLUMNS
TOKENS = SYSTEM + FRAMES * PATCH + QUESTION
# Six patches fit beside the system prompt. Three quarters of the room are left: four patches' worth of tokens.
BUDGET, RETAINED = SYSTEM + 6 * PATCH, 4


def compression_starts():
    """The tokens before which a compression happens: those of a patch that would not fit."""
    starts, cached = [], 0
    for frame in range(FRAMES):
        if SYSTEM + (cached + 1) * PATCH > BUDGET:
            starts.append(SYSTEM + frame * PATCH)
            cached = RETAINED
        cached += 1
    return starts


def evictions(layer, layers, keys, values):
    """[heads, tokens, tokens], true where a token is evicted before another one is read.

    Keys and values are [heads, tokens, dimension].
    """
    case = dict(height=ROWS, width=COLUMNS, alpha=0.5, rho=0.25, comparison="rotated", alignment="slot", pooling="slot",
                layers=layers)
    heads, tokens, _ = keys.shape
    evicted = torch.zeros(heads, tokens, tokens, dtype=torch.bool)
    for head in range(heads):
        cached, read = torch.arange(0), SYSTEM
        for start in compression_starts():
            cached, read = torch.cat([cached, torch.arange(read, start)]), start
            origins = torch.stack([(cached - SYSTEM) // PATCH, (cached - SYSTEM) % PATCH], 1)
            stays = infinipot.one_head(
                keys[head, cached].double(), values[head, cached].double(), origins, case, layer, RETAINED)
            evicted[head, start:, cached[~stays]] = True
            cached = cached[stays]
    return evicted


class Compressing:
    """While entered, text attention rounds keys and values to 16 bits and does not see what compressions evict."""

    def __init__(self, plain_attention, config):
        self.plain_attention = plain_attention
        kinds = getattr(config, "layer_types", None) or ["full_attention"] * config.num_hidden_layers
        self.layers = [index for index, kind in enumerate(kinds) if kind == "full_attention"]

    def __enter__(self):
        for module, plain in self.plain_attention.items():
            module.eager_attention_forward = self.wrapped(plain)

    def __exit__(self, *_):
        for module, plain in self.plain_attention.items():
            module.eager_attention_forward = plain

    def wrapped(self, plain):
        def attention(layer, query, key, value, mask, *rest, **options):
            key, value = key.half().float(), value.half().float()
            hidden = evictions(self.layers.index(layer.layer_idx), len(self.layers), key[0], value[0])
            hidden = hidden.repeat_interleave(query.shape[1] // key.shape[1], 0)[None]
            mask = mask.expand(hidden.shape).masked_fill(hidden, torch.finfo(mask.dtype).min)
            return plain(layer, query, key, value, mask, *rest, **options)
        return attention


def first_clear(compressing, prepare, run):
    """The first seed without a close choice: its input and what comes of it."""
    with torch.random.fork_rng(), torch.no_grad():
        for seed in range(10000):
            torch.manual_seed(seed)
            sequence = prepare(np.random.default_rng(seed))
            try:
                with compressing:
                    logits = run(sequence)
            except infinipot.TooClose:
                continue
            print("compressed: seed", seed)
            return sequence, logits
    raise SystemExit("every seed has a close choice")


def record(decoders, name, model, positions):
    """Writes NAME-compressed-golden.gguf: a sequence of vision vectors. `decoders` is make_decoder_goldens.py."""
    config = decoders.text_model(model).config

    def prepare(rng):
        first, last = decoders.text(rng, SYSTEM), decoders.text(rng, QUESTION)
        return decoders.Sequence([first] + [(ROWS, COLUMNS)] * FRAMES + [last], positions, config.hidden_size, 1)

    compressing = Compressing(decoders.PLAIN_ATTENTION, config)
    sequence, logits = first_clear(compressing, prepare, lambda sequence: sequence.run(model))
    w = GGUFWriter(str(decoders.HERE / f"{name}-compressed-golden.gguf"), "golden")
    sequence.write(w, "compressed")
    w.add_uint32("compressed.budget", BUDGET)
    w.add_tensor("compressed.logits_16_bit_cache", np.ascontiguousarray(logits))
    decoders.close(w)


def grid_positions():
    """Positions of the frames in Qwen3.5: the largest of a frame's rows and columns further from one to the next."""
    positions = [(n,) * 3 for n in range(SYSTEM)]
    for frame in range(FRAMES):
        start = SYSTEM + frame * max(ROWS, COLUMNS)
        positions += [(start, start + row, start + column) for row in range(ROWS) for column in range(COLUMNS)]
    start = SYSTEM + FRAMES * max(ROWS, COLUMNS)
    return positions + [(start + n,) * 3 for n in range(QUESTION)]
