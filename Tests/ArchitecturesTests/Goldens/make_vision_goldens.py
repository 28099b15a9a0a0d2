# SPDX-License-Identifier: Apache-2.0

"""Makes small vision towers with random weights and what Hugging Face transformers computes with them.

Reference: transformers 5.23, torch 2.15, gguf 0.19 (float32, eager attention, on the CPU).
Run:       python make_vision_goldens.py        (rewrites its .gguf files beside it)

Each tower is NAME-mmproj.gguf in llama.cpp's layout, of weights that were rounded to their stored type before the
reference saw them, and NAME-golden.gguf with every stage's output in float32. Images are made from a formula that the
tests repeat. Heads are as wide as in the released models, the rest is cut down. Of the stages before the last every
seventh number stands for all. Qwen2-VL's own tower is in make_qwen2_vl_goldens.py.
"""

import pathlib

import gguf
import numpy as np
import torch
from gguf import GGUFWriter
from transformers import (LlavaOnevisionConfig, LlavaOnevisionModel, Qwen2_5_VLVisionConfig, Qwen2VLImageProcessor,
                          Qwen3VLVisionConfig)
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VisionTransformerPretrainedModel
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLVisionModel

HERE = pathlib.Path(__file__).parent
KEPT = 7
# Squares down and across, patches in time; a still image stands for both images of its patch. None of the sides is
# a multiple of a window's 4 squares.
SEQUENCES = {"image": dict(grid=(5, 7), patches=1, still=True), "video": dict(grid=(6, 3), patches=3, still=False)}


