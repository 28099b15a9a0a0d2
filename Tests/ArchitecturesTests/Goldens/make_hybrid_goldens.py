# SPDX-License-Identifier: Apache-2.0

"""Makes small hybrid language models with random weights and what Hugging Face transformers computes with them.

Reference: transformers 5.23, torch 2.13, gguf 0.19 (float32, eager attention, on the CPU).
Run:       python make_hybrid_goldens.py        (rewrites its .gguf files beside it)

The files are as those of make_decoder_goldens.py. Some layers of these models have a recurrent state in place of keys
and values: short convolutions in LFM2, Gated DeltaNet in Qwen3.5.
"""

import numpy as np
import torch
from gguf import GGUFWriter
from transformers import Lfm2Config, Lfm2ForCausalLM, Qwen3_5Config, Qwen3_5ForConditionalGeneration

import compressed_sequences
import make_decoder_goldens
from make_decoder_goldens import (HERE, VIDEO, Sequence, close, eager, matrix, randomize, text, text_model,
                                  text_positions, text_sizes, vector)


def lfm2():
    return Lfm2ForCausalLM(eager(Lfm2Config(
        **text_sizes(2, 1, 128, 3, True, 1e6) | dict(norm_eps=1e-5), layer_types=["conv", "full_attention", "conv"],
        block_auto_adjust_ff_dim=False, conv_L_cache=3)))


def write_lfm2(name, model):
    w, lm = GGUFWriter(str(HERE / f"{name}.gguf"), "lfm2"), text_model(model)
    config = lm.config
    write_sizes(w, config, config.norm_eps)
    w.add_head_count_kv([0 if kind == "conv" else config.num_key_value_heads for kind in config.layer_types])
    w.add_shortconv_l_cache(config.conv_L_cache)
    matrix(w, "token_embd.weight", lm.embed_tokens.weight)
    vector(w, "token_embd_norm.weight", lm.embedding_norm.weight)
    for i, layer in enumerate(lm.layers):
        p = f"blk.{i}."
        vector(w, p + "attn_norm.weight", layer.operator_norm.weight)
        vector(w, p + "ffn_norm.weight", layer.ffn_norm.weight)
        if layer.is_attention_layer:
            attention = layer.self_attn
            for short in "qkv":
                matrix(w, p + f"attn_{short}.weight", getattr(attention, short + "_proj").weight)
            matrix(w, p + "attn_output.weight", attention.out_proj.weight)
            vector(w, p + "attn_q_norm.weight", attention.q_layernorm.weight)
            vector(w, p + "attn_k_norm.weight", attention.k_layernorm.weight)
        else:
            matrix(w, p + "shortconv.in_proj.weight", layer.conv.in_proj.weight)
            vector(w, p + "shortconv.conv.weight", layer.conv.conv.weight.squeeze(1))
            matrix(w, p + "shortconv.out_proj.weight", layer.conv.out_proj.weight)
        for short, part in (("gate", "w1"), ("up", "w3"), ("down", "w2")):
            matrix(w, p + f"ffn_{short}.weight", getattr(layer.feed_forward, part).weight)
    close(w)


def write_sizes(w, config, epsilon):
    w.add_block_count(config.num_hidden_layers)
    w.add_context_length(config.max_position_embeddings)
    w.add_embedding_length(config.hidden_size)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_head_count(config.num_attention_heads)
    w.add_layer_norm_rms_eps(epsilon)
    w.add_rope_freq_base(config.rope_parameters["rope_theta"])


def record_lfm2(rng):
    model = randomize(lfm2())
    write_lfm2("lfm2", model)
    w = GGUFWriter(str(HERE / "lfm2-golden.gguf"), "golden")
    segments = [text(rng, 4), (3, 3), text(rng, 5), (3, 3), text(rng, 8)]
    Sequence(segments, text_positions(0, 35), 128, 1).record(w, "video", model)
    close(w)
    positions = text_positions(0, compressed_sequences.TOKENS)
    compressed_sequences.record(make_decoder_goldens, "lfm2", model, positions)


def qwen35():
    sizes = text_sizes(2, 1, 64, 4, True, 1e7, head=256, mrope_section=[11, 11, 10], mrope_interleaved=True,
                       partial_rotary_factor=0.25)
    sizes |= dict(linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=128, linear_value_head_dim=128)
    vision = dict(depth=1, hidden_size=16, intermediate_size=16, num_heads=1, patch_size=4, out_hidden_size=64,
                  num_position_embeddings=4)
    return Qwen3_5ForConditionalGeneration(eager(Qwen3_5Config(
        text_config=sizes, vision_config=vision, video_token_id=VIDEO, image_token_id=VIDEO - 1,
        vision_start_token_id=93, vision_end_token_id=92, tie_word_embeddings=True)))


