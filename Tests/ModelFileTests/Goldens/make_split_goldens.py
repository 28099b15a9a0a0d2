#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Makes split-0000N-of-00003.gguf: one small model in three parts, laid out as llama.cpp's splitter does it.

Reference: gguf 0.19.0 (PyPI), numpy 2. Run here: python make_split_goldens.py
Part 1 holds the metadata and no tensors, parts 2 and 3 hold two tensors each. What they must read as is written out in
SplitFileTests.swift, by hand from this script.
"""
import pathlib

import numpy as np
from gguf import GGUFWriter

writer = GGUFWriter(
    pathlib.Path(__file__).with_name("split.gguf"), "golden", split_max_tensors=2, small_first_shard=True)
writer.add_string("general.name", "in three parts")
for index, name in enumerate(["first", "second", "third", "fourth"]):
    writer.add_tensor(name, np.arange(8, dtype=np.float32) + 10 * index)

writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
