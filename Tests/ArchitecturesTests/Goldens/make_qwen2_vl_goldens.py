# SPDX-License-Identifier: Apache-2.0

"""Makes small Qwen2-VL models with random weights and what Hugging Face transformers computes with them.

Reference: transformers 5.23, torch 2.15, gguf 0.19 (float32, eager attention, on the CPU).
Run:       python make_qwen2_vl_goldens.py        (rewrites the .gguf files beside it)

Each model is a pair in llama.cpp's layout (NAME.gguf, NAME-mmproj.gguf; matrices F16, of weights that were rounded to
F16 before the reference saw them) and NAME-golden.gguf with the inputs and every stage's output in float32. Images
are made from a formula that the tests repeat. Positions are given to the reference explicitly: text after frames
resumes at 1 + the largest position so far, as Qwen2-VL was released (transformers 5 leaves the time out of that).

A second pass with keys and values rounded to 16 bits, as the cache under test keeps them, tells that rounding apart
from mistakes; of both passes the logits of the text after the frames are kept.
"""

import pathlib

import numpy as np
import torch
from gguf import GGUFWriter
from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration, Qwen2VLImageProcessor
from transformers.models.qwen2_vl import modeling_qwen2_vl

HERE = pathlib.Path(__file__).parent
MEAN = [0.48145466, 0.4578275, 0.40821073]
DEVIATION = [0.26862954, 0.26130258, 0.27577711]
VOCABULARY, IMAGE, VIDEO = 104, 102, 103

# width, heads, key-value heads, feed-forward, sections, tied | vision width, heads, ratio, patch
MODELS = {
    "wide-heads": dict(width=128, heads=1, kv=1, ff=64, sections=[16, 24, 24], tied=True, base=1e6,
                       vision=dict(width=32, heads=1, ratio=2, patch=8)),
    "grouped-by-two": dict(width=128, heads=2, kv=1, ff=64, sections=[8, 12, 12], tied=False, base=1e4,
                           vision=dict(width=32, heads=2, ratio=2, patch=14)),
    "grouped-by-six": dict(width=96, heads=6, kv=1, ff=64, sections=[2, 3, 3], tied=True, base=1e4,
                           vision=dict(width=40, heads=1, ratio=1, patch=4)),
}
# merged tokens down and across, temporal patches; a still image stands for both images of its patch
SEQUENCES = {"image": dict(grid=(3, 5), patches=1, still=True), "video": dict(grid=(2, 3), patches=4, still=False)}


plain_attention = modeling_qwen2_vl.eager_attention_forward


def rounding_attention(module, query, key, value, *rest, **options):
    if isinstance(module, modeling_qwen2_vl.Qwen2VLAttention):
        key, value = key.half().float(), value.half().float()
    return plain_attention(module, query, key, value, *rest, **options)


