# SPDX-License-Identifier: Apache-2.0

"""Check that the saved folder is the same function in ``transformers``.

Two comparisons: this recipe's own module against the folder loaded by
``Qwen2VLForConditionalGeneration``, on a clip with a conversation of several
turns; and the GGUF pair against the folder, tensor by tensor.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader, quants
from transformers import Qwen2VLForConditionalGeneration

from .batches import collate
from .clip_conversations import make_clip
from .clip_library import all_cells
from .export_gguf import load_weights
from .encode_clips import frames_of, timeline_of
from .patches import to_patches
from .to_hf import read_model
from .tokenizer import Words


@torch.no_grad()
def compare_logits(vision: Path, decoder: Path, folder: Path, words: Words) -> float:
    """Largest difference of logits.

    Positions are given: after a video, text goes on at one past the largest
    component so far, as Qwen2-VL was published. Recent ``transformers`` counts
    only rows and columns there, which would put text in the midst of the video.
    """
    model = read_model(vision, decoder)
    twin = Qwen2VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    timeline, rng = timeline_of(424242, visits=3)
    pairs = len(timeline.starts)
    frames = frames_of(timeline, rng)
    clip = make_clip(rng, words, timeline, pairs, all_cells(pairs), branches=1, turns=3)
    batch = collate(words, [clip])
    patches = to_patches(frames)
    decoder_part = model.language_model
    x = decoder_part.embed_tokens(batch.ids)
    x = x.masked_scatter(batch.video[..., None], model.visual(patches))
    ours = decoder_part.words(decoder_part(x, batch.positions, batch.layout)[0])
    theirs = twin(
        input_ids=batch.ids,
        attention_mask=torch.ones_like(batch.ids),
        pixel_values_videos=patches.flatten(0, 1),
        video_grid_thw=torch.tensor([[pairs, model.shape.grid, model.shape.grid]]),
        position_ids=batch.positions,
    ).logits
    difference = float((ours - theirs).abs().max())
    print(f"{batch.ids.shape[1]} tokens, logits up to {float(ours.abs().max()):.1f}, "
          f"largest difference {difference:.2e}")
    return difference


def compare_tensors(folder: Path, language: Path, vision: Path) -> float:
    """Largest relative difference of a GGUF tensor to the folder's weights."""
    weights = load_weights(folder)
    norms = {float(np.linalg.norm(value)) for value in weights.values()}
    norms |= {
        float(np.linalg.norm(part))
        for name, value in weights.items()
        if "qkv" in name
        for part in np.split(value, 3, axis=0)
    }
    patch = weights["visual.patch_embed.proj.weight"]
    norms |= {float(np.linalg.norm(patch[:, :, i])) for i in (0, 1)}
    known = np.array(sorted(norms))
    worst = 0.0
    for path in (language, vision):
        for tensor in GGUFReader(path).tensors:
            value = quants.dequantize(tensor.data, tensor.tensor_type)
            norm = float(np.linalg.norm(value))
            worst = max(worst, float(np.abs(known - norm).min()) / max(norm, 1e-6))
    print(f"GGUF tensors: norms differ by at most {worst:.1e}")
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--vision", type=Path, required=True)
    parser.add_argument("--decoder", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--gguf", type=Path, nargs=2, help="language model and mmproj")
    options = parser.parse_args()
    torch.set_num_threads(1)
    good = compare_logits(options.vision, options.decoder, options.folder, Words.read(options.words)) < 1e-3
    if options.gguf:
        good &= compare_tensors(options.folder, *options.gguf) < 1e-2
    print("verified" if good else "NOT THE SAME")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
