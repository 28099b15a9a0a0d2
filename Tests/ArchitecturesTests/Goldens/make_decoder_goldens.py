# SPDX-License-Identifier: Apache-2.0

"""Makes small language models with random weights and what Hugging Face transformers and peft compute with them.

Reference: transformers 5.23, peft 0.21, torch 2.15, gguf 0.19 (float32, eager attention, on the CPU).
Run:       python make_decoder_goldens.py        (rewrites its .gguf files beside it)

NAME.gguf holds a model in llama.cpp's layout (matrices F16, of weights that were rounded to F16 before the reference
saw them), NAME-golden.gguf sequences of text and vision vectors with explicit positions and what comes of them in
float32. NAME-lora-*.gguf are adapters.
As in make_qwen2_vl_goldens.py a second pass rounds keys and values to 16 bits, as the cache under test does.
"""

import pathlib
import sys

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter, quants
from peft import LoraConfig, get_peft_model
from transformers import (LlamaConfig, LlamaForCausalLM, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration,
                          Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM, Qwen3VLConfig,
                          Qwen3VLForConditionalGeneration)
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.lfm2 import modeling_lfm2
from transformers.models.llama import modeling_llama
from transformers.models.qwen2 import modeling_qwen2
from transformers.models.qwen2_5_vl import modeling_qwen2_5_vl
from transformers.models.qwen3 import modeling_qwen3
from transformers.models.qwen3_5 import modeling_qwen3_5
from transformers.models.qwen3_vl import modeling_qwen3_vl

import compressed_sequences

HERE = pathlib.Path(__file__).parent
VOCABULARY, VIDEO = 96, 95
PLAIN_ATTENTION = {module: module.eager_attention_forward
                   for module in (modeling_lfm2, modeling_llama, modeling_qwen2, modeling_qwen2_5_vl, modeling_qwen3,
                                  modeling_qwen3_5, modeling_qwen3_vl)}


def round_cache(rounds):
    """Whether text attention rounds keys and values to 16 bits."""
    for module, plain in PLAIN_ATTENTION.items():
        def rounding(layer, query, key, value, *rest, plain=plain, **options):
            return plain(layer, query, key.half().float(), value.half().float(), *rest, **options)
        module.eager_attention_forward = rounding if rounds else plain


# MARK: Models


def randomize(model):
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 1:
                p.copy_(torch.randn_like(p) * 0.2 + (1.0 if name.endswith("weight") else 0.0))
            elif "embed_tokens" in name:
                p.copy_((torch.randn_like(p) * 0.5).half().float())
            else:
                gain = 1.6 if "q_proj" in name or "k_proj" in name else 1.0
                p.copy_((torch.randn_like(p) * gain / p[0].numel() ** 0.5).half().float())
    return model.float().eval()


def eager(config):
    config._attn_implementation = "eager"
    return config


def text_sizes(heads, kv, width, layers, tied, base, head=None, **rope):
    sizes = dict(vocab_size=VOCABULARY, hidden_size=width, intermediate_size=64, num_hidden_layers=layers,
                 num_attention_heads=heads, num_key_value_heads=kv, rms_norm_eps=1e-6, tie_word_embeddings=tied,
                 max_position_embeddings=32768,
                 rope_parameters=dict(rope_type="default", rope_theta=base) | rope)
    return sizes | (dict(head_dim=head) if head else {})


def qwen3(**rope):
    return Qwen3ForCausalLM(eager(Qwen3Config(**text_sizes(2, 1, 64, 2, False, 1e6, head=128, **rope))))


def qwen3vl():
    text = text_sizes(2, 1, 64, 3, True, 5e6, head=128, mrope_section=[24, 20, 20], mrope_interleaved=True)
    vision = dict(depth=2, hidden_size=16, intermediate_size=16, num_heads=1, patch_size=4, out_hidden_size=64,
                  num_position_embeddings=4, deepstack_visual_indexes=[0, 1])
    return Qwen3VLForConditionalGeneration(eager(Qwen3VLConfig(
        text_config=text, vision_config=vision, video_token_id=VIDEO, image_token_id=VIDEO - 1,
        vision_start_token_id=93, vision_end_token_id=92, tie_word_embeddings=True)))


def qwen25vl():
    text = text_sizes(1, 1, 128, 2, True, 1e6, mrope_section=[16, 24, 24])
    vision = dict(depth=1, hidden_size=16, intermediate_size=16, num_heads=1, patch_size=4, out_hidden_size=128,
                  fullatt_block_indexes=[0])
    return Qwen2_5_VLForConditionalGeneration(eager(Qwen2_5_VLConfig(
        text_config=text, vision_config=vision, video_token_id=VIDEO, image_token_id=VIDEO - 1,
        tie_word_embeddings=True)))