def image(index, height, width):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((x * 31 + y * 17 + c * 101 + index * 57 + (x * y) // 3 + (x // 9) * (y // 7) * 13) % 256).astype(np.uint8)


def build(spec):
    vision = spec["vision"]
    config = Qwen2VLConfig(
        text_config=dict(
            vocab_size=VOCABULARY, hidden_size=spec["width"], intermediate_size=spec["ff"], num_hidden_layers=2,
            num_attention_heads=spec["heads"], num_key_value_heads=spec["kv"], rms_norm_eps=1e-6,
            tie_word_embeddings=spec["tied"], max_position_embeddings=4096,
            rope_parameters=dict(rope_type="default", rope_theta=spec["base"], mrope_section=spec["sections"])),
        vision_config=dict(
            depth=2, embed_dim=vision["width"], hidden_size=spec["width"], num_heads=vision["heads"],
            mlp_ratio=vision["ratio"], patch_size=vision["patch"], spatial_merge_size=2, temporal_patch_size=2,
            in_channels=3),
        image_token_id=IMAGE, video_token_id=VIDEO, vision_start_token_id=100, vision_end_token_id=101,
        tie_word_embeddings=spec["tied"])
    config._attn_implementation = "eager"
    model = Qwen2VLForConditionalGeneration(config).float().eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 1:
                p.copy_(torch.randn_like(p) * 0.2 + (1.0 if name.endswith("weight") else 0.0))
            else:
                gain = 1.6 if any(k in name for k in ("q_proj", "k_proj", "qkv")) else 1.0
                if "embed_tokens" in name:
                    p.copy_((torch.randn_like(p) * 0.5).half().float())
                else:
                    p.copy_((torch.randn_like(p) * gain / p[0].numel() ** 0.5).half().float())
    return model


def matrix(writer, name, tensor):
    writer.add_tensor(name, np.ascontiguousarray(tensor.detach().numpy().astype(np.float16)))


def vector(writer, name, tensor):
    writer.add_tensor(name, np.ascontiguousarray(tensor.detach().numpy().astype(np.float32)))


def close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_language_model(name, spec, model):
    w = GGUFWriter(str(HERE / f"{name}.gguf"), "qwen2vl")
    w.add_block_count(2)
    w.add_context_length(4096)
    w.add_embedding_length(spec["width"])
    w.add_feed_forward_length(spec["ff"])
    w.add_head_count(spec["heads"])
    w.add_head_count_kv(spec["kv"])
    w.add_layer_norm_rms_eps(1e-6)
    w.add_rope_freq_base(spec["base"])
    w.add_rope_dimension_sections(spec["sections"] + [0])
    lm = model.model.language_model
    matrix(w, "token_embd.weight", lm.embed_tokens.weight)
    vector(w, "output_norm.weight", lm.norm.weight)
    if not spec["tied"]:
        matrix(w, "output.weight", model.lm_head.weight)
    for i, layer in enumerate(lm.layers):
        p = f"blk.{i}."
        vector(w, p + "attn_norm.weight", layer.input_layernorm.weight)
        vector(w, p + "ffn_norm.weight", layer.post_attention_layernorm.weight)
        attention = layer.self_attn
        for short, part in (("q", attention.q_proj), ("k", attention.k_proj), ("v", attention.v_proj)):
            matrix(w, p + f"attn_{short}.weight", part.weight)
            vector(w, p + f"attn_{short}.bias", part.bias)
        matrix(w, p + "attn_output.weight", layer.self_attn.o_proj.weight)
        for short in ("gate", "up", "down"):
            matrix(w, p + f"ffn_{short}.weight", getattr(layer.mlp, short + "_proj").weight)
    close(w)


def write_vision_tower(name, spec, model):
    v, tower = spec["vision"], model.model.visual
    w = GGUFWriter(str(HERE / f"{name}-mmproj.gguf"), "clip")
    w.add_bool("clip.has_vision_encoder", True)
    w.add_string("clip.projector_type", "qwen2vl_merger")
    for key, value in dict(projection_dim=spec["width"], image_size=112, patch_size=v["patch"],
                           embedding_length=v["width"], feed_forward_length=v["width"] * v["ratio"], block_count=2,
                           spatial_merge_size=2).items():
        w.add_uint32("clip.vision." + key, value)
    w.add_uint32("clip.vision.attention.head_count", v["heads"])
    w.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    w.add_array("clip.vision.image_mean", MEAN)
    w.add_array("clip.vision.image_std", DEVIATION)
    matrix(w, "v.patch_embd.weight", tower.patch_embed.proj.weight[:, :, 0])
    matrix(w, "v.patch_embd.weight.1", tower.patch_embed.proj.weight[:, :, 1])
    for i, block in enumerate(tower.blocks):
        p = f"v.blk.{i}."
        for short, part in (("ln1", block.norm1), ("ln2", block.norm2)):
            vector(w, p + short + ".weight", part.weight)
            vector(w, p + short + ".bias", part.bias)
        weights, biases = block.attn.qkv.weight.chunk(3), block.attn.qkv.bias.chunk(3)
        for short, weight, bias in zip("qkv", weights, biases):
            matrix(w, p + f"attn_{short}.weight", weight)
            vector(w, p + f"attn_{short}.bias", bias)
        for short, part in (("attn_out", block.attn.proj), ("ffn_up", block.mlp.fc1), ("ffn_down", block.mlp.fc2)):
            matrix(w, p + short + ".weight", part.weight)
            vector(w, p + short + ".bias", part.bias)
    vector(w, "v.post_ln.weight", tower.merger.ln_q.weight)
    vector(w, "v.post_ln.bias", tower.merger.ln_q.bias)
    for short, part in (("mm.0", tower.merger.mlp[0]), ("mm.2", tower.merger.mlp[2])):
        matrix(w, short + ".weight", part.weight)
        vector(w, short + ".bias", part.bias)
    close(w)


def positions_of(before, grid, frames, after):
    rows = [(k, k, k) for k in range(before)]
    rows += [(before + t, before + y, before + x)
             for t in range(frames) for y in range(grid[0]) for x in range(grid[1])]
    resume = max(max(r) for r in rows) + 1
    return rows + [(resume + k,) * 3 for k in range(after)]


def record(model, spec, sequence, w, label, rng):
    v, grid = spec["vision"], sequence["grid"]
    height, width = grid[0] * 2 * v["patch"], grid[1] * 2 * v["patch"]
    processor = Qwen2VLImageProcessor(
        do_resize=False, patch_size=v["patch"], merge_size=2, temporal_patch_size=2, image_mean=MEAN,
        image_std=DEVIATION)
    count = sequence["patches"]
    if sequence["still"]:
        out = processor(images=[image(0, height, width)], return_tensors="pt", input_data_format="channels_last")
        pixels = out["pixel_values"]
        assert out["image_grid_thw"].tolist() == [[1, grid[0] * 2, grid[1] * 2]]
    else:
        # A video's patch holds two images: the first half of each colour's numbers is one's, the second the other's.
        one = [processor(images=[image(i, height, width)], return_tensors="pt",
                         input_data_format="channels_last")["pixel_values"] for i in range(2 * count)]
        area = v["patch"] ** 2
        split = [x.reshape(len(x), 3, 2, area) for x in one]
        pixels = torch.cat([torch.stack([split[2 * t][:, :, 0], split[2 * t + 1][:, :, 1]], 2).reshape(len(one[0]), -1)
                            for t in range(count)])
    stages = {}

    def keep(key):
        def hook(_, __, output):
            value = output[0] if isinstance(output, tuple) else output
            stages[key] = value.detach().reshape(-1, value.shape[-1]).numpy().astype(np.float32)
        return hook

    tower, lm = model.model.visual, model.model.language_model
    handles = [tower.patch_embed.register_forward_hook(keep("patch_embedding")),
               tower.merger.register_forward_hook(keep("merger"))]
    handles += [b.register_forward_hook(keep(f"vision_block.{i}")) for i, b in enumerate(tower.blocks)]
    handles += [b.register_forward_hook(keep(f"decoder_layer.{i}")) for i, b in enumerate(lm.layers)]
    before, after = rng.integers(0, 100, 5).tolist(), rng.integers(0, 100, 7).tolist()
    tokens = before + [IMAGE if sequence["still"] else VIDEO] * (count * grid[0] * grid[1]) + after
    positions = positions_of(len(before), grid, count, len(after))
    thw = torch.tensor([[count, grid[0] * 2, grid[1] * 2]])
    names = ("pixel_values", "image_grid_thw") if sequence["still"] else ("pixel_values_videos", "video_grid_thw")
    ids = torch.tensor([tokens])

    def logits():
        with torch.no_grad():
            out = model(input_ids=ids, attention_mask=torch.ones_like(ids),
                        position_ids=torch.tensor(positions).T[:, None].contiguous(),
                        mm_token_type_ids=(ids == IMAGE).long() + (ids == VIDEO).long() * 2,
                        **{names[0]: pixels, names[1]: thw}).logits[0]
        return out[-len(after):].numpy().astype(np.float32)

    stages["logits"] = logits()
    for handle in handles:
        handle.remove()
    modeling_qwen2_vl.eager_attention_forward = rounding_attention
    stages["logits_16_bit_cache"] = logits()
    modeling_qwen2_vl.eager_attention_forward = plain_attention
    assert not np.array_equal(stages["logits"], stages["logits_16_bit_cache"])
    # Every 29th number of the patches stands for all of them.
    stages["patches"] = pixels.reshape(-1)[::29].numpy().astype(np.float32)
    for key, value in stages.items():
        w.add_tensor(f"{label}.{key}", np.ascontiguousarray(value))
    w.add_array(f"{label}.before", before)
    w.add_array(f"{label}.after", after)
    w.add_array(f"{label}.grid", [count, *grid])
    w.add_array(f"{label}.positions", [x for row in positions for x in row])
    w.add_bool(f"{label}.still", sequence["still"])


def main():
    torch.manual_seed(20)
    rng = np.random.default_rng(21)
    torch.set_num_threads(1)
    for name, spec in MODELS.items():
        model = build(spec)
        write_language_model(name, spec, model)
        write_vision_tower(name, spec, model)
        w = GGUFWriter(str(HERE / f"{name}-golden.gguf"), "golden")
        for label, sequence in SEQUENCES.items():
            record(model, spec, sequence, w, label, rng)
        close(w)


main()
