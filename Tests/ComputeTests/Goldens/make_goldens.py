#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Makes blocks.gguf: what the gguf package reads from random blocks of every type, and writes for given floats.

Reference: gguf 0.19.0 (PyPI), numpy 2. Run here: python make_goldens.py

For each block format TYPE: TYPE.blocks (raw bytes), TYPE.floats (what `dequantize` makes of them). Their bytes are
random but for scales that are made to be ordinary, zero, below the normal range, largest, infinite and not a number.
For each format that `quantize` writes: numbers.TYPE, which it makes of `numbers`.
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
    Type.MXFP4: [],
}  # fmt: skip
BYTES = {
    Type.Q4_0: 18, Type.Q4_1: 20, Type.Q5_0: 22, Type.Q5_1: 24, Type.Q8_0: 34, Type.IQ4_NL: 18, Type.Q2_K: 84,
    Type.Q3_K: 110, Type.Q4_K: 144, Type.Q5_K: 176, Type.Q6_K: 210, Type.IQ4_XS: 136, Type.MXFP4: 17,
}  # fmt: skip
EDGES = [0.0, -0.0, 6e-8, -3e-5, 65504.0, -65504.0, np.inf, np.nan]
BLOCKS = 12


def random_blocks(kind):
    blocks = random.integers(0, 256, (BLOCKS, BYTES[kind]), dtype=np.uint8)
    for row, block in enumerate(blocks):
        for place in SCALES[kind]:
            scale = EDGES[row - 4] if row >= 4 else random.normal(0, 0.1)
            block[place : place + 2] = np.array([scale], np.float16).view(np.uint8)
    if kind == Type.MXFP4:
        blocks[:6, 0] = [0, 1, 2, 127, 254, 255]
    return blocks.reshape(1, -1)


writer = GGUFWriter(pathlib.Path(__file__).with_name("blocks.gguf"), "golden")
for kind in SCALES:
    blocks = random_blocks(kind)
    with np.errstate(all="ignore"):
        floats = dequantize(blocks, kind)
    writer.add_tensor(f"{kind.name}.blocks", blocks.view(np.int8))
    writer.add_tensor(f"{kind.name}.floats", floats)

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