def llava_onevision():
    return Qwen2ForCausalLM(eager(Qwen2Config(**text_sizes(2, 1, 128, 2, True, 1e6))))


def llama(tied, **rope):
    # SmolLM's heads: three queries to a key. Llama 3's scaling.
    return LlamaForCausalLM(eager(LlamaConfig(**text_sizes(3, 1, 192, 2, tied, 1e5, **rope))))


def text_model(model):
    inner = model.model
    return getattr(inner, "language_model", getattr(inner, "text_model", inner))


# MARK: Files


def matrix(writer, name, tensor):
    writer.add_tensor(name, np.ascontiguousarray(tensor.detach().numpy().astype(np.float16)))


def vector(writer, name, tensor):
    writer.add_tensor(name, np.ascontiguousarray(tensor.detach().numpy().astype(np.float32)))


def close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def neighbours(part, heads):
    """Rows of queries or keys as llama.cpp keeps Llama's: a RoPE pair's two rows follow each other."""
    rows = part.unflatten(0, (heads, 2, -1))
    return rows.transpose(1, 2).reshape(part.shape)


def write_model(name, architecture, model, deepstack=0):
    w = GGUFWriter(str(HERE / f"{name}.gguf"), architecture)
    lm = text_model(model)
    config = lm.config
    w.add_block_count(config.num_hidden_layers)
    w.add_context_length(config.max_position_embeddings)
    w.add_embedding_length(config.hidden_size)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_head_count(config.num_attention_heads)
    w.add_head_count_kv(config.num_key_value_heads)
    w.add_layer_norm_rms_eps(config.rms_norm_eps)
    w.add_rope_freq_base(config.rope_parameters["rope_theta"])
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if head * config.num_attention_heads != config.hidden_size:
        w.add_key_length(head)
        w.add_value_length(head)
    if "mrope_section" in config.rope_parameters:
        w.add_rope_dimension_sections(list(config.rope_parameters["mrope_section"]) + [0])
    if deepstack:
        w.add_num_deepstack_layers(deepstack)
    matrix(w, "token_embd.weight", lm.embed_tokens.weight)
    vector(w, "output_norm.weight", lm.norm.weight)
    if config.rope_parameters["rope_type"] == "llama3":
        # As the converter writes them: what the frequencies without scaling are divided by.
        scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
        pairs = config.hidden_size // config.num_attention_heads // 2
        plain = config.rope_parameters["rope_theta"] ** -(torch.arange(pairs, dtype=torch.float64) / pairs)
        vector(w, "rope_freqs.weight", plain / scaled.double())
    if not model.config.tie_word_embeddings:
        matrix(w, "output.weight", model.lm_head.weight)
    for i, layer in enumerate(lm.layers):
        p, attention = f"blk.{i}.", layer.self_attn
        vector(w, p + "attn_norm.weight", layer.input_layernorm.weight)
        vector(w, p + "ffn_norm.weight", layer.post_attention_layernorm.weight)
        for short in "qkv":
            part = getattr(attention, short + "_proj")
            weight = part.weight
            if architecture == "llama" and short != "v":
                weight = neighbours(weight, config.num_attention_heads if short == "q" else config.num_key_value_heads)
            matrix(w, p + f"attn_{short}.weight", weight)
            if part.bias is not None:
                vector(w, p + f"attn_{short}.bias", part.bias)
        if architecture.startswith("qwen3"):
            vector(w, p + "attn_q_norm.weight", attention.q_norm.weight)
            vector(w, p + "attn_k_norm.weight", attention.k_norm.weight)
        matrix(w, p + "attn_output.weight", attention.o_proj.weight)
        for short in ("gate", "up", "down"):
            matrix(w, p + f"ffn_{short}.weight", getattr(layer.mlp, short + "_proj").weight)
    close(w)


# MARK: Sequences


