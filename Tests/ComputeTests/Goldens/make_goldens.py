#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Makes blocks.gguf: what the gguf package reads from random blocks of every type, and writes for given floats.

Reference: gguf 0.19.0 (PyPI), numpy 2. Run here: python make_goldens.py

For each block format TYPE: TYPE.blocks (raw bytes), TYPE.floats (what `dequantize` makes of them). Their bytes are
random but for scales that are made to be ordinary, zero, below the normal range, largest, infinite and not a number.
For each format that `quantize` writes: numbers.TYPE, which it makes of `numbers`.

The formats that only edgeassist has, AMXFP4, DINT4 and SAWB2, are read by functions here.
"""
import pathlib

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter
from gguf.quants import dequantize, quantize

random = np.random.default_rng(20)
# Where the half-precision scales and minimums of a block begin.
SCALES = {
    Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2], Type.Q8_0: [0], Type.IQ4_NL: [0],
    Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208], Type.IQ4_XS: [0],
    Type.MXFP4: [], Type.NVFP4: [], Type.TQ1_0: [52], Type.TQ2_0: [64], "AMXFP4": [], "DINT4": [0], "SAWB2": [64],
}  # fmt: skip
BYTES = {
    Type.Q4_0: 18, Type.Q4_1: 20, Type.Q5_0: 22, Type.Q5_1: 24, Type.Q8_0: 34, Type.IQ4_NL: 18, Type.Q2_K: 84,
    Type.Q3_K: 110, Type.Q4_K: 144, Type.Q5_K: 176, Type.Q6_K: 210, Type.IQ4_XS: 136, Type.MXFP4: 17,
    Type.NVFP4: 36, Type.TQ1_0: 54, Type.TQ2_0: 66, "AMXFP4": 18, "DINT4": 18, "SAWB2": 66,
}  # fmt: skip
EDGES = [0.0, -0.0, 6e-8, -3e-5, 65504.0, -65504.0, np.inf, np.nan]
BLOCKS = 12


def random_blocks(kind):
    blocks = random.integers(0, 256, (BLOCKS, BYTES[kind]), dtype=np.uint8)
    for row, block in enumerate(blocks):
        for place in SCALES[kind]:
            scale = EDGES[row - 4] if row >= 4 else random.normal(0, 0.1)
            block[place : place + 2] = np.array([scale], np.float16).view(np.uint8)
    if kind == Type.NVFP4:
        blocks[:3, :4] = [[0, 1, 7, 8], [63, 126, 127, 128], [136, 254, 255, 9]]
    if kind == "AMXFP4":
        blocks[:, :2] = random.integers(0, 124, (BLOCKS, 2))
        blocks[:3, :2] = [[0, 1], [3, 4], [123, 60]]
    if kind == Type.MXFP4:
        blocks[:6, 0] = [0, 1, 2, 127, 254, 255]
    return blocks.reshape(1, -1)


def half_precision(pairs_of_bytes):
    return pairs_of_bytes.copy().view(np.float16).astype(np.float32)


def nibbles(packed):
    return np.concatenate([packed & 15, packed >> 4], axis=-1)


def read_amxfp4(blocks):
    e5m2 = (np.arange(128, dtype=np.uint16) << 8).view(np.float16).astype(np.float32)
    halves = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12])[nibbles(blocks[:, 2:])]
    scales = np.where(halves < 0, e5m2[blocks[:, 1:2] & 127], e5m2[blocks[:, :1] & 127])
    return scales / 2 * halves.astype(np.float32)


def read_dint4(blocks):
    levels = np.array([-7, -6, -5, -4, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 5, 6], np.float32)
    return half_precision(blocks[:, :2]) * 2 * levels[nibbles(blocks[:, 2:])]


def read_sawb2(blocks):
    # [block][half][quarter][weight]
    codes = np.stack([blocks[:, :64].reshape(-1, 2, 32) >> shift & 3 for shift in (0, 2, 4, 6)], axis=2)
    return half_precision(blocks[:, 64:]) * (2 * codes.reshape(-1, 256).astype(np.float32) - 3)


OWN = {"AMXFP4": read_amxfp4, "DINT4": read_dint4, "SAWB2": read_sawb2}

writer = GGUFWriter(pathlib.Path(__file__).with_name("blocks.gguf"), "golden")
for kind in SCALES:
    blocks = random_blocks(kind)
    with np.errstate(all="ignore"):
        own = OWN.get(kind)
        floats = own(blocks.reshape(BLOCKS, -1)).reshape(1, -1) if own else dequantize(blocks, kind)
    name = kind if own else kind.name
    writer.add_tensor(f"{name}.blocks", blocks.view(np.int8))
    writer.add_tensor(f"{name}.floats", floats)

numbers = np.concatenate([
    random.normal(0, 0.1, (4, 32)), random.normal(0.3, 0.1, (1, 32)), random.uniform(-1e-6, 1e-6, (1, 32)),
    np.linspace(-8, 8, 32).reshape(1, 32), np.zeros((1, 32)), np.full((1, 32), -0.75), random.normal(0, 3e4, (1, 32)),
]).astype(np.float32)  # fmt: skip
writer.add_tensor("numbers", numbers.reshape(1, -1))
for kind in [Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0]:
    packed = quantize(numbers.reshape(1, -1), kind)
    writer.add_tensor(f"numbers.{kind.name}", packed.view(np.uint8).view(np.int8))

writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
