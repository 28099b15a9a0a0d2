# SPDX-License-Identifier: Apache-2.0

"""The optimizer: orthogonalised momentum for matrices, AdamW for the rest.

The update of a hidden weight matrix is its momentum with all singular values
brought near one (Muon). A small model learns in clearly fewer steps that way.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def orthogonal(matrix: Tensor, rounds: int = 5, kind: torch.dtype = torch.float32) -> Tensor:
    """Bring all singular values near one by a quintic Newton-Schulz iteration, in numbers of the given kind."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = (matrix / (matrix.norm() + 1e-7)).to(kind)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    for _ in range(rounds):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if tall else x).to(matrix.dtype)


class Matrices(torch.optim.Optimizer):
    """Momentum, orthogonalised; the step has the size AdamW's would have."""

    def __init__(
        self, parameters, lr: float, momentum: float = 0.95, decay: float = 0.02, kind: torch.dtype = torch.float32
    ):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": decay})
        self.kind = kind

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if "speed" not in state:
                    state["speed"] = torch.zeros_like(weight)
                speed = state["speed"]
                speed.lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(speed, group["momentum"])
                size = 0.2 * max(weight.shape) ** 0.5
                weight.mul_(1 - group["lr"] * group["decay"])
                weight.add_(orthogonal(ahead, kind=self.kind), alpha=-group["lr"] * size)


class Optimizers:
    """Both optimizers behind one interface."""

    def __init__(self, modules: dict[str, nn.Module], lr: float, kind: torch.dtype = torch.float32):
        matrices, others = [], []
        for module in modules.values():
            for name, weight in module.named_parameters():
                hidden = weight.dim() == 2 and "embed_tokens" not in name and "head" not in name
                (matrices if hidden else others).append(weight)
        self.all = [*matrices, *others]
        self.parts: list[torch.optim.Optimizer] = [Matrices(matrices, lr, kind=kind)]
        if others:
            self.parts.append(torch.optim.AdamW(others, lr=lr, betas=(0.9, 0.97), weight_decay=0.0))

    def step(self, loss: Tensor, lr: float, clip: float = 1.0) -> float:
        """One update; returns the gradient's norm before clipping."""
        for part in self.parts:
            part.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.all, clip)
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = lr
            part.step()
        return float(norm)

    def state(self) -> list:
        return [part.state_dict() for part in self.parts]

    def load(self, state: list) -> None:
        for part, saved in zip(self.parts, state):
            part.load_state_dict(saved)
