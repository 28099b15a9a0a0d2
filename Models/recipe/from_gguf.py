# SPDX-License-Identifier: Apache-2.0

"""Weights and tokenizer back from the GGUF pair, to train on where it was left.

The decoder's matrices come back as exactly as they were stored: in Q8_0 with an
error of about half a percent of a block's largest weight.

    python -m recipe.from_gguf edgeassist-tiny-Q8_0.gguf mmproj-edgeassist-tiny-F16.gguf build
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader, TokenType, quants
from tokenizers import Tokenizer

from .checkpoint import save
from .model import Shape, TinyQwen2VL
from .tokenizer import byte_level_tokenizer

#: Names of a decoder layer's parts, theirs in the file by ours.
DECODER_PARTS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}

#: The same for a block of the vision tower, but for its queries, keys and values.
VISION_PARTS = {"norm1": "ln1", "norm2": "ln2", "attn.proj": "attn_out", "mlp.fc1": "ffn_up", "mlp.fc2": "ffn_down"}


def tensors_of(path: Path) -> dict[str, torch.Tensor]:
    """All tensors of a file by name, in single precision."""
    return {
        tensor.name: torch.from_numpy(np.array(quants.dequantize(tensor.data, tensor.tensor_type), np.float32))
        for tensor in GGUFReader(path).tensors
    }


def decoder_state(tensors: dict[str, torch.Tensor], layers: int) -> dict[str, torch.Tensor]:
    """The decoder's parameters under this recipe's names."""
    state = {"embed_tokens.weight": tensors["token_embd.weight"], "norm.weight": tensors["output_norm.weight"]}
    for layer in range(layers):
        for ours, theirs in DECODER_PARTS.items():
            for part in ("weight", "bias"):
                name = f"blk.{layer}.{theirs}.{part}"
                if name in tensors:
                    state[f"layers.{layer}.{ours}.{part}"] = tensors[name]
    return state


def vision_state(tensors: dict[str, torch.Tensor], shape: Shape) -> dict[str, torch.Tensor]:
    """The tower's parameters under this recipe's names."""
    halves = [tensors[f"v.patch_embd.weight{end}"] for end in ("", ".1")]
    state = {"patch_embed.proj.weight": torch.stack(halves, 2).flatten(1)}
    for part in ("weight", "bias"):
        state[f"merger.ln_q.{part}"] = tensors[f"v.post_ln.{part}"]
        for index in (0, 2):
            state[f"merger.mlp.{index}.{part}"] = tensors[f"mm.{index}.{part}"]
        for block in range(shape.vision_layers):
            here, there = f"blocks.{block}.", f"v.blk.{block}."
            thirds = [tensors[f"{there}attn_{letter}.{part}"] for letter in "qkv"]
            state[f"{here}attn.qkv.{part}"] = torch.cat(thirds)
            for ours, theirs in VISION_PARTS.items():
                state[f"{here}{ours}.{part}"] = tensors[f"{there}{theirs}.{part}"]
    return state


def tokenizer_of(path: Path) -> Tokenizer:
    """The byte-level BPE tokenizer that a language model's file carries."""
    fields = GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    vocabulary = {token: index for index, (token, kind) in enumerate(zip(tokens, kinds)) if kind == TokenType.NORMAL}
    special = [token for token, kind in zip(tokens, kinds) if kind == TokenType.CONTROL]
    tokenizer = byte_level_tokenizer(vocabulary, merges)
    tokenizer.add_special_tokens(special)
    wrong = [token for token in special if tokenizer.token_to_id(token) != tokens.index(token)]
    if wrong:
        raise ValueError(f"{path}: special tokens are not where a tokenizer would put them: {wrong}")
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("language", type=Path, help="language model")
    parser.add_argument("vision", type=Path, help="vision tower")
    parser.add_argument("out", type=Path, help="folder for vision.pt, clips.pt and tokenizer.json")
    options = parser.parse_args()
    shape = Shape()
    model = TinyQwen2VL(shape)
    model.language_model.load_state_dict(decoder_state(tensors_of(options.language), shape.layers))
    model.visual.load_state_dict(vision_state(tensors_of(options.vision), shape))
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer_of(options.language).save(str(options.out / "tokenizer.json"))
    save(options.out / "vision.pt", {"visual": model.visual}, None, step=0)
    save(options.out / "clips.pt", {"language_model": model.language_model}, None, step=0, readings=False)


if __name__ == "__main__":
    main()
