# SPDX-License-Identifier: Apache-2.0

"""Qwen2-VL in plain PyTorch, small, with the same parameter names and numbers
as the model of that name in ``transformers``.

It differs in how it is called: the vision tower takes ready patches, and the
decoder takes one shared beginning (system prompt and video) followed by many
independent conversations about it, so that a clip's tokens are computed once
for all of its questions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .decoder_parts import DecoderLayer, GroupedAttention, RootMeanSquareNorm, rope_frequencies, rotate_half


@dataclass(frozen=True)
class Shape:
    """Sizes of the model."""

    vocabulary: int = 1024
    hidden_size: int = 256
    layers: int = 6
    heads: int = 4
    key_heads: int = 2
    intermediate_size: int = 512
    rope_base: float = 10_000.0
    rope_sections: tuple[int, int, int] = (8, 12, 12)
    epsilon: float = 1e-6
    vision_hidden_size: int = 128
    vision_layers: int = 4
    vision_heads: int = 4
    vision_ratio: int = 4
    side: int = 112
    patch: int = 14

    @property
    def head(self) -> int:
        return self.hidden_size // self.heads

    @property
    def grid(self) -> int:
        """Patches along one side of a frame."""
        return self.side // self.patch

    @property
    def tokens(self) -> int:
        """Merged vision tokens of one temporal patch (a pair of frames)."""
        return (self.grid // 2) ** 2


# --- vision tower ----------------------------------------------------------------


class VisionBlock(nn.Module):
    """Attention among the patches of one pair, then a feed-forward part."""

    def __init__(self, shape: Shape):
        super().__init__()
        hidden_size, intermediate_size = shape.vision_hidden_size, shape.vision_hidden_size * shape.vision_ratio
        self.heads = shape.vision_heads
        self.norm1 = nn.LayerNorm(hidden_size, eps=1e-6)
        self.norm2 = nn.LayerNorm(hidden_size, eps=1e-6)
        self.attn = nn.ModuleDict(
            {"qkv": nn.Linear(hidden_size, 3 * hidden_size), "proj": nn.Linear(hidden_size, hidden_size)}
        )
        self.mlp = nn.ModuleDict(
            {"fc1": nn.Linear(hidden_size, intermediate_size), "fc2": nn.Linear(intermediate_size, hidden_size)}
        )

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        pairs, patches, hidden_size = x.shape
        qkv = self.attn["qkv"](self.norm1(x)).view(pairs, patches, 3, self.heads, -1)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        query = query * cos + rotate_half(query) * sin
        key = key * cos + rotate_half(key) * sin
        mixed = F.scaled_dot_product_attention(query, key, value)
        x = x + self.attn["proj"](mixed.transpose(1, 2).reshape(pairs, patches, hidden_size))
        hidden = self.mlp["fc1"](self.norm2(x))
        return x + self.mlp["fc2"](hidden * torch.sigmoid(1.702 * hidden))


class PatchEmbedding(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.proj = nn.Linear(3 * 2 * shape.patch**2, shape.vision_hidden_size, bias=False)


class Merger(nn.Module):
    """Two by two neighbouring patches become one token of the decoder's hidden size."""

    def __init__(self, shape: Shape):
        super().__init__()
        wide = 4 * shape.vision_hidden_size
        self.ln_q = nn.LayerNorm(shape.vision_hidden_size, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(wide, wide), nn.GELU(), nn.Linear(wide, shape.hidden_size))


