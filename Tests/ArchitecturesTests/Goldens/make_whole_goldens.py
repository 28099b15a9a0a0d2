# SPDX-License-Identifier: Apache-2.0

"""Makes small SmolVLM, LFM2-VL and MiniCPM-V 4.6 models of random weights, tower and decoder, and what Hugging Face
transformers computes with them from pixels to logits, with compressions on the way and without.

Reference: transformers 5.23, torch 2.13, gguf 0.19 (float32, eager attention, on the CPU).
Run:       python make_whole_goldens.py [NAME...]     (rewrites its .gguf files beside it, or those named)

whole-NAME.gguf and whole-NAME-mmproj.gguf hold the model in llama.cpp's layout, whole-NAME-golden.gguf the tokens, with
MARK for each token of an image, and the logits of the question's tokens. The images come one after the other between a
system prompt and the question. Images and compressions are those of make_vision_goldens.py and compressed_sequences.py.
"""

import sys

import numpy as np
import torch
from gguf import GGUFWriter
from transformers import (Lfm2VlConfig, Lfm2VlForConditionalGeneration, MiniCPMV4_6Config,
                          MiniCPMV4_6ForConditionalGeneration, SmolVLMConfig, SmolVLMForConditionalGeneration)

import compressed_sequences as compressed
import make_decoder_goldens as decoders
import make_hybrid_goldens as hybrids
import make_siglip_goldens as siglip
from make_vision_goldens import HERE, Writer, close, fill

MARK, PATCH = 95, 8
WIDTH, LANGUAGE, INNER = 72, 64, 40


def vision_config(side, **options):
    return dict(hidden_size=WIDTH, intermediate_size=INNER, patch_size=PATCH, num_hidden_layers=2,
                num_attention_heads=1, hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-6) | options


def text_config(kind, heads, layers, base, **options):
    return decoders.text_sizes(heads, 1, LANGUAGE, layers, True, base) | dict(model_type=kind) | options


def writer(name, projector, image_size, blocks, factor):
    w = Writer(f"whole-{name}", projector, projection_dim=LANGUAGE, image_size=image_size, patch_size=PATCH,
               embedding_length=WIDTH, feed_forward_length=INNER, block_count=blocks)
    w.w.add_uint32("clip.vision.attention.head_count", 1)
    w.w.add_uint32("clip.vision.projector.scale_factor", factor)
    w.w.add_bool("clip.use_gelu", True)
    w.colours([0.5] * 3, [0.5] * 3)
    return w


class Idefics3:
    """Nine patches of a fixed square become a token."""

    side = 3 * compressed.ROWS * PATCH

    def __init__(self):
        config = SmolVLMConfig(
            vision_config=vision_config(self.side, image_size=self.side),
            text_config=text_config("llama", 1, 2, 1e5, head_dim=64, pad_token_id=0), scale_factor=3,
            image_token_id=MARK, tie_word_embeddings=True)
        self.model = SmolVLMForConditionalGeneration(decoders.eager(config)).float().eval()
        self.decoder = self.model.model.text_model

    def write(self):
        tower = self.model.model.vision_model
        w = writer("idefics3", "idefics3", self.side, 2, 3)
        siglip.siglip(w, tower, tower.encoder.layers)
        w.matrix("mm.model.fc.weight", self.model.model.connector.modality_projection.proj.weight)
        w.close()
        decoders.write_model("whole-idefics3", "llama", self.model)

    def inputs(self, pixels):
        return dict(pixel_values=pixels[None])


class Lfm2:
    """Four patches become a token."""

    side = 2 * compressed.ROWS * PATCH

    def __init__(self):
        config = Lfm2VlConfig(
            vision_config=vision_config(self.side, model_type="siglip2_vision_model", num_patches=49,
                                        vision_use_head=False),
            text_config=text_config("lfm2", 1, 2, 1e6, norm_eps=1e-5, layer_types=["conv", "full_attention"],
                                    block_auto_adjust_ff_dim=False, conv_L_cache=3),
            downsample_factor=2, projector_hidden_size=56, projector_use_layernorm=True, image_token_id=MARK,
            tie_word_embeddings=True)
        self.model = Lfm2VlForConditionalGeneration(decoders.eager(config)).float().eval()
        self.decoder = self.model.model.language_model

    def write(self):
        tower, projector = self.model.model.vision_tower, self.model.model.multi_modal_projector
        tower = getattr(tower, "vision_model", tower)
        w = writer("lfm2", "lfm2", 256, 2, 2)
        siglip.siglip(w, tower, tower.encoder.layers)
        w.norm("mm.input_norm", projector.layer_norm)
        w.linear("mm.1", projector.linear_1)
        w.linear("mm.2", projector.linear_2)
        w.close()
        hybrids.write_lfm2("whole-lfm2", self.model)

    def inputs(self, pixels):
        count, side = len(pixels), self.side // PATCH
        patches = pixels.unfold(2, PATCH, PATCH).unfold(3, PATCH, PATCH).permute(0, 2, 3, 4, 5, 1)
        return dict(pixel_values=patches.reshape(count, side * side, -1),
                    spatial_shapes=torch.tensor([[side, side]] * count),
                    pixel_attention_mask=torch.ones(count, side * side, dtype=torch.long))


