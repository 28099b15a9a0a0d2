# SPDX-License-Identifier: Apache-2.0

"""What both decoders of this folder are made of: Qwen2's layer, with parameter names of ``transformers``.

``model.py`` (the video model) and ``coder/decoder.py`` differ in who attends to whom and in the matrices: the coder's
take adapters. A ``shape`` here is either one's ``Shape``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def rotate_half(x: Tensor) -> Tensor:
    """Rotates each RoPE pair (i, i + n/2) by 90°."""
    low, high = x.chunk(2, -1)
    return torch.cat((-high, low), -1)


def rope_frequencies(base: float, head: int) -> Tensor:
    """Radians per position of each RoPE pair, ``[head / 2]``."""
    return 1 / base ** (torch.arange(0, head, 2).float() / head)


class RootMeanSquareNorm(nn.Module):
    """RMSNorm with a weight for each channel."""

    def __init__(self, hidden_size: int, epsilon: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.epsilon)


class GroupedAttention(nn.Module):
    """The projections of grouped-query attention. Subclasses say who attends to whom, in ``forward``."""

    def __init__(self, shape, linear: type[nn.Linear] = nn.Linear):
        super().__init__()
        self.shape = shape
        narrow = shape.key_heads * shape.head
        self.q_proj = linear(shape.hidden_size, shape.hidden_size)
        self.k_proj = linear(shape.hidden_size, narrow)
        self.v_proj = linear(shape.hidden_size, narrow)
        self.o_proj = linear(shape.hidden_size, shape.hidden_size, bias=False)

    def project(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values ``[batch, heads, tokens, head]`` of ``[batch, tokens, hidden_size]``, rotated by
        RoPE."""

        def split(flat: Tensor) -> Tensor:
            return flat.view(*flat.shape[:2], -1, self.shape.head).transpose(1, 2)

        query, key, value = split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x))
        return query * cos + rotate_half(query) * sin, key * cos + rotate_half(key) * sin, value

    def join(self, mixed: Tensor) -> Tensor:
        """The output ``[batch, tokens, hidden_size]`` of mixed values ``[batch, heads, tokens, head]``."""
        return self.o_proj(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """SwiGLU."""

    def __init__(self, shape, linear: type[nn.Linear] = nn.Linear):
        super().__init__()
        self.gate_proj = linear(shape.hidden_size, shape.intermediate_size, bias=False)
        self.up_proj = linear(shape.hidden_size, shape.intermediate_size, bias=False)
        self.down_proj = linear(shape.intermediate_size, shape.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nn.Module):
    """Attention and a feed-forward part, each behind a norm and added to its input."""

    def __init__(self, shape, attention: type[GroupedAttention], linear: type[nn.Linear] = nn.Linear):
        super().__init__()
        self.input_layernorm = RootMeanSquareNorm(shape.hidden_size, shape.epsilon)
        self.self_attn = attention(shape, linear)
        self.post_attention_layernorm = RootMeanSquareNorm(shape.hidden_size, shape.epsilon)
        self.mlp = FeedForward(shape, linear)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, *seen) -> Tensor:
        """``seen`` is what the attention's ``forward`` takes beside these."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, *seen)
        return x + self.mlp(self.post_attention_layernorm(x))
