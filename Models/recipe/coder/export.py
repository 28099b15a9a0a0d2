# SPDX-License-Identifier: Apache-2.0

"""Write the base and its adapters as GGUF, and as folders of `transformers` and `peft` that hold the same numbers.

    python -m recipe.coder.export --work WORK --out FOLDER
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import LlamaFileType
from safetensors.torch import save_file

from ..export_gguf import add_tokenizer, finish, write_tensor
from .decoder import Decoder
from .role_lessons import ROLES
from .train_roles import ALPHA, RANK, base
from .tokenizer import TEMPLATE, Words

TITLE = "edgeassist-coder"
#: Names of a layer's matrices here and in GGUF.
MATRICES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}
NORMS = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}


def adapter_of(work: Path, role: str) -> dict[str, torch.Tensor]:
    corrected = work / f"{role}.corrected.pt"
    return torch.load(corrected if corrected.exists() else work / f"{role}.adapter.pt")


def write_base(decoder: Decoder, folder: Path, target: Path) -> None:
    shape, weights = decoder.shape, {name: w.numpy() for name, w in decoder.state_dict().items()}
    writer = gguf.GGUFWriter(target, "qwen2")
    writer.add_type("model")
    writer.add_name(TITLE)
    writer.add_license("apache-2.0")
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context_length)
    writer.add_embedding_length(shape.hidden_size)
    writer.add_feed_forward_length(shape.intermediate_size)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.key_heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_freq_base(shape.rope_base)
    # The program asks this model in the short style that it was trained on.
    writer.add_string("edgeassist.code.prompts", "short")
    add_tokenizer(writer, folder, shape.vocabulary)
    write_tensor(writer, "token_embd.weight", weights["embed_tokens.weight"], Kind.Q8_0)
    write_tensor(writer, "output_norm.weight", weights["norm.weight"], Kind.F32)
    for index in range(shape.layers):
        for ours, theirs in {**MATRICES, **NORMS}.items():
            for part in ("weight", "bias"):
                value = weights.get(f"layers.{index}.{ours}.{part}")
                if value is not None:
                    write_tensor(writer, f"blk.{index}.{theirs}.{part}", value, Kind.Q8_0)
    finish(writer)


def write_adapter(adapter: dict[str, torch.Tensor], role: str, target: Path) -> None:
    writer = gguf.GGUFWriter(target, "qwen2")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_name(f"{TITLE}-{role}")
    writer.add_license("apache-2.0")
    writer.add_float32("adapter.lora.alpha", ALPHA)
    writer.add_string("edgeassist.role", role)
    for name, value in adapter.items():
        _, index, *path, half = name.split(".")
        matrix = MATRICES[".".join(path)]
        write_tensor(
            writer, f"blk.{index}.{matrix}.weight.lora_{'a' if half == 'down' else 'b'}", value.numpy(), Kind.F16)
    finish(writer)


def write_transformers(decoder: Decoder, words: Words, folder: Path) -> None:
    shape = decoder.shape
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden_size, "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.key_heads, "intermediate_size": shape.intermediate_size,
        "rms_norm_eps": shape.epsilon,
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.rope_base},
        "max_position_embeddings": shape.context_length, "tie_word_embeddings": True, "hidden_act": "silu",
        "bos_token_id": words.pad, "eos_token_id": words.end, "pad_token_id": words.pad, "dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    words.tokenizer.save(str(folder / "tokenizer.json"))
    weights = {f"model.{name}": weight.contiguous() for name, weight in decoder.state_dict().items()}
    save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})


def write_peft(adapter: dict[str, torch.Tensor], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": RANK, "lora_alpha": ALPHA, "lora_dropout": 0.0,
        "bias": "none", "target_modules": [name.split(".")[-1] for name in MATRICES], "inference_mode": True,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1))
    weights = {}
    for name, value in adapter.items():
        matrix, half = name.rsplit(".", 1)
        weights[f"base_model.model.model.{matrix}.lora_{'A' if half == 'down' else 'B'}.weight"] = value.contiguous()
    save_file(weights, str(folder / "adapter_model.safetensors"), metadata={"format": "pt"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    words = Words(options.work / "tokenizer.json")
    decoder, folder = base(options.work, words), options.work / "transformers"
    write_transformers(decoder, words, folder)
    options.out.mkdir(parents=True, exist_ok=True)
    write_base(decoder, folder, options.out / f"{TITLE}-Q8_0.gguf")
    for role in (*ROLES, "direct"):
        if not (options.work / f"{role}.adapter.pt").exists():
            continue
        adapter = adapter_of(options.work, role)
        write_peft(adapter, options.work / f"peft-{role}")
        # The single-shot adapter is for comparison only and does not ship.
        target = options.out if role in ROLES else options.work
        write_adapter(adapter, role, target / f"{TITLE}-{role}-F16.gguf")


if __name__ == "__main__":
    main()
