# SPDX-License-Identifier: Apache-2.0

"""From frames to the rows of numbers the vision tower takes."""

from __future__ import annotations

import numpy as np
import torch

MEAN = (0.48145466, 0.4578275, 0.40821073)
SPREAD = (0.26862954, 0.26130258, 0.27577711)


def to_patches(frames: np.ndarray, patch: int = 14) -> torch.Tensor:
    """Bytes [2 × pairs, side, side, 3] to rows [pairs, patches, 3 × 2 × patch²].

    Patches come in merge order; inside a row the order is colour, frame of
    the pair, line, column.
    """
    count, side = frames.shape[0], frames.shape[1]
    grid = side // patch
    x = torch.from_numpy(np.ascontiguousarray(frames)).float()
    mean, spread = torch.tensor(MEAN), torch.tensor(SPREAD)
    x = x.mul_(1 / (255 * spread)).sub_(mean / spread)
    x = x.view(count // 2, 2, grid // 2, 2, patch, grid // 2, 2, patch, 3)
    x = x.permute(0, 2, 5, 3, 6, 8, 1, 4, 7)
    return x.reshape(count // 2, grid * grid, -1)
