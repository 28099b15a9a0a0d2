# SPDX-License-Identifier: Apache-2.0

"""Writes smart_resize.csv: sizes before and after Hugging Face transformers' smart_resize of Qwen2-VL.

Run with transformers 5.23 (or any version; the function has not changed): python make_smart_resize.py
"""

import ast
import math
import random
from pathlib import Path

import transformers

# The function is taken out of its module's source, because the module as a whole wants torchvision.
source = Path(transformers.__file__).parent / "models/qwen2_vl/image_processing_qwen2_vl.py"
tree = ast.parse(source.read_text())
tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "smart_resize"]
exec(compile(tree, source, "exec"))

random.seed(28)
bounds = [(56 * 56, 768 * 28 * 28), (56 * 56, 1280 * 28 * 28), (112 * 112, 112 * 112), (784, 12544), (100_000, 200_000)]
sizes = [(1, 1), (7680, 4320), (4320, 7680), (448, 448), (112, 112), (1920, 1080), (1280, 720), (640, 480), (28, 28),
         (14, 14), (42, 42), (70, 98), (126, 154), (13, 15), (200, 1), (1, 200), (5600, 28), (56, 11200), (37, 23)]
sizes += [(random.randint(1, 4000), random.randint(20, 4000)) for _ in range(60)]
# Sides half way between two multiples of 28, where rounding to even shows.
sizes += [(28 * a + 14, 28 * b + 14) for a in range(0, 8) for b in range(1, 5)]

with open(Path(__file__).with_name("smart_resize.csv"), "w") as out:
    out.write(f"# transformers {transformers.__version__}: width,height,minimum,maximum,width after,height after\n")
    for width, height in sizes:
        if max(width, height) / min(width, height) > 200:
            continue
        for least, most in bounds:
            rows, columns = smart_resize(height, width, 28, least, most)
            out.write(f"{width},{height},{least},{most},{columns},{rows}\n")
