# SPDX-License-Identifier: Apache-2.0
"""What weights and activations in MXFP4 and AMXFP4 cost a language model, simulated in floats by PyTorch.

python Tests/ReferenceComparisons/four_bit_activations.py MODEL.gguf TEXT [WINDOWS]

MODEL is in F32, such as smollm2-F32.gguf of make_llama_cpp_smollm2.py. The casts are ck_cast of Sources/CKernels, which
is built with clang into a temporary folder. The inputs of all linear layers but the output head are cast. Windows have
512 tokens, of which the second half counts. Needs torch, transformers and gguf. Prints the cross entropy and the KL
divergence from the model in floats, and the ratio of what the two formats add to the cross entropy.
"""
import ctypes
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

# Values of ck_type in Sources/CKernels/include/CKernels.h.
TYPES = {"mxfp4": 15, "amxfp4": 19}
LENGTH = 512


def load_library(folder):
    kernels = Path(__file__).resolve().parents[2] / "Sources" / "CKernels"
    sources = [*kernels.glob("formats/*.c"), *kernels.glob("*.c"), *kernels.glob("x86/*.c"), *kernels.glob("arm/*.c")]
    target = str(Path(folder) / "kernels.so")
    flags = ["-O2", "-fPIC", "-shared", "-D_GNU_SOURCE", f"-I{kernels}", f"-I{kernels}/include", "-lm"]
    subprocess.run(["clang", *map(str, sources), *flags, "-o", target], check=True)
    library = ctypes.CDLL(target)
    library.ck_cast.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    return library


def main(model_path, text_path, windows=12):
    with tempfile.TemporaryDirectory() as folder:
        library = load_library(folder)

    def cast(values, name):
        source = np.ascontiguousarray(values.detach().numpy().astype(np.float32))
        target = np.empty_like(source)
        library.ck_cast(TYPES[name], source.ctypes.data, target.ctypes.data, source.size)
        return torch.from_numpy(target)

    place = Path(model_path)
    loading = {"gguf_file": place.name}
    model = AutoModelForCausalLM.from_pretrained(place.parent, dtype=torch.float32, **loading).eval()
    tokenizer = AutoTokenizer.from_pretrained(place.parent, **loading)
    text = Path(text_path).read_text(encoding="utf-8")[: 6 * LENGTH * int(windows)]
    tokens = tokenizer(text, return_tensors="pt").input_ids[0]
    layers = [module for module in model.model.modules() if isinstance(module, torch.nn.Linear)]
    weights = {None: [layer.weight.data for layer in layers]}
    for name in TYPES:
        weights[name] = [cast(weight, name) for weight in weights[None]]
    activations = None
    for layer in layers:
        layer.register_forward_pre_hook(
            lambda _, inputs: (cast(inputs[0], activations), *inputs[1:]) if activations else None)

    variants = [(None, None)]
    for name in TYPES:
        variants += [(name, None), (None, name), (name, name)]
    found = {variant: [] for variant in variants}
    for start in range(0, min(len(tokens) // LENGTH, int(windows)) * LENGTH, LENGTH):
        window, reference = tokens[start:start + LENGTH], None
        for variant in variants:
            activations = variant[1]
            for layer, weight in zip(layers, weights[variant[0]]):
                layer.weight.data = weight
            with torch.no_grad():
                logits = model(window[None]).logits[0, LENGTH // 2 - 1:-1]
            scores = torch.log_softmax(logits, -1)
            reference = scores if reference is None else reference
            entropy = -scores.gather(1, window[LENGTH // 2:, None]).mean().item()
            divergence = (reference.exp() * (reference - scores)).sum(-1).mean().item()
            found[variant].append((entropy, divergence))
    means = {variant: np.mean(values, 0) for variant, values in found.items()}
    print(f"{len(found[variants[0]])} windows")
    for (weight, activation), (entropy, divergence) in means.items():
        print(f"weights {weight or 'floats':7} activations {activation or 'floats':7} {entropy:.4f} {divergence:.4f}")
    base = means[variants[0]][0]
    added = [means[(name, name)][0] - base for name in TYPES]
    print(f"what AMXFP4 adds of what MXFP4 adds: {added[1] / added[0]:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
