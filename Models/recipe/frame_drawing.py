# SPDX-License-Identifier: Apache-2.0

"""Frames of a story: backgrounds, things, light and a camera's flaws."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from .sprites import sprite
from .world import Story

#: Side of the frames that the model sees.
SIDE = 112

#: Colour gain of each time of day.
LIGHT = {"day": (1.0, 1.0, 1.0), "evening": (0.84, 0.62, 0.46), "night": (0.33, 0.37, 0.5)}


class Scenery:
    """A drawn background, the light on it, and the camera's noise."""

    def __init__(self, rng: np.random.Generator, story: Story, side: int = SIDE):
        self.side = side
        self.background = draw_background(rng, story.scene, side)
        shade = rng.uniform(0.85, 1.12) * rng.uniform(0.96, 1.04, 3)
        self.gain = np.array(LIGHT[story.time], np.float32) * shade.astype(np.float32)
        self.drift = float(rng.uniform(0, 0.05))
        self.rhythm = float(rng.uniform(0.05, 0.6))
        self.noise = float(rng.uniform(0, 3.0))
        self.blur = float(rng.uniform(0, 0.25)) if rng.random() < 0.7 else 0.0

    def light(self, time: float) -> np.ndarray:
        """Colour gain at a moment; it drifts slowly."""
        return self.gain * np.float32(1 + self.drift * np.sin(self.rhythm * time))


def draw_background(rng: np.random.Generator, scene: str, side: int) -> np.ndarray:
    """A street, a yard or a porch, drawn again for each clip."""
    unit = side / 112

    def colour(base: tuple[int, int, int], spread: float = 18) -> tuple[int, ...]:
        return tuple(int(v) for v in np.clip(np.array(base) + rng.uniform(-spread, spread, 3), 0, 255))

    def px(value: float) -> int:
        return int(round(value * unit))

    def fade(top: int, bottom: int, first: tuple[int, ...], second: tuple[int, ...]) -> None:
        rows = np.linspace(0, 1, max(1, bottom - top))[:, None, None]
        canvas[top:bottom] = np.array(first) * (1 - rows) + np.array(second) * rows

    canvas = np.zeros((side, side, 3), np.float32)
    horizon = px(rng.uniform(40, 62))
    if scene == "street":
        fade(0, horizon, colour((150, 188, 232)), colour((205, 216, 228)))
        fade(horizon, side, colour((122, 122, 124)), colour((86, 86, 92)))
    elif scene == "yard":
        fade(0, horizon, colour((158, 200, 240)), colour((208, 226, 240)))
        fade(horizon, side, colour((112, 166, 82)), colour((76, 132, 62)))
    else:
        wall = colour((206, 186, 160), 22)
        fade(0, px(86), wall, wall)
        fade(px(86), side, colour((168, 148, 128)), colour((140, 120, 104)))
    image = Image.fromarray(canvas.astype(np.uint8))
    pen = ImageDraw.Draw(image)
    if scene == "street":
        for _ in range(rng.integers(0, 4)):
            left, width = rng.uniform(0, 92), rng.uniform(14, 32)
            top = rng.uniform(4, 26)
            pen.rectangle((px(left), px(top), px(left + width), horizon - 1), fill=colour((152, 114, 98), 30))
        line = rng.uniform(horizon / unit + 8, 102)
        pen.rectangle((0, px(line), side, px(line + 2.5)), fill=colour((224, 222, 212), 8))
    elif scene == "yard":
        if rng.random() < 0.7:
            tall, step = rng.uniform(8, 16), rng.uniform(8, 14)
            paint = colour((190, 170, 142), 8)
            for left in np.arange(rng.uniform(0, step), 112, step):
                pen.rectangle((px(left), horizon - px(tall), px(left + 3.5), horizon + px(3)), fill=paint)
        if rng.random() < 0.5:
            left, size = rng.uniform(0, 90), rng.uniform(10, 20)
            pen.ellipse((px(left), horizon - px(size), px(left + size), horizon + px(2)), fill=colour((60, 120, 60)))
    else:
        line = tuple(int(v * 0.84) for v in wall)
        for top in np.arange(rng.uniform(0, 8), 86, rng.uniform(8, 15)):
            pen.rectangle((0, px(top), side, px(top + 0.8)), fill=line)
        left, width = rng.uniform(6, 70), rng.uniform(24, 36)
        pen.rectangle((px(left), px(8), px(left + width), px(86)), fill=colour((122, 74, 50), 24))
        pen.ellipse((px(left + width - 7), px(48), px(left + width - 3.5), px(51.5)), fill=(220, 214, 190))
    return np.asarray(image, np.float32)


def draw(story: Story, scenery: Scenery, time: float, rng: np.random.Generator) -> np.ndarray:
    """The frame at a moment, side × side × 3 bytes."""
    side = scenery.side
    frame = scenery.background.copy()
    visit = story.visit_at(time)
    if visit is not None:
        place_thing(frame, visit, time)
    frame *= scenery.light(time)
    if scenery.blur:
        soft = frame[:, :-2] + frame[:, 2:]
        soft -= 2 * frame[:, 1:-1]
        frame[:, 1:-1] += soft * np.float32(scenery.blur / (1 + 2 * scenery.blur))
    frame += grain(rng, side) * np.float32(scenery.noise)
    frame += 0.5
    return np.clip(frame, 0, 255, out=frame).astype(np.uint8)


@lru_cache(maxsize=4)
def grain_stock(side: int) -> np.ndarray:
    """A large sheet of noise to cut frames' noise from."""
    rng = np.random.default_rng(7)
    return rng.normal(0, 1, (4 * side, 4 * side, 1)).astype(np.float32)


def grain(rng: np.random.Generator, side: int) -> np.ndarray:
    """A random piece of the noise sheet."""
    top, left = rng.integers(0, 3 * side, 2)
    return grain_stock(side)[top : top + side, left : left + side]


def place_thing(frame: np.ndarray, visit, time: float) -> None:
    """Blend the visiting thing into a frame, in place."""
    side = frame.shape[0]
    phases = 4 if side <= 2 * SIDE else 1
    colours, rest = sprite(
        visit.thing,
        visit.variant,
        round(visit.size * side),
        visit.heading(time) > 0,
        0,
        phases,
    )
    left = visit.place(time) * side - colours.shape[1] / 2
    whole = int(np.floor(left))
    phase = int((left - whole) * phases)
    if phase:
        colours, rest = sprite(
            visit.thing, visit.variant, round(visit.size * side), visit.heading(time) > 0, phase, phases
        )
    height, width = colours.shape[:2]
    top = int(round(visit.base * side)) - height
    x0, x1 = max(0, whole), min(side, whole + width)
    y0, y1 = max(0, top), min(side, top + height)
    if x0 >= x1 or y0 >= y1:
        return
    part = (slice(y0 - top, y1 - top), slice(x0 - whole, x1 - whole))
    target = frame[y0:y1, x0:x1]
    target *= rest[part]
    target += colours[part]