class VisionTower(nn.Module):
    """Patches of temporal patches (pairs of frames) [pairs, patches, values] to tokens [pairs, tokens, hidden_size]."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.patch_embed = PatchEmbedding(shape)
        self.blocks = nn.ModuleList([VisionBlock(shape) for _ in range(shape.vision_layers)])
        self.merger = Merger(shape)
        self.tokens = shape.tokens
        head = shape.vision_hidden_size // shape.vision_heads
        speeds = 1 / 10_000 ** (torch.arange(0, head // 2, 2).float() / (head // 2))
        rows, columns = merge_order(shape.grid)
        angles = torch.cat([rows[:, None] * speeds, columns[:, None] * speeds], -1)
        angles = torch.cat([angles, angles], -1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, patches: Tensor) -> Tensor:
        x = self.patch_embed.proj(patches)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return self.merger.mlp(self.merger.ln_q(x).reshape(len(x), self.tokens, -1))


def merge_order(grid: int) -> tuple[Tensor, Tensor]:
    """Row and column of each patch, in the order that puts merged ones side by side."""
    rows, columns = torch.meshgrid(torch.arange(grid), torch.arange(grid), indexing="ij")

    def order(index: Tensor) -> Tensor:
        return index.reshape(grid // 2, 2, grid // 2, 2).transpose(1, 2).reshape(-1)

    return order(rows), order(columns)


# --- decoder ---------------------------------------------------------------------


@dataclass
class Layout:
    """How a flat row of tokens splits into a shared beginning and its branches.

    Each clip has ``start`` tokens of beginning (the first ``valid`` of them
    real) and ``branches`` conversations of ``length`` tokens.
    """

    clips: int
    start: int
    branches: int
    length: int
    #: Added to scores of branch queries on beginning keys [clips, 1 or key heads, 1, start].
    mask: Tensor


class Attention(GroupedAttention):
    """Grouped-query attention over a beginning and its branches."""

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, layout: Layout) -> Tensor:
        query, key, value = self.project(x, cos, sin)
        start = layout.start
        first = F.scaled_dot_product_attention(
            query[:, :, :start], key[:, :, :start], value[:, :, :start], is_causal=True, enable_gqa=True
        )
        if not layout.branches:
            mixed = first
        else:
            rest = self.branch_attention(query, key, value, layout)
            mixed = torch.cat([first, rest], 2)
        return self.join(mixed)

    def branch_attention(self, query: Tensor, key: Tensor, value: Tensor, layout: Layout) -> Tensor:
        """Each branch sees the beginning and, causally, itself."""
        shape, start = self.shape, layout.start
        clips, branches, length = layout.clips, layout.branches, layout.length
        group, head = shape.heads // shape.key_heads, shape.head
        # Dimensions from here on: clip, key head, group, branch, place, value.
        own = (clips, shape.key_heads, branches, length, head)
        q = query[:, :, start:].reshape(clips, shape.key_heads, group, branches, length, head)
        q = q * head**-0.5
        own_key, own_value = key[:, :, start:].reshape(own), value[:, :, start:].reshape(own)

        flat = q.reshape(clips, shape.key_heads, group * branches * length, head)
        to_start = flat @ key[:, :, :start].transpose(-1, -2) + layout.mask
        to_start = to_start.view(clips, shape.key_heads, group, branches, length, start)
        to_own = torch.einsum("ckgbld,ckbmd->ckgblm", q, own_key)
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        to_own = to_own.masked_fill(later, -1e9)
        weight = torch.cat([to_start, to_own], -1).softmax(-1)
        weight_start, weight_own = weight.split([start, length], -1)
        mixed = weight_start.reshape(clips, shape.key_heads, -1, start) @ value[:, :, :start]
        mixed = mixed.view(q.shape) + torch.einsum("ckgblm,ckbmd->ckgbld", weight_own, own_value)
        return mixed.reshape(clips, shape.heads, branches * length, head)


class Decoder(nn.Module):
    """Token embeddings, layers and the tied output."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden_size)
        self.layers = nn.ModuleList([DecoderLayer(shape, Attention) for _ in range(shape.layers)])
        self.norm = RootMeanSquareNorm(shape.hidden_size, shape.epsilon)
        self.register_buffer("speeds", rope_frequencies(shape.rope_base, shape.head), persistent=False)

    def rotation(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines for positions [3, clips, count] of time, row, column."""
        angles = positions[..., None].float() * self.speeds
        parts = angles.split(self.shape.rope_sections, -1)
        mixed = torch.cat([part[axis] for axis, part in enumerate(parts)], -1)
        mixed = torch.cat([mixed, mixed], -1)[:, None]
        return mixed.cos(), mixed.sin()

    def forward(
        self, x: Tensor, positions: Tensor, layout: Layout, taps: tuple[int, ...] = ()
    ) -> tuple[Tensor, list[Tensor]]:
        """Final hidden states, and those after as many layers as ``taps`` say.

        Without branches nothing follows the first tap, so the rest is left out.
        """
        cos, sin = self.rotation(positions)
        tapped = []
        for index, layer in enumerate(self.layers):
            x = layer(x, cos, sin, layout)
            if index + 1 in taps:
                tapped.append(x)
                if not layout.branches:
                    break
        return self.norm(x), tapped

    def words(self, hidden: Tensor) -> Tensor:
        """Scores of all tokens."""
        return F.linear(hidden, self.embed_tokens.weight)


class TinyQwen2VL(nn.Module):
    """Vision tower and decoder together."""

    def __init__(self, shape: Shape = Shape(), seed: int = 0):
        super().__init__()
        self.shape = shape
        self.visual = VisionTower(shape)
        self.language_model = Decoder(shape)
        draw_weights(self, seed)


def draw_weights(model: TinyQwen2VL, seed: int) -> None:
    """Initial weights: small last projections, plain normal numbers elsewhere."""
    generator = torch.Generator().manual_seed(seed)
    last = ("o_proj.weight", "down_proj.weight", "attn.proj.weight", "fc2.weight")
    for name, value in model.named_parameters():
        if name.endswith("embed_tokens.weight"):
            nn.init.normal_(value, std=1 / math.sqrt(value.shape[1]), generator=generator)
        elif value.dim() > 1:
            std = 0.7 / math.sqrt(value.shape[1])
            if name.endswith(last):
                std /= math.sqrt(2 * model.shape.layers)
            nn.init.normal_(value, std=std, generator=generator)
        elif name.endswith("bias"):
            nn.init.zeros_(value)