def image(index, height, width):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((x * 31 + y * 17 + c * 101 + index * 57 + (x * y) // 3 + (x // 9) * (y // 7) * 13) % 256).astype(np.uint8)


def fill(model, bfloat=()):
    """Random weights of a size that lets every part matter, rounded to the type that they are stored in."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 1:
                is_gain = name.endswith("weight") and ("norm" in name or "ln_q" in name)
                p.copy_(torch.randn_like(p) * 0.2 + (1.0 if is_gain else 0.0))
            elif "pos" in name and "embed" in name:
                p.copy_(torch.randn_like(p) * 0.5)
            else:
                gain = 1.6 if any(k in name for k in ("q_proj", "k_proj", "qkv")) else 1.0
                value = torch.randn_like(p) * gain / p[0].numel() ** 0.5
                half = torch.bfloat16 if any(k in name for k in bfloat) else torch.float16
                p.copy_(value.to(half).float())


class Writer:
    def __init__(self, name, projector, **sizes):
        self.w = GGUFWriter(str(HERE / f"{name}-mmproj.gguf"), "clip")
        self.w.add_bool("clip.has_vision_encoder", True)
        self.w.add_string("clip.projector_type", projector)
        for key, value in sizes.items():
            self.w.add_uint32("clip.vision." + key, value)
        self.w.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)

    def colours(self, mean, deviation):
        self.w.add_array("clip.vision.image_mean", mean)
        self.w.add_array("clip.vision.image_std", deviation)

    def matrix(self, name, tensor, kind="F16"):
        values = np.ascontiguousarray(tensor.detach().float().numpy())
        if kind == "BF16":
            data = gguf.quants.quantize(values, gguf.GGMLQuantizationType.BF16)
            self.w.add_tensor(name, data, raw_dtype=gguf.GGMLQuantizationType.BF16)
        else:
            self.w.add_tensor(name, values.astype(np.float16 if kind == "F16" else np.float32))

    def vector(self, name, tensor):
        self.w.add_tensor(name, np.ascontiguousarray(tensor.detach().float().numpy()))

    def linear(self, name, layer, kind="F16"):
        self.matrix(name + ".weight", layer.weight, kind)
        self.vector(name + ".bias", layer.bias)

    def linear_convolution(self, name, layer):
        """A patch embedding as a convolution, whether the reference has it as one or as a matrix (y, x, colour)."""
        weight = layer.weight
        if weight.dim() == 2:
            side = int((weight.shape[1] // 3) ** 0.5)
            weight = weight.reshape(len(weight), side, side, 3).permute(0, 3, 1, 2)
        self.matrix(name + ".weight", weight)
        self.vector(name + ".bias", layer.bias)

    def norm(self, name, layer):
        self.vector(name + ".weight", layer.weight)
        if getattr(layer, "bias", None) is not None:
            self.vector(name + ".bias", layer.bias)

    def close(self):
        close(self.w)


def close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# MARK: Qwen2.5-VL

QWEN_MEAN, QWEN_DEVIATION = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def make_qwen25():
    config = Qwen2_5_VLVisionConfig(
        depth=3, hidden_size=80, num_heads=1, intermediate_size=44, patch_size=14, window_size=112, out_hidden_size=32,
        spatial_merge_size=2, temporal_patch_size=2, in_channels=3, hidden_act="silu", fullatt_block_indexes=[1])
    config._attn_implementation = "eager"
    model = Qwen2_5_VisionTransformerPretrainedModel(config).float().eval()
    fill(model)
    w = Writer("windows", "qwen2.5vl_merger", projection_dim=32, image_size=560, patch_size=14, embedding_length=80,
               feed_forward_length=44, block_count=3, n_wa_pattern=2)
    w.w.add_uint32("clip.vision.attention.head_count", 1)
    w.w.add_bool("clip.use_silu", True)
    w.colours(QWEN_MEAN, QWEN_DEVIATION)
    w.matrix("v.patch_embd.weight", model.patch_embed.proj.weight[:, :, 0])
    w.matrix("v.patch_embd.weight.1", model.patch_embed.proj.weight[:, :, 1])
    for i, block in enumerate(model.blocks):
        p = f"v.blk.{i}."
        w.norm(p + "ln1", block.norm1)
        w.norm(p + "ln2", block.norm2)
        for short, weight, bias in zip("qkv", block.attn.qkv.weight.chunk(3), block.attn.qkv.bias.chunk(3)):
            w.matrix(p + f"attn_{short}.weight", weight)
            w.vector(p + f"attn_{short}.bias", bias)
        w.linear(p + "attn_out", block.attn.proj)
        for short in ("gate", "up", "down"):
            w.linear(p + "ffn_" + short, getattr(block.mlp, short + "_proj"))
    w.norm("v.post_ln", model.merger.ln_q)
    w.linear("mm.0", model.merger.mlp[0])
    w.linear("mm.2", model.merger.mlp[2])
    w.close()
    record_qwen("windows", model, 14, QWEN_MEAN, QWEN_DEVIATION)


# MARK: Qwen3-VL

def make_qwen3():
    config = Qwen3VLVisionConfig(
        depth=3, hidden_size=72, num_heads=1, intermediate_size=40, patch_size=8, out_hidden_size=32,
        spatial_merge_size=2, temporal_patch_size=2, in_channels=3, hidden_act="gelu_pytorch_tanh",
        num_position_embeddings=36, deepstack_visual_indexes=[0, 1])
    config._attn_implementation = "eager"
    model = Qwen3VLVisionModel(config).float().eval()
    fill(model, bfloat=("mlp.",))
    w = Writer("deepstack", "qwen3vl_merger", projection_dim=32, image_size=48, patch_size=8, embedding_length=72,
               feed_forward_length=40, block_count=3, spatial_merge_size=2)
    w.w.add_uint32("clip.vision.attention.head_count", 1)
    w.w.add_bool("clip.use_gelu", True)
    w.w.add_array("clip.vision.is_deepstack_layers", [True, True, False])
    w.colours([0.5] * 3, [0.5] * 3)
    w.matrix("v.patch_embd.weight", model.patch_embed.proj.weight[:, :, 0], "F32")
    w.matrix("v.patch_embd.weight.1", model.patch_embed.proj.weight[:, :, 1], "F32")
    w.vector("v.patch_embd.bias", model.patch_embed.proj.bias)
    w.matrix("v.position_embd.weight", model.pos_embed.weight, "F32")
    for i, block in enumerate(model.blocks):
        p = f"v.blk.{i}."
        w.norm(p + "ln1", block.norm1)
        w.norm(p + "ln2", block.norm2)
        w.linear(p + "attn_qkv", block.attn.qkv)
        w.linear(p + "attn_out", block.attn.proj)
        w.linear(p + "ffn_up", block.mlp.linear_fc1, "BF16")
        w.linear(p + "ffn_down", block.mlp.linear_fc2, "BF16")
    mergers = [("v.post_ln", "mm.0", "mm.2", model.merger)]
    mergers += [(f"v.deepstack.{i}.norm", f"v.deepstack.{i}.fc1", f"v.deepstack.{i}.fc2", merger)
                for i, merger in enumerate(model.deepstack_merger_list)]
    for norm, first, second, merger in mergers:
        w.norm(norm, merger.norm)
        w.linear(first, merger.linear_fc1)
        w.linear(second, merger.linear_fc2)
    w.close()
    record_qwen("deepstack", model, 8, [0.5] * 3, [0.5] * 3)


def record_qwen(name, model, patch, mean, deviation):
    processor = Qwen2VLImageProcessor(
        do_resize=False, patch_size=patch, merge_size=2, temporal_patch_size=2, image_mean=mean, image_std=deviation)
    w = GGUFWriter(str(HERE / f"{name}-golden.gguf"), "golden")
    for label, sequence in SEQUENCES.items():
        (rows, columns), count = sequence["grid"], sequence["patches"]
        one = [processor(images=[image(i, rows * 2 * patch, columns * 2 * patch)], return_tensors="pt",
                         input_data_format="channels_last")["pixel_values"] for i in range(2 * count)]
        # A patch in time holds two images: the first half of each colour's numbers is one's, the second the other's.
        area = patch ** 2
        split = [x.reshape(len(x), 3, 2, area) for x in one]
        pairs = [(0, 0)] if sequence["still"] else [(2 * t, 2 * t + 1) for t in range(count)]
        pixels = torch.cat([torch.stack([split[a][:, :, 0], split[b][:, :, 1]], 2).reshape(len(one[0]), -1)
                            for a, b in pairs])
        stages = Stages(model.blocks)
        with torch.no_grad():
            out = model(pixels, grid_thw=torch.tensor([[count, rows * 2, columns * 2]]))
        merged = [out.pooler_output] + list(getattr(out, "deepstack_features", None) or [])
        stages.write(w, label, torch.cat(merged, dim=-1))
        w.add_array(f"{label}.size", [count, rows * 2 * patch, columns * 2 * patch])
        w.add_bool(f"{label}.still", sequence["still"])
    close(w)


class Stages:
    """What goes into the first block and what comes out of each."""

    def __init__(self, blocks):
        self.values = {}
        self.handles = [blocks[0].register_forward_pre_hook(
            lambda _, inputs: self.keep("patch_embedding", inputs[0]))]
        for i, block in enumerate(blocks):
            self.handles.append(block.register_forward_hook(
                lambda _, __, output, i=i: self.keep(f"vision_block.{i}", output)))

    def keep(self, key, value):
        value = value[0] if isinstance(value, tuple) else value
        self.values[key] = value.detach().reshape(-1).numpy().astype(np.float32).copy()

    def write(self, w, label, merged):
        for handle in self.handles:
            handle.remove()
        for key, value in self.values.items():
            w.add_tensor(f"{label}.{key}", value[::KEPT].copy())
        w.add_tensor(f"{label}.merger", np.ascontiguousarray(merged.numpy().astype(np.float32)))


# MARK: LLaVA-OneVision

def make_llava():
    # As in the released model the side is no multiple of the patch, and the number of patches along it is odd.
    side, patch, width, language = 132, 14, 144, 48
    config = LlavaOnevisionConfig(
        vision_config=dict(
            model_type="siglip_vision_model", hidden_size=width, intermediate_size=80, patch_size=patch,
            image_size=side, num_hidden_layers=2, num_attention_heads=2, vision_use_head=False,
            hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-6),
        text_config=dict(model_type="qwen2", hidden_size=language, intermediate_size=32, num_hidden_layers=1,
                         num_attention_heads=2, num_key_value_heads=1, vocab_size=64))
    config._attn_implementation = "eager"
    model = LlavaOnevisionModel(config).float().eval()
    fill(model)
    tower, projector = model.vision_tower, model.multi_modal_projector
    w = Writer("pooled", "mlp", projection_dim=0, image_size=side, patch_size=patch, embedding_length=width,
               feed_forward_length=80, block_count=2)
    w.w.add_uint32("clip.vision.attention.head_count", 2)
    w.w.add_bool("clip.has_llava_projector", True)
    w.w.add_bool("clip.use_gelu", False)
    w.colours([0.5] * 3, [0.5] * 3)
    w.matrix("v.patch_embd.weight", tower.embeddings.patch_embedding.weight)
    w.vector("v.patch_embd.bias", tower.embeddings.patch_embedding.bias)
    w.matrix("v.position_embd.weight", tower.embeddings.position_embedding.weight, "F32")
    for i, block in enumerate(tower.encoder.layers):
        p = f"v.blk.{i}."
        w.norm(p + "ln1", block.layer_norm1)
        w.norm(p + "ln2", block.layer_norm2)
        for short in ("q", "k", "v", "out"):
            w.linear(p + "attn_" + short, getattr(block.self_attn, short + "_proj"))
        # The older scripts have these two names swapped.
        w.linear(p + "ffn_down", block.mlp.fc1)
        w.linear(p + "ffn_up", block.mlp.fc2)
    w.linear("mm.0", projector.linear_1)
    w.linear("mm.2", projector.linear_2)
    w.vector("model.image_newline", model.image_newline)
    w.close()

    out = GGUFWriter(str(HERE / "pooled-golden.gguf"), "golden")
    frames = 3
    pixels = np.stack([image(i, side, side) for i in range(frames)]).astype(np.float32)
    pixels = torch.from_numpy((pixels / 255 - 0.5) / 0.5).permute(0, 3, 1, 2)[None].float()
    stages = Stages(tower.encoder.layers)
    with torch.no_grad():
        features = model.get_video_features(
            pixels, vision_feature_layer=-1, vision_feature_select_strategy="full").pooler_output[0]
    stages.write(out, "video", features)
    out.add_array("video.size", [frames, side, side])
    out.add_bool("video.still", False)
    close(out)


def main():
    torch.manual_seed(30)
    torch.set_num_threads(1)
    make_qwen25()
    make_qwen3()
    make_llava()


if __name__ == "__main__":
    main()
