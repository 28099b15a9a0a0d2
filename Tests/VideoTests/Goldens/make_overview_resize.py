# SPDX-License-Identifier: Apache-2.0

"""Writes overview_resize.csv: sizes before and after MiniCPM-V 4.6's processor resizes the overview of a frame.

Run with transformers 5.23: python make_overview_resize.py
"""

import ast
import math
import random
from pathlib import Path
from types import SimpleNamespace

import transformers

# The functions are taken out of their module's source, because the module as a whole wants torchvision.
source = Path(transformers.__file__).parent / "models/minicpmv4_6/image_processing_minicpmv4_6.py"
tree = ast.parse(source.read_text())
methods = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("ImageProcessor"))
wanted = {"ensure_divide", "find_best_resize", "get_sliced_grid"}
tree.body = [node for node in tree.body + methods.body if isinstance(node, ast.FunctionDef) and node.name in wanted]
exec(compile(tree, source, "exec"))

random.seed(56)
sizes = [(1, 1), (7680, 4320), (4320, 7680), (448, 448), (112, 112), (1920, 1080), (1280, 720), (640, 480), (200, 1),
         (1, 200), (5600, 28), (37, 23), (504, 392), (449, 448), (616, 616)]
sizes += [(random.randint(1, 4000), random.randint(20, 4000)) for _ in range(100)]

with open(Path(__file__).with_name("overview_resize.csv"), "w") as out:
    out.write(f"# transformers {transformers.__version__}: width,height,multiple of sides,width after,height after\n")
    for width, height in sizes:
        if max(width, height) / min(width, height) > 200:
            continue
        for mode, multiple in [("16x", 56), ("4x", 28)]:
            grid = get_sliced_grid(SimpleNamespace(), (height, width), 9, 448)
            rows, columns = find_best_resize(
                SimpleNamespace(), (height, width), 448, 14, mode, allow_upscale=grid is None)
            out.write(f"{width},{height},{multiple},{columns},{rows}\n")