def tiled(part, dimension, config, size):
    """Value heads as llama.cpp keeps them: head h belongs to key head h mod key heads."""
    heads = (config.linear_num_key_heads, config.linear_num_value_heads // config.linear_num_key_heads)
    split = part.unflatten(dimension, (*heads, size))
    return split.transpose(dimension, dimension + 1).flatten(dimension, dimension + 2)


def write_qwen35(name, model):
    w, lm = GGUFWriter(str(HERE / f"{name}.gguf"), "qwen35"), text_model(model)
    config = lm.config
    write_sizes(w, config, config.rms_norm_eps)
    w.add_head_count_kv(config.num_key_value_heads)
    w.add_key_length(config.head_dim)
    w.add_value_length(config.head_dim)
    w.add_rope_dimension_count(64)
    w.add_rope_dimension_sections([11, 11, 10, 0])
    w.add_full_attention_interval(config.layer_types.index("full_attention") + 1)
    size, values = config.linear_value_head_dim, config.linear_num_value_heads
    w.add_ssm_conv_kernel(config.linear_conv_kernel_dim)
    w.add_ssm_state_size(size)
    w.add_ssm_group_count(config.linear_num_key_heads)
    w.add_ssm_time_step_rank(values)
    w.add_ssm_inner_size(values * size)
    matrix(w, "token_embd.weight", lm.embed_tokens.weight)
    vector(w, "output_norm.weight", 1 + lm.norm.weight)
    for i, layer in enumerate(lm.layers):
        p = f"blk.{i}."
        vector(w, p + "attn_norm.weight", 1 + layer.input_layernorm.weight)
        vector(w, p + "post_attention_norm.weight", 1 + layer.post_attention_layernorm.weight)
        if hasattr(layer, "self_attn"):
            attention = layer.self_attn
            for short in "qkv":
                matrix(w, p + f"attn_{short}.weight", getattr(attention, short + "_proj").weight)
            matrix(w, p + "attn_output.weight", attention.o_proj.weight)
            vector(w, p + "attn_q_norm.weight", 1 + attention.q_norm.weight)
            vector(w, p + "attn_k_norm.weight", 1 + attention.k_norm.weight)
        else:
            net, keys = layer.linear_attn, 2 * config.linear_num_key_heads * size

            def ordered(weight):
                return torch.cat([weight[:keys], tiled(weight[keys:], 0, config, size)])

            matrix(w, p + "attn_qkv.weight", ordered(net.in_proj_qkv.weight))
            matrix(w, p + "attn_gate.weight", tiled(net.in_proj_z.weight, 0, config, size))
            matrix(w, p + "ssm_alpha.weight", tiled(net.in_proj_a.weight, 0, config, 1))
            matrix(w, p + "ssm_beta.weight", tiled(net.in_proj_b.weight, 0, config, 1))
            matrix(w, p + "ssm_out.weight", tiled(net.out_proj.weight, 1, config, size))
            vector(w, p + "ssm_conv1d.weight", ordered(net.conv1d.weight.squeeze(1)))
            vector(w, p + "ssm_a", tiled(-net.A_log.exp(), 0, config, 1))
            vector(w, p + "ssm_dt.bias", tiled(net.dt_bias, 0, config, 1))
            vector(w, p + "ssm_norm.weight", net.norm.weight)
        for short in ("gate", "up", "down"):
            matrix(w, p + f"ffn_{short}.weight", getattr(layer.mlp, short + "_proj").weight)
    close(w)


def record_qwen35(rng):
    model = randomize(qwen35())
    write_qwen35("qwen3.5", model)
    w = GGUFWriter(str(HERE / "qwen3.5-golden.gguf"), "golden")
    # Longer than a chunk of the reference's scan, which has 64 tokens.
    frame, captions = (3, 5), [text(rng, 7), text(rng, 6), text(rng, 6), text(rng, 6), text(rng, 6)]
    segments = [part for caption in captions for part in (caption, frame)] + [text(rng, 9)]
    ids = torch.tensor([[t for s in segments for t in (s if isinstance(s, list) else [VIDEO] * 15)]])
    positions, _ = model.model.get_rope_index(
        ids, mm_token_type_ids=(ids == VIDEO).int() * 2, video_grid_thw=torch.tensor([[5, 6, 10]]))
    Sequence(segments, positions[:, 0].T.tolist(), 64, 1).record(w, "video", model)
    close(w)
    compressed_sequences.record(make_decoder_goldens, "qwen3.5", model, compressed_sequences.grid_positions())


def main():
    torch.set_num_threads(1)
    torch.manual_seed(32)
    rng = np.random.default_rng(33)
    record_lfm2(rng)
    record_qwen35(rng)


if __name__ == "__main__":
    main()