class MiniCPM:
    """Sixteen patches become a token, in two stages."""

    side = 4 * compressed.ROWS * PATCH

    def __init__(self):
        config = MiniCPMV4_6Config(
            vision_config=vision_config(self.side, image_size=7 * PATCH),
            text_config=text_config("qwen3_5_text", 2, 2, 1e7, head_dim=256,
                                    layer_types=["linear_attention", "full_attention"],
                                    linear_num_key_heads=1, linear_num_value_heads=2, linear_key_head_dim=128,
                                    linear_value_head_dim=128),
            insert_layer_id=0, image_token_id=MARK, tie_word_embeddings=True)
        config.text_config.rope_parameters |= dict(
            mrope_section=[11, 11, 10], mrope_interleaved=True, partial_rotary_factor=0.25)
        self.model = MiniCPMV4_6ForConditionalGeneration(decoders.eager(config)).float().eval()
        self.decoder = self.model.model.language_model

    def write(self):
        tower, last = self.model.model.vision_tower, self.model.model.merger.mlp[0]
        w = writer("minicpmv4_6", "minicpmv4_6", 448, 2, 4)
        w.w.add_array("clip.vision.wa_layer_indexes", [0])
        siglip.minicpm(w, tower, last)
        w.close()
        hybrids.write_qwen35("whole-minicpmv4_6", self.model)

    def inputs(self, pixels):
        side = self.side // PATCH
        rows = [torch.nn.functional.unfold(p[None], PATCH, stride=PATCH).reshape(3, PATCH, PATCH, -1) for p in pixels]
        packed = torch.cat([row.permute(0, 1, 3, 2).reshape(3, PATCH, -1) for row in rows], -1)
        return dict(pixel_values=packed[None], target_sizes=torch.tensor([[side, side]] * len(pixels)))


MAKERS = {"idefics3": Idefics3, "lfm2": Lfm2, "minicpmv4_6": MiniCPM}


def make(name):
    whole = MAKERS[name]()
    fill(whole.model)
    decoders.randomize(whole.decoder)
    whole.model.tie_weights()
    whole.write()
    pixels = siglip.normalized(compressed.FRAMES, whole.side, whole.side)

    def prepare(rng):
        first, last = (decoders.text(rng, count) for count in (compressed.SYSTEM, compressed.QUESTION))
        return first + [MARK] * (compressed.FRAMES * compressed.PATCH) + last

    def run(tokens):
        logits = whole.model(input_ids=torch.tensor([tokens]), use_cache=False, **whole.inputs(pixels)).logits
        return logits[0, -compressed.QUESTION:].numpy().astype(np.float32)

    compressing = compressed.Compressing(decoders.PLAIN_ATTENTION, whole.decoder.config)
    tokens, found = compressed.first_clear(compressing, prepare, run)
    with torch.no_grad():
        plain = run(tokens)
        decoders.round_cache(True)
        rounded = run(tokens)
        decoders.round_cache(False)
    print(name, "compressed:", np.linalg.norm(found - rounded) / np.linalg.norm(rounded))
    w = GGUFWriter(str(HERE / f"whole-{name}-golden.gguf"), "golden")
    w.add_array("tokens", tokens)
    w.add_array("frame", [compressed.ROWS, compressed.COLUMNS])
    w.add_uint32("side", whole.side)
    w.add_uint32("mark", MARK)
    w.add_uint32("budget", compressed.BUDGET)
    for key, value in dict(logits=plain, logits_16_bit_cache=rounded, compressed_logits=found).items():
        w.add_tensor(key, np.ascontiguousarray(value))
    close(w)


def main():
    torch.set_num_threads(1)
    for number, name in enumerate(MAKERS):
        torch.manual_seed(60 + number)
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            make(name)


if __name__ == "__main__":
    main()