class Sequence:
    """Text and frames in turns. `segments` are lists of tokens, or (rows, columns) of a frame."""

    def __init__(self, segments, positions, width, parts):
        self.segments = segments
        self.positions = torch.tensor(positions)
        self.is_vision = torch.tensor([flag for s in segments for flag in
                                       ([False] * len(s) if isinstance(s, list) else [True] * (s[0] * s[1]))])
        self.tokens = torch.tensor([t for s in segments for t in
                                    (s if isinstance(s, list) else [VIDEO] * (s[0] * s[1]))])
        assert self.positions.shape == (len(self.tokens), 3)
        # The embedding and, one after the other, what is added after each of the first layers.
        self.vision = torch.randn(int(self.is_vision.sum()), parts, width) * 0.5

    def run(self, model):
        lm = text_model(model)
        embeddings = lm.embed_tokens(self.tokens[None])
        embeddings[0, self.is_vision] = self.vision[:, 0]
        options = {}
        if self.vision.shape[1] > 1:
            options = dict(visual_pos_masks=self.is_vision[None],
                           deepstack_visual_embeds=list(self.vision[:, 1:].unbind(1)))
        positions = self.positions.T[:, None].contiguous()
        if not hasattr(model.model, "language_model"):
            positions = positions[0]
        hidden = lm(inputs_embeds=embeddings, position_ids=positions, use_cache=False, **options).last_hidden_state
        return model.lm_head(hidden)[0, -len(self.segments[-1]):].numpy().astype(np.float32)

    def record(self, w, label, model, stages=True):
        found = {}

        def keep(key):
            def hook(_, __, output):
                value = output[0] if isinstance(output, tuple) else output
                found[key] = value.detach().reshape(-1, value.shape[-1]).numpy().astype(np.float32)
            return hook

        handles = [layer.register_forward_hook(keep(f"decoder_layer.{i}"))
                   for i, layer in enumerate(text_model(model).layers)] if stages else []
        with torch.no_grad():
            found["logits"] = self.run(model)
            for handle in handles:
                handle.remove()
            round_cache(True)
            found["logits_16_bit_cache"] = self.run(model)
            round_cache(False)
        assert not np.array_equal(found["logits"], found["logits_16_bit_cache"])
        for key, value in found.items():
            w.add_tensor(f"{label}.{key}", np.ascontiguousarray(value))
        self.write(w, label)
        return found

    def write(self, w, label):
        if len(self.vision):
            w.add_tensor(f"{label}.vision", self.vision.reshape(len(self.vision), -1).numpy().astype(np.float32))
        # Of each segment: how many tokens of text, or the rows and columns of a frame.
        w.add_array(f"{label}.segments", [n for s in self.segments for n in
                                          ([len(s), 0, 0] if isinstance(s, list) else [0, *s])])
        w.add_array(f"{label}.tokens", self.tokens.tolist())
        w.add_array(f"{label}.positions", self.positions.reshape(-1).tolist())


def text(rng, count):
    return rng.integers(0, 90, count).tolist()


def text_positions(start, count):
    return [(start + k,) * 3 for k in range(count)]


def record_qwen3(rng):
    model = randomize(qwen3())
    write_model("qwen3", "qwen3", model)
    w = GGUFWriter(str(HERE / "qwen3-golden.gguf"), "golden")
    tokens = text(rng, 24)
    plain = Sequence([tokens], text_positions(0, 24), 64, 1)
    plain.record(w, "text", model)
    far = Sequence([tokens], text_positions(3000, 24), 64, 1)
    for kind, settings in (("linear", dict(factor=2.0)),
                           ("yarn", dict(factor=4.0, original_max_position_embeddings=4096))):
        stretched = qwen3(rope_type=kind, **settings).float().eval()
        stretched.load_state_dict(model.state_dict())
        far.record(w, kind, stretched, stages=False)
    record_adapters(w, model, plain, rng)
    close(w)


def record_adapters(w, model, sequence, rng):
    matrices = dict(q_proj="attn_q", k_proj="attn_k", v_proj="attn_v", o_proj="attn_output", gate_proj="ffn_gate",
                    up_proj="ffn_up", down_proj="ffn_down")
    state = {key: value.clone() for key, value in model.state_dict().items()}
    for label, rank, alpha, targets, kind in (
        ("everything", 3, 6, [*matrices, "lm_head", "embed_tokens"], GGMLQuantizationType.F16),
        ("attention", 32, 16, ["q_proj", "v_proj"], GGMLQuantizationType.Q8_0),
    ):
        base = qwen3().float().eval()
        base.load_state_dict(state)
        adapted = get_peft_model(base, LoraConfig(r=rank, lora_alpha=alpha, target_modules=targets)).eval()
        file = GGUFWriter(str(HERE / f"qwen3-lora-{label}.gguf"), "qwen3")
        file.add_type("adapter")
        file.add_string("adapter.type", "lora")
        file.add_float32("adapter.lora.alpha", alpha)
        with torch.no_grad():
            for name, module in adapted.named_modules():
                if hasattr(module, "lora_A") and module.lora_A:
                    part = name.split(".")[-1]
                    target = "output" if part == "lm_head" else f"blk.{name.split('.')[-3]}.{matrices[part]}"
                    halves = [module.lora_A["default"].weight, module.lora_B["default"].weight]
                elif hasattr(module, "lora_embedding_A") and module.lora_embedding_A:
                    target = "token_embd"
                    halves = [module.lora_embedding_A["default"], module.lora_embedding_B["default"]]
                else:
                    continue
                for half, parameter in zip("ab", halves):
                    numbers = torch.randn_like(parameter) * 0.7 / parameter.shape[1] ** 0.5
                    if target == "token_embd" and half == "a":
                        numbers = numbers.T
                    packed = quants.quantize(np.ascontiguousarray(numbers.numpy()), kind)
                    numbers = torch.from_numpy(quants.dequantize(packed, kind).copy())
                    file.add_tensor(f"{target}.weight.lora_{half}", packed, raw_dtype=kind)
                    parameter.copy_(numbers.T if target == "token_embd" and half == "a" else numbers)
            close(file)
            tokens = sequence.tokens[None]
            positions = sequence.positions[:, 0][None]

            def logits(network):
                return network(input_ids=tokens, position_ids=positions, use_cache=False).logits[0].numpy()

            found = logits(adapted)
            w.add_tensor(f"{label}.logits", np.ascontiguousarray(found.astype(np.float32)))
            merged = logits(adapted.merge_and_unload())
            w.add_tensor(f"{label}.merged_logits", np.ascontiguousarray(merged.astype(np.float32)))
            difference = np.linalg.norm(found - merged) / np.linalg.norm(merged)
            plain = logits(model)
            print(label, "merged:", difference, "plain:", np.linalg.norm(found - plain) / np.linalg.norm(plain))


