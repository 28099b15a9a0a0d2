# SPDX-License-Identifier: Apache-2.0

"""The things that may come by, cut out of a colour emoji font.

Glyphs are taken from Noto Color Emoji (SIL Open Font License 1.1). Only the
images drawn from them are used; the font itself is not part of this
repository.
"""

from __future__ import annotations

import os
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT_PATH = os.environ.get(
    "EMOJI_FONT", "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
)

#: The only bitmap size the font holds.
FONT_SIZE = 109

#: Name of each thing and the glyphs that may stand for it.
GLYPHS = {
    "cat": ["\U0001f408"],
    "dog": ["\U0001f415", "\U0001f429"],
    "person": ["\U0001f6b6"],
    "bird": ["\U0001f426", "\U0001f54a"],
    "car": ["\U0001f697", "\U0001f699"],
    "bus": ["\U0001f68c"],
    "truck": ["\U0001f69a", "\U0001f69b"],
    "bicycle": ["\U0001f6b2"],
    "ball": ["\u26bd", "\U0001f3c0"],
    "package": ["\U0001f4e6"],
    "umbrella": ["\u2602", "\U0001f302"],
    "scooter": ["\U0001f6f4"],
}

THINGS = list(GLYPHS)


@lru_cache(maxsize=None)
def glyph(thing: str, variant: int) -> Image.Image:
    """The cropped image of one variant of a thing, facing left."""
    font = ImageFont.truetype(FONT_PATH, FONT_SIZE)
    canvas = Image.new("RGBA", (180, 180), (0, 0, 0, 0))
    pen = ImageDraw.Draw(canvas)
    pen.text((20, 20), GLYPHS[thing][variant], font=font, embedded_color=True)
    return canvas.crop(canvas.getbbox())


@lru_cache(maxsize=None)
def shape(thing: str, variant: int) -> tuple[float, float]:
    """Width and height of a glyph when its longer side is 1."""
    image = glyph(thing, variant)
    longest = max(image.size)
    return image.width / longest, image.height / longest


@lru_cache(maxsize=40_000)
def sprite(
    thing: str, variant: int, longest: int, facing_right: bool, phase: int, phases: int
) -> tuple[np.ndarray, np.ndarray]:
    """A sprite scaled to ``longest`` pixels and shifted right by ``phase/phases``.

    Returns the colours multiplied by the coverage, and the remaining share of
    the background, both as float32.
    """
    image = glyph(thing, variant)
    if facing_right:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    factor = longest / max(image.size)
    width = max(1, round(image.width * factor))
    height = max(1, round(image.height * factor))
    # Scale with a transparent margin of one pixel, so that a shift has room.
    wide = Image.new("RGBA", ((width + 2) * phases, height * phases), (0, 0, 0, 0))
    large = image.resize((width * phases, height * phases), Image.Resampling.LANCZOS)
    wide.paste(large, (phases + phase, 0))
    values = np.asarray(wide, np.float32)
    cover = values[..., 3:] / 255
    stacked = np.concatenate([values[..., :3] * cover, 1 - cover], -1)
    small = stacked.reshape(height, phases, width + 2, phases, 4).mean((1, 3))
    return np.ascontiguousarray(small[..., :3]), np.ascontiguousarray(small[..., 3:])
