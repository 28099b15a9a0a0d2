# SPDX-License-Identifier: Apache-2.0

"""Turn a Hugging Face folder of a Qwen2-VL model into a pair of GGUF files.

The pair is laid out the way llama.cpp lays Qwen2-VL out:

* the language model (architecture ``qwen2vl``) with its tokenizer and template;
* the vision tower and merger (architecture ``clip``, projector
  ``qwen2vl_merger``), the file usually called *mmproj*.

On top of the common keys, the language model's file carries what a client
needs to feed it a stream the way it was trained, under ``edgeassist.``.

    python -m recipe.export_gguf HF_FOLDER OUT_FOLDER --name edgeassist-tiny \
        --type Q8_0 --vision-type F16
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import LlamaFileType, TokenType
from safetensors.numpy import load_file

#: Tensor kinds offered for the two-dimensional weights, by file name suffix.
KINDS = {"F32": Kind.F32, "F16": Kind.F16, "Q8_0": Kind.Q8_0}

#: The number that ``general.file_type`` uses for each of them.
FILE_TYPES = {
    "F32": LlamaFileType.ALL_F32,
    "F16": LlamaFileType.MOSTLY_F16,
    "Q8_0": LlamaFileType.MOSTLY_Q8_0,
}

DEFAULT_STREAM = {
    "max_pixels": 112 * 112,
    "min_pixels": 112 * 112,
    "fps": 2.0,
    "kv_budget": 512,
    "system_prompt": "You are a helpful doorstep camera assistant.",
}


def write_tensor(writer: gguf.GGUFWriter, name: str, value: np.ndarray, kind: Kind) -> None:
    """Add one tensor; vectors stay F32, everything else takes ``kind``."""
    value = np.ascontiguousarray(value, dtype=np.float32)
    if value.ndim < 2 or kind == Kind.F32:
        writer.add_tensor(name, value)
    elif kind == Kind.F16:
        writer.add_tensor(name, value.astype(np.float16))
    else:
        packed = gguf.quants.quantize(value, kind)
        writer.add_tensor(name, packed, raw_dtype=kind)


def load_weights(folder: Path) -> dict[str, np.ndarray]:
    """Read a folder's weights under the names of the saved file layout.

    Saved files say ``model.…`` for the language model and ``visual.…`` for the
    tower; a module's own state dictionary nests both one level deeper.
    """
    weights = {}
    for name, value in load_file(str(folder / "model.safetensors")).items():
        name = name.replace("model.language_model.", "model.")
        weights[name.replace("model.visual.", "visual.")] = value
    return weights


def finish(writer: gguf.GGUFWriter) -> None:
    """Write header, keys and tensors, then close the file."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer: gguf.GGUFWriter, folder: Path, rows: int) -> None:
    """Copy the byte-level BPE tokenizer, padded to the embedding's row count."""
    saved = json.loads((folder / "tokenizer.json").read_text())
    words = {index: word for word, index in saved["model"]["vocab"].items()}
    special = {entry["id"]: entry["content"] for entry in saved["added_tokens"]}
    tokens, kinds = [], []
    for index in range(rows):
        if index in special:
            tokens.append(special[index])
            kinds.append(TokenType.CONTROL)
        elif index in words:
            tokens.append(words[index])
            kinds.append(TokenType.NORMAL)
        else:
            tokens.append(f"[PAD{index}]")
            kinds.append(TokenType.UNUSED)
    merges = [m if isinstance(m, str) else " ".join(m) for m in saved["model"]["merges"]]

    by_name = {content: index for index, content in special.items()}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_eos_token_id(by_name["<|im_end|>"])
    writer.add_bos_token_id(by_name["<|endoftext|>"])
    writer.add_pad_token_id(by_name["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_chat_template((folder / "chat_template.jinja").read_text())


def export_language(folder: Path, target: Path, kind_name: str, title: str, stream: dict) -> None:
    """Write the language model's GGUF."""
    config = json.loads((folder / "config.json").read_text())
    text = config["text_config"]
    rope = text["rope_parameters"]
    weights = load_weights(folder)
    kind = KINDS[kind_name]

    writer = gguf.GGUFWriter(target, "qwen2vl")
    writer.add_type("model")
    writer.add_name(title)
    writer.add_license("apache-2.0")
    writer.add_file_type(FILE_TYPES[kind_name])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_block_count(text["num_hidden_layers"])
    writer.add_context_length(text["max_position_embeddings"])
    writer.add_embedding_length(text["hidden_size"])
    writer.add_feed_forward_length(text["intermediate_size"])
    writer.add_head_count(text["num_attention_heads"])
    writer.add_head_count_kv(text["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(text["rms_norm_eps"])
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_rope_dimension_sections([*rope["mrope_section"], 0])
    writer.add_uint32("edgeassist.vision.max_pixels", stream["max_pixels"])
    writer.add_uint32("edgeassist.vision.min_pixels", stream["min_pixels"])
    writer.add_float32("edgeassist.sampling.fps", stream["fps"])
    writer.add_uint32("edgeassist.kv_budget", stream["kv_budget"])
    writer.add_string("edgeassist.system_prompt", stream["system_prompt"])
    add_tokenizer(writer, folder, text["vocab_size"])

    prefix = "model."
    write_tensor(writer, "token_embd.weight", weights[prefix + "embed_tokens.weight"], kind)
    write_tensor(writer, "output_norm.weight", weights[prefix + "norm.weight"], kind)
    if not config.get("tie_word_embeddings", False):
        write_tensor(writer, "output.weight", weights["lm_head.weight"], kind)
    names = {
        "input_layernorm.weight": "attn_norm.weight",
        "self_attn.q_proj.weight": "attn_q.weight",
        "self_attn.q_proj.bias": "attn_q.bias",
        "self_attn.k_proj.weight": "attn_k.weight",
        "self_attn.k_proj.bias": "attn_k.bias",
        "self_attn.v_proj.weight": "attn_v.weight",
        "self_attn.v_proj.bias": "attn_v.bias",
        "self_attn.o_proj.weight": "attn_output.weight",
        "post_attention_layernorm.weight": "ffn_norm.weight",
        "mlp.gate_proj.weight": "ffn_gate.weight",
        "mlp.up_proj.weight": "ffn_up.weight",
        "mlp.down_proj.weight": "ffn_down.weight",
    }
    for layer in range(text["num_hidden_layers"]):
        for theirs, ours in names.items():
            value = weights[f"{prefix}layers.{layer}.{theirs}"]
            write_tensor(writer, f"blk.{layer}.{ours}", value, kind)
    finish(writer)


def export_vision(folder: Path, target: Path, kind_name: str, title: str) -> None:
    """Write the GGUF of the vision tower and its merger."""
    config = json.loads((folder / "config.json").read_text())
    vision = config["vision_config"]
    weights = load_weights(folder)
    preprocessor = json.loads((folder / "preprocessor_config.json").read_text())
    hidden_size = vision["embed_dim"]
    side = int(round(preprocessor["max_pixels"] ** 0.5))
    kind = KINDS[kind_name]

    writer = gguf.GGUFWriter(target, "clip")
    writer.add_type("mmproj")
    writer.add_name(title)
    writer.add_license("apache-2.0")
    writer.add_file_type(FILE_TYPES[kind_name])
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "qwen2vl_merger")
    writer.add_uint32("clip.vision.projection_dim", vision["hidden_size"])
    writer.add_uint32("clip.vision.image_size", side)
    writer.add_uint32("clip.vision.patch_size", vision["patch_size"])
    writer.add_uint32("clip.vision.embedding_length", hidden_size)
    writer.add_uint32("clip.vision.feed_forward_length", int(hidden_size * vision["mlp_ratio"]))
    writer.add_uint32("clip.vision.block_count", vision["depth"])
    writer.add_uint32("clip.vision.attention.head_count", vision["num_heads"])
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    writer.add_uint32("clip.vision.spatial_merge_size", vision["spatial_merge_size"])
    writer.add_uint32("clip.vision.image_min_pixels", preprocessor["min_pixels"])
    writer.add_uint32("clip.vision.image_max_pixels", preprocessor["max_pixels"])
    writer.add_array("clip.vision.image_mean", [float(v) for v in preprocessor["image_mean"]])
    writer.add_array("clip.vision.image_std", [float(v) for v in preprocessor["image_std"]])

    prefix = "visual."
    patch = weights[prefix + "patch_embed.proj.weight"]
    write_tensor(writer, "v.patch_embd.weight", patch[:, :, 0], kind)
    write_tensor(writer, "v.patch_embd.weight.1", patch[:, :, 1], kind)
    names = {
        "norm1": "ln1",
        "norm2": "ln2",
        "attn.proj": "attn_out",
        "mlp.fc1": "ffn_up",
        "mlp.fc2": "ffn_down",
    }
    for block in range(vision["depth"]):
        here, there = f"{prefix}blocks.{block}.", f"v.blk.{block}."
        for part in ("weight", "bias"):
            for theirs, ours in names.items():
                write_tensor(writer, f"{there}{ours}.{part}", weights[f"{here}{theirs}.{part}"], kind)
            thirds = np.split(weights[f"{here}attn.qkv.{part}"], 3, axis=0)
            for letter, third in zip("qkv", thirds):
                write_tensor(writer, f"{there}attn_{letter}.{part}", third, kind)
    for theirs, ours in {"ln_q": "v.post_ln", "mlp.0": "mm.0", "mlp.2": "mm.2"}.items():
        for part in ("weight", "bias"):
            write_tensor(writer, f"{ours}.{part}", weights[f"{prefix}merger.{theirs}.{part}"], kind)
    finish(writer)


def export_pair(
    folder: Path, out: Path, name: str, kind_name: str, vision_kind: str, stream: dict | None = None
) -> tuple[Path, Path]:
    """Write both files and return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    language = out / f"{name}-{kind_name}.gguf"
    vision = out / f"mmproj-{name}-{vision_kind}.gguf"
    export_language(folder, language, kind_name, name, stream or DEFAULT_STREAM)
    export_vision(folder, vision, vision_kind, name)
    return language, vision


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="Hugging Face folder to read")
    parser.add_argument("out", type=Path, help="folder to write the two files to")
    parser.add_argument("--name", default="edgeassist-tiny")
    parser.add_argument("--type", choices=KINDS, default="F16", dest="kind")
    parser.add_argument("--vision-type", choices=["F32", "F16"], default="F16")
    options = parser.parse_args()
    for path in export_pair(
        options.folder, options.out, options.name, options.kind, options.vision_type
    ):
        print(f"{path}  {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