def record_qwen3vl(rng):
    model = randomize(qwen3vl())
    write_model("qwen3-vl", "qwen3vl", model, deepstack=2)
    w = GGUFWriter(str(HERE / "qwen3-vl-golden.gguf"), "golden")
    # A caption and the token before each frame, the token after it with the next caption.
    frame, captions = (3, 5), [text(rng, 7), text(rng, 6), text(rng, 6)]
    segments = [part for caption in captions for part in (caption, frame)] + [text(rng, 9)]
    ids = torch.tensor([[t for s in segments for t in (s if isinstance(s, list) else [VIDEO] * 15)]])
    positions, _ = model.model.get_rope_index(
        ids, mm_token_type_ids=(ids == VIDEO).int() * 2, video_grid_thw=torch.tensor([[3, 6, 10]]))
    sequence = Sequence(segments, positions[:, 0].T.tolist(), 64, 3)
    sequence.record(w, "video", model)
    close(w)


def record_qwen25vl(rng):
    model = randomize(qwen25vl())
    write_model("qwen2.5-vl", "qwen2vl", model)
    w = GGUFWriter(str(HERE / "qwen2.5-vl-golden.gguf"), "golden")
    # Four temporal patches of one and a half seconds, two positions a second.
    before, after, rows, columns, step = text(rng, 5), text(rng, 7), 2, 4, 3
    segments = [before] + [(rows, columns)] * 4 + [after]
    ids = torch.tensor([before + [VIDEO] * (4 * rows * columns) + after])
    model.model.config.vision_config.tokens_per_second = 2
    positions, _ = model.model.get_rope_index(
        ids, mm_token_type_ids=(ids == VIDEO).int() * 2, second_per_grid_ts=torch.tensor([step / 2]),
        video_grid_thw=torch.tensor([[4, 2 * rows, 2 * columns]]))
    sequence = Sequence(segments, positions[:, 0].T.tolist(), 128, 1)
    assert sequence.positions[5 + rows * columns].tolist() == [5 + step, 5, 5]
    sequence.record(w, "video", model)
    close(w)


def record_llava_onevision(rng):
    model = randomize(llava_onevision())
    write_model("llava-onevision", "qwen2", model)
    w = GGUFWriter(str(HERE / "llava-onevision-golden.gguf"), "golden")
    segments = [text(rng, 4), (3, 3), (3, 3), text(rng, 8)]
    sequence = Sequence(segments, text_positions(0, 30), 128, 1)
    sequence.record(w, "video", model)
    close(w)


def record_llama(rng):
    tokens = text(rng, 24)
    scaling = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                   original_max_position_embeddings=512)
    for name, tied, start, rope in (("llama", True, 0, {}), ("llama3", False, 3000, scaling)):
        model = randomize(llama(tied, **rope))
        write_model(name, "llama", model)
        w = GGUFWriter(str(HERE / f"{name}-golden.gguf"), "golden")
        Sequence([tokens], text_positions(start, 24), 192, 1).record(w, "text", model)
        close(w)
        if name == "llama":
            positions = text_positions(0, compressed_sequences.TOKENS)
            compressed_sequences.record(sys.modules[__name__], name, model, positions)


def main():
    torch.set_num_threads(1)
    torch.manual_seed(30)
    rng = np.random.default_rng(31)
    record_qwen3(rng)
    record_qwen3vl(rng)
    record_qwen25vl(rng)
    record_llava_onevision(rng)
    record_llama(rng)


if __name__ == "__main__":
    main()
