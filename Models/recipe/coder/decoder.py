# SPDX-License-Identifier: Apache-2.0

"""Qwen2's decoder in plain PyTorch, small, with parameter names of ``transformers``, and low-rank updates beside it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..decoder_parts import DecoderLayer, GroupedAttention, RootMeanSquareNorm, rope_frequencies


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 896
    hidden_size: int = 256
    layers: int = 6
    heads: int = 4
    key_heads: int = 2
    intermediate_size: int = 512
    rope_base: float = 10_000.0
    epsilon: float = 1e-6
    context_length: int = 1024

    @property
    def head(self) -> int:
        return self.hidden_size // self.heads


class Linear(nn.Linear):
    """A matrix, with ``scale · up · (down · x)`` added where an adapter is in use (arXiv 2106.09685)."""

    scale = 1.0

    def __init__(self, inputs: int, outputs: int, bias: bool = True):
        super().__init__(inputs, outputs, bias=bias)
        self.register_parameter("down", None)
        self.register_parameter("up", None)

    def adapt(self, rank: int, alpha: float) -> None:
        self.down = nn.Parameter(torch.randn(rank, self.in_features) / self.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(self.out_features, rank))
        self.scale = alpha / rank
        self.weight.requires_grad_(False)
        if self.bias is not None:
            self.bias.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return y if self.down is None else y + self.scale * F.linear(F.linear(x, self.down), self.up)


class Attention(GroupedAttention):
    """Grouped-query attention under a mask, or causal without one; ``past`` keeps the keys and values so far."""

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None, past: list | None) -> Tensor:
        query, key, value = self.project(x, cos, sin)
        if past is not None:
            if past:
                key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
            past[:] = [key, value]
        groups = self.shape.heads // self.shape.key_heads
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
        return self.join(
            F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=mask is None)
        )


class Decoder(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden_size)
        self.layers = nn.ModuleList([DecoderLayer(shape, Attention, Linear) for _ in range(shape.layers)])
        self.norm = RootMeanSquareNorm(shape.hidden_size, shape.epsilon)
        angles = torch.arange(shape.context_length).float()[:, None] * rope_frequencies(shape.rope_base, shape.head)
        angles = torch.cat([angles, angles], -1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=0.02 if "embed" in name else 0.8 / weight.shape[1] ** 0.5)

    def hidden(
        self, tokens: Tensor, positions: Tensor | None = None, mask: Tensor | None = None, past: list | None = None
    ) -> Tensor:
        """The last layer's output after the norm, ``[batch, tokens, hidden_size]``."""
        if positions is None:
            cos, sin = self.cos[: tokens.shape[1]], self.sin[: tokens.shape[1]]
        else:
            cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        x = self.embed_tokens(tokens)
        for index, layer in enumerate(self.layers):
            x = layer(x, cos, sin, mask, None if past is None else past[index])
        return self.norm(x)

    def scores(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.embed_tokens.weight)

    # --- adapters ---------------------------------------------------------------------
    def adapt(self, rank: int, alpha: float) -> None:
        """Adds a fresh adapter to every matrix of the layers; only it learns from now on."""
        for weight in self.parameters():
            weight.requires_grad_(False)
        for module in self.modules():
            if isinstance(module, Linear):
                module.adapt(rank, alpha)

    def adapter(self) -> dict[str, Tensor]:
        return {name: weight.detach() for name, weight in self.named_parameters() if name.endswith((".down", ".up"))}

    @torch.no_grad()
    def put_on(self, adapter: dict[str, Tensor]) -> None:
        for name, weight in self.named_parameters():
            if name in adapter:
                weight.copy_(adapter[name])

    # --- writing ----------------------------------------------------------------------
    @torch.no_grad()
    def write(self, prompts: list[list[int]], end: int, limit: int) -> list[list[int]]:
        """The likeliest continuation of each prompt, up to ``end`` or ``limit`` tokens."""
        longest = max(map(len, prompts))
        batch = len(prompts)
        tokens = torch.zeros(batch, longest, dtype=torch.long)
        seen = torch.zeros(batch, longest, dtype=torch.bool)
        for row, prompt in enumerate(prompts):
            tokens[row, longest - len(prompt) :] = torch.tensor(prompt)
            seen[row, longest - len(prompt) :] = True
        positions = (seen.cumsum(1) - 1).clamp(min=0)
        causal = torch.ones(longest, longest, dtype=torch.bool).tril()
        # A padding row attends to itself, so that no row is without anything to attend to.
        mask = seen[:, None, None, :] & causal | torch.eye(longest, dtype=torch.bool)
        past: list = [[] for _ in self.layers]
        state = self.hidden(tokens, positions, mask, past)[:, -1]
        written: list[list[int]] = [[] for _ in prompts]
        open_rows = torch.arange(batch)
        position = positions[:, -1]
        for _ in range(limit):
            chosen = self.scores(state).argmax(-1)
            keep = []
            for place, row in enumerate(open_rows.tolist()):
                token = int(chosen[place])
                if token != end:
                    written[row].append(token)
                    keep.append(place)
            if not keep:
                break
            kept = torch.tensor(keep)
            if len(keep) < len(open_rows):
                open_rows, chosen, position, seen = open_rows[kept], chosen[kept], position[kept], seen[kept]
                past = [[part[kept] for part in layer] for layer in past]
            position = position + 1
            if int(position.max()) >= self.shape.context_length:
                break
            seen = torch.cat([seen, torch.ones(len(kept), 1, dtype=torch.bool)], 1)
            state = self.hidden(chosen[:, None], position[:, None], seen[:, None, None, :], past)[:, -1]
        return written
