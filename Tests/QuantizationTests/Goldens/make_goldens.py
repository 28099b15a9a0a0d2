#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Quantizes models of zeros with llama.cpp, and writes

  types.json   for each model and recipe, the type that llama.cpp gave most matrices, and those that got another one

Reference: llama-cpp-python 0.3.36, gguf 0.19.0 (PyPI). Run here: python make_goldens.py

The models are of Qwen2's architecture: "wide" has rows of 256 and 768, four queries to a key and an output matrix of
its own; "narrow" has rows of 96 and 256, two queries to a key and tied embeddings.
"""
import collections
import ctypes
import json
import pathlib
import tempfile

import gguf
import llama_cpp
import numpy

HERE = pathlib.Path(__file__).parent
RECIPES = {
    "F16": 1, "BF16": 32, "Q8_0": 7, "Q6_K": 18, "Q5_K_M": 17, "Q5_K_S": 16, "Q5_1": 9, "Q5_0": 8, "Q4_K_M": 15,
    "Q4_K_S": 14, "Q4_1": 3, "Q4_0": 2, "IQ4_NL": 25, "IQ4_XS": 30, "Q3_K_L": 13, "Q3_K_M": 12, "Q3_K_S": 11,
    "Q2_K": 10,
}
LAYERS = 17
MODELS = {
    "wide": {"width": 256, "inner": 768, "heads": 8, "keys": 2, "tied": False},
    "narrow": {"width": 96, "inner": 256, "heads": 6, "keys": 3, "tied": True},
}


def tensors(width, inner, heads, keys, tied):
    key_width = width // heads * keys
    yield "token_embd.weight", (64, width)
    yield "output_norm.weight", (width,)
    if not tied:
        yield "output.weight", (64, width)
    for layer in range(LAYERS):
        shapes = {
            "attn_norm.weight": (width,), "attn_q.weight": (width, width), "attn_q.bias": (width,),
            "attn_k.weight": (key_width, width), "attn_k.bias": (key_width,), "attn_v.weight": (key_width, width),
            "attn_v.bias": (key_width,), "attn_output.weight": (width, width), "ffn_norm.weight": (width,),
            "ffn_gate.weight": (inner, width), "ffn_up.weight": (inner, width), "ffn_down.weight": (width, inner),
        }
        for name, shape in shapes.items():
            yield f"blk.{layer}.{name}", shape


def write_model(path, model):
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_block_count(LAYERS)
    writer.add_context_length(64)
    writer.add_embedding_length(model["width"])
    writer.add_feed_forward_length(model["inner"])
    writer.add_head_count(model["heads"])
    writer.add_head_count_kv(model["keys"])
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([f"t{index}" for index in range(64)])
    writer.add_token_types([1] * 64)
    writer.add_token_merges([])
    for name, shape in tensors(**model):
        writer.add_tensor(name, numpy.zeros(shape, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def most_common(reader):
    names = [tensor.tensor_type.name for tensor in reader.tensors if len(tensor.shape) > 1]
    return collections.Counter(names).most_common(1)[0][0]


def main():
    goldens = {}
    with tempfile.TemporaryDirectory() as folder:
        source = f"{folder}/source.gguf"
        target = f"{folder}/target.gguf"
        for name, model in MODELS.items():
            write_model(source, model)
            recipes = {}
            for recipe, code in RECIPES.items():
                parameters = llama_cpp.llama_model_quantize_default_params()
                parameters.ftype = code
                parameters.nthread = 1
                status = llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(parameters))
                assert status == 0, (name, recipe)
                reader = gguf.GGUFReader(target)
                recipes[recipe] = {
                    "file_type": int(reader.fields["general.file_type"].contents()),
                    "usual": (usual := most_common(reader)),
                    "others": {
                        tensor.name: tensor.tensor_type.name
                        for tensor in reader.tensors
                        if len(tensor.shape) > 1 and tensor.tensor_type.name != usual
                    },
                }
            goldens[name] = {
                "metadata": {key: value for key, value in model.items() if key != "tied"},
                "shapes": {tensor: list(reversed(shape)) for tensor, shape in tensors(**model)},
                "recipes": recipes,
            }
    (HERE / "types.json").write_text(json.dumps(goldens, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
