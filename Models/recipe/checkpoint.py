# SPDX-License-Identifier: Apache-2.0

"""Save and go on: a run may be stopped at any moment and started again."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import nn


def save(path: Path, modules: dict[str, nn.Module], optimizers, **progress) -> None:
    """Write weights, optimizer state and progress; the file is replaced at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "modules": {name: module.state_dict() for name, module in modules.items()},
        "optimizers": optimizers.state() if optimizers else None,
        "progress": progress,
    }
    draft = path.with_suffix(".draft")
    torch.save(content, draft)
    os.replace(draft, path)


def load(path: Path, modules: dict[str, nn.Module], optimizers=None) -> dict:
    """Read a checkpoint if there is one; returns its progress, or a fresh one."""
    if not path.exists():
        return {"step": 0}
    content = torch.load(path, weights_only=False)
    for name, module in modules.items():
        if name in content["modules"]:
            module.load_state_dict(content["modules"][name])
    if optimizers and content["optimizers"]:
        optimizers.load(content["optimizers"])
    return content["progress"]
