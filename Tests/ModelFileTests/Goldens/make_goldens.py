#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Makes everything.gguf: one metadata entry of every type and tensors of several types.

Reference: gguf 0.19.0 (PyPI), numpy 2. Run here: python make_goldens.py
What the file must read as is written out in GoldenFileTests.swift, by hand from this script.
"""
import pathlib

import numpy as np
from gguf import GGMLQuantizationType, GGUFValueType, GGUFWriter
from gguf.quants import quantize

writer = GGUFWriter(pathlib.Path(__file__).with_name("everything.gguf"), "golden")
writer.add_custom_alignment(64)
writer.add_uint8("type.uint8", 200)
writer.add_int8("type.int8", -100)
writer.add_uint16("type.uint16", 60000)
writer.add_int16("type.int16", -30000)
writer.add_uint32("type.uint32", 4_000_000_000)
writer.add_int32("type.int32", -2_000_000_000)
writer.add_uint64("type.uint64", 18_000_000_000_000_000_000)
writer.add_int64("type.int64", -9_000_000_000_000_000_000)
writer.add_float32("type.float32", 0.5)
writer.add_float64("type.float64", 0.1)
writer.add_bool("type.bool", True)
writer.add_string("type.string", "größer, 大きい")
writer.add_array("array.strings", ["Ġthe", "", "猫 sat"])
writer.add_array("array.int32", [3, -1, 4])
writer.add_array("array.float32", [0.25, -8.0])
writer.add_array("array.bool", [True, False, True])
writer.add_key_value("array.uint16", [1, 65535], GGUFValueType.ARRAY, sub_type=GGUFValueType.UINT16)
writer.add_key_value("array.uint64", [2**63, 7], GGUFValueType.ARRAY, sub_type=GGUFValueType.UINT64)

ramp = np.arange(128, dtype=np.float32).reshape(2, 64) - 40
writer.add_tensor("ramp.f32", ramp)
writer.add_tensor("ramp.f16", ramp.astype(np.float16))
for name, kind in [("q8_0", GGMLQuantizationType.Q8_0), ("q4_0", GGMLQuantizationType.Q4_0)]:
    writer.add_tensor(f"ramp.{name}", quantize(ramp, kind), raw_dtype=kind)
writer.add_tensor("blocks.q6_k", np.arange(210, dtype=np.uint8).reshape(1, 210), raw_dtype=GGMLQuantizationType.Q6_K)
writer.add_tensor("patch", np.arange(2 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 2, 2))

writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
