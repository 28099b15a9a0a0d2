# SPDX-License-Identifier: Apache-2.0

"""Makes small SigLIP towers with the projectors of SmolVLM, LFM2-VL and MiniCPM-V 4.6, of random weights, and what
Hugging Face transformers computes with them.

Reference: transformers 5.23, torch 2.13, gguf 0.19 (float32, eager attention, on the CPU).
Run:       python make_siglip_goldens.py [NAME...]     (rewrites its .gguf files beside it, or those named)

The files are as those of make_vision_goldens.py.
"""

import sys

import numpy as np
import torch
from gguf import GGUFWriter
from transformers import Lfm2VlConfig, Lfm2VlModel, SmolVLMConfig, SmolVLMModel
from transformers.models.minicpmv4_6.configuration_minicpmv4_6 import MiniCPMV4_6Config
from transformers.models.minicpmv4_6.modeling_minicpmv4_6 import MiniCPMV4_6Merger, MiniCPMV4_6VisionModel

from make_vision_goldens import HERE, Stages, Writer, close, fill, image


def grouped(values, frames, rows, columns, width, side=2):
    """Rows of patches in the tower's order here: the patches of a merge group follow each other."""
    grid = values.reshape(frames, rows // side, side, columns // side, side, width)
    return np.ascontiguousarray(grid.transpose(0, 1, 3, 2, 4, 5)).reshape(-1)


def siglip(w, tower, layers, swapped=False):
    w.linear_convolution("v.patch_embd", tower.embeddings.patch_embedding)
    w.matrix("v.position_embd.weight", tower.embeddings.position_embedding.weight, "F32")
    w.norm("v.post_ln", tower.post_layernorm)
    for i, block in enumerate(layers):
        p = f"v.blk.{i}."
        w.norm(p + "ln1", block.layer_norm1)
        w.norm(p + "ln2", block.layer_norm2)
        for short in ("q", "k", "v", "out"):
            w.linear(p + "attn_" + short, getattr(block.self_attn, short + "_proj"))
        w.linear(p + "ffn_up", block.mlp.fc1)
        w.linear(p + "ffn_down", block.mlp.fc2)


def normalized(frames, height, width):
    pixels = np.stack([image(i, height, width) for i in range(frames)]).astype(np.float32)
    return torch.from_numpy((pixels / 255 - 0.5) / 0.5).permute(0, 3, 1, 2).float()


def make_idefics3():
    # As in SmolVLM2-2.2B the side is no multiple of the patch, and nine patches become one token.
    side, patch, width, language = 50, 8, 144, 48
    config = SmolVLMConfig(
        vision_config=dict(hidden_size=width, intermediate_size=80, patch_size=patch, image_size=side,
                           num_hidden_layers=2, num_attention_heads=2, hidden_act="gelu_pytorch_tanh",
                           layer_norm_eps=1e-6),
        text_config=dict(model_type="llama", hidden_size=language, intermediate_size=32, num_hidden_layers=1,
                         num_attention_heads=2, num_key_value_heads=1, vocab_size=64, pad_token_id=0),
        scale_factor=3, image_token_id=1)
    config._attn_implementation = "eager"
    model = SmolVLMModel(config).float().eval()
    fill(model)
    tower = model.vision_model
    w = Writer("pixel-shuffle", "idefics3", projection_dim=language, image_size=side, patch_size=patch,
               embedding_length=width, feed_forward_length=80, block_count=2)
    w.w.add_uint32("clip.vision.attention.head_count", 2)
    w.w.add_uint32("clip.vision.projector.scale_factor", 3)
    w.w.add_bool("clip.use_gelu", True)
    w.colours([0.5] * 3, [0.5] * 3)
    siglip(w, tower, tower.encoder.layers)
    w.matrix("mm.model.fc.weight", model.connector.modality_projection.proj.weight)
    w.close()
    out = GGUFWriter(str(HERE / "pixel-shuffle-golden.gguf"), "golden")
    frames = 3
    stages = Stages(tower.encoder.layers)
    with torch.no_grad():
        features = model.get_image_features(normalized(frames, side, side)[None]).pooler_output
    patches = side // patch
    stages.values = {key: grouped(value, frames, patches, patches, width, 3) for key, value in stages.values.items()}
    stages.write(out, "video", torch.cat(list(features)))
    out.add_array("video.size", [frames, side, side])
    out.add_bool("video.still", False)
    close(out)


def make_lfm2():
    patch, width, language, side = 8, 144, 48, 6
    config = Lfm2VlConfig(
        vision_config=dict(model_type="siglip2_vision_model", hidden_size=width, intermediate_size=80,
                           patch_size=patch, num_patches=side * side, num_hidden_layers=2, num_attention_heads=2,
                           hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-6, vision_use_head=False),
        text_config=dict(model_type="lfm2", hidden_size=language, intermediate_size=32, num_hidden_layers=1,
                         num_attention_heads=2, num_key_value_heads=1, vocab_size=64, layer_types=["full_attention"]),
        downsample_factor=2, projector_hidden_size=56, projector_use_layernorm=True, image_token_id=1)
    config._attn_implementation = "eager"
    model = Lfm2VlModel(config).float().eval()
    fill(model)
    tower, projector = model.vision_tower, model.multi_modal_projector
    tower = getattr(tower, "vision_model", tower)
    w = Writer("pixel-unshuffle", "lfm2", projection_dim=language, image_size=256, patch_size=patch,
               embedding_length=width, feed_forward_length=80, block_count=2)
    w.w.add_uint32("clip.vision.attention.head_count", 2)
    w.w.add_uint32("clip.vision.projector.scale_factor", 2)
    w.w.add_bool("clip.use_gelu", True)
    w.colours([0.5] * 3, [0.5] * 3)
    siglip(w, tower, tower.encoder.layers)
    w.norm("mm.input_norm", projector.layer_norm)
    w.linear("mm.1", projector.linear_1)
    w.linear("mm.2", projector.linear_2)
    w.close()
    out = GGUFWriter(str(HERE / "pixel-unshuffle-golden.gguf"), "golden")
    # One grid larger than the table of positions, one that is smaller and so is resized with antialiasing.
    for label, rows, columns, frames in (("large", 10, 8, 2), ("small", 4, 2, 2)):
        height, columns_width = rows * patch, columns * patch
        pixels = normalized(frames, height, columns_width)
        patches = pixels.unfold(2, patch, patch).unfold(3, patch, patch).permute(0, 2, 3, 4, 5, 1)
        patches = patches.reshape(frames, rows * columns, -1)
        stages = Stages(tower.encoder.layers)
        with torch.no_grad():
            features = model.get_image_features(
                patches, torch.tensor([[rows, columns]] * frames),
                torch.ones(frames, rows * columns, dtype=torch.long)).pooler_output
        stages.values = {key: grouped(value, frames, rows, columns, width) for key, value in stages.values.items()}
        stages.write(out, label, torch.cat(list(features)))
        out.add_array(f"{label}.size", [frames, height, columns_width])
        out.add_bool(f"{label}.still", False)
    close(out)


# MARK: MiniCPM-V 4.6


def nested(values, frames, rows, columns, width):
    """Rows of patches in the tower's order here: groups of 4 x 4, in them windows of 2 x 2, in them patches."""
    grid = values.reshape(frames, rows // 4, 2, 2, columns // 4, 2, 2, width)
    return np.ascontiguousarray(grid.transpose(0, 1, 4, 2, 5, 3, 6, 7)).reshape(-1)


def minicpm(w, tower, last):
    """Both stages of the merger beside the tower."""
    siglip(w, tower, tower.encoder.layers)
    inner, p = tower.vit_merger, "v.vit_merger."
    w.norm(p + "ln1", inner.layer_norm1)
    for short in ("q", "k", "v", "out"):
        w.linear(p + "attn_" + short, getattr(inner.self_attn, short + "_proj"))
    w.norm(p + "ds_ln", inner.pre_norm)
    w.linear(p + "ds_ffn_up", inner.linear_1)
    w.linear(p + "ds_ffn_down", inner.linear_2)
    w.norm("mm.input_norm", last.pre_norm)
    w.linear("mm.up", last.linear_1)
    w.linear("mm.down", last.linear_2)


def make_minicpm():
    patch, width, language, side = 8, 72, 48, 7
    config = MiniCPMV4_6Config(
        vision_config=dict(hidden_size=width, intermediate_size=40, patch_size=patch, image_size=side * patch,
                           num_hidden_layers=3, num_attention_heads=1),
        text_config=dict(model_type="qwen3_5_text", hidden_size=language, intermediate_size=32, num_hidden_layers=1,
                         num_attention_heads=2, num_key_value_heads=1, vocab_size=64,
                         layer_types=["full_attention"]),
        insert_layer_id=1, image_token_id=1)
    config.vision_config._attn_implementation = "eager"
    tower = MiniCPMV4_6VisionModel(config.vision_config).float().eval()
    merger = MiniCPMV4_6Merger(config).float().eval()
    fill(tower)
    fill(merger)
    w = Writer("two-stage", "minicpmv4_6", projection_dim=language, image_size=448, patch_size=patch,
               embedding_length=width, feed_forward_length=40, block_count=3)
    w.w.add_uint32("clip.vision.attention.head_count", 1)
    w.w.add_uint32("clip.vision.projector.scale_factor", 4)
    w.w.add_array("clip.vision.wa_layer_indexes", [1])
    w.w.add_bool("clip.use_gelu", True)
    w.colours([0.5] * 3, [0.5] * 3)
    minicpm(w, tower, merger.mlp[0])
    w.close()
    out = GGUFWriter(str(HERE / "two-stage-golden.gguf"), "golden")
    # A grid larger than the table of positions, and one that is smaller.
    for label, rows, columns, frames in (("large", 8, 12, 2), ("small", 4, 4, 2)):
        stages, features = Stages(tower.encoder.layers), []
        kept = {}
        for pixels in normalized(frames, rows * patch, columns * patch):
            with torch.no_grad():
                hidden = tower(pixels[None], target_sizes=torch.tensor([[rows, columns]])).last_hidden_state
                features += merger(hidden, torch.tensor([[rows // 2, columns // 2]]))
            for key, value in stages.values.items():
                kept.setdefault(key, []).append(value)
        stages.values = {
            key: grouped(np.concatenate(value), frames, rows // 2, columns // 2, width) if key == "vision_block.2"
            else nested(np.concatenate(value), frames, rows, columns, width) for key, value in kept.items()}
        stages.write(out, label, torch.cat(features))
        out.add_array(f"{label}.size", [frames, rows * patch, columns * patch])
        out.add_bool(f"{label}.still", False)
    close(out)


MAKERS = {"pixel-shuffle": make_idefics3, "pixel-unshuffle": make_lfm2, "two-stage": make_minicpm}


def main():
    torch.set_num_threads(1)
    for number, (name, make) in enumerate(MAKERS.items()):
        torch.manual_seed(33 + number)
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            make()


if __name__ == "__main__":
    main()
