# SPDX-License-Identifier: Apache-2.0

"""Write the things' images for edgeassist's own streams: Assets/things.png.

    python -m recipe.make_thing_sheet ../Assets/things.png

One cell for each thing and variant, in the order of ``sprites.GLYPHS``, in
lines of six. The upper half of the image holds the colours, the lower half
the coverage as grey, since the program reads images without transparency.
The glyphs are those of Noto Color Emoji (SIL Open Font License 1.1).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from .sprites import GLYPHS, glyph

#: Width and height of a cell, and cells in a line.
CELL = (136, 128)
COLUMNS = 6


def sheet() -> Image.Image:
    """All glyphs, each in the upper left of its cell."""
    glyphs = [glyph(thing, variant) for thing in GLYPHS for variant in range(len(GLYPHS[thing]))]
    lines = -(-len(glyphs) // COLUMNS)
    width, height = CELL
    values = np.zeros((2, lines * height, COLUMNS * width, 3), np.uint8)
    for index, image in enumerate(glyphs):
        line, column = divmod(index, COLUMNS)
        pixels = np.asarray(image)
        rows = slice(line * height, line * height + pixels.shape[0])
        columns = slice(column * width, column * width + pixels.shape[1])
        cover = pixels[..., 3:]
        values[0, rows, columns] = np.where(cover > 0, pixels[..., :3], 0)
        values[1, rows, columns] = cover
    return Image.fromarray(values.reshape(-1, COLUMNS * width, 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    sheet().save(parser.parse_args().out, optimize=True)


if __name__ == "__main__":
    main()
