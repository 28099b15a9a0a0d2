# SPDX-License-Identifier: Apache-2.0

"""How large a step is taken when: a short rise, a long level, a linear fall."""

from __future__ import annotations


def rate(step: int, steps: int, top: float, rise: int = 50, fall: float = 0.4) -> float:
    """Learning rate of one step; ``fall`` is the share of steps spent falling."""
    left = max(0.0, (steps - step) / max(1.0, fall * steps))
    return top * min(1.0, (step + 1) / rise, 0.01 + 0.99 * left)
