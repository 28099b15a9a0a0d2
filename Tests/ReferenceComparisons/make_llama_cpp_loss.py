# SPDX-License-Identifier: Apache-2.0

"""Lets llama.cpp read a text with the embedded model in every quantization, for `LossComparisonTests` to compare with.

Reference: llama-cpp-python 0.3.36, gguf 0.19.
Run:       python make_llama_cpp_loss.py --out DIR [--edgeassist .build/release/edgeassist]
           EDGEASSIST_REFERENCE_DIR=DIR swift test -c release --disable-testable-imports --filter LossComparison

llama.cpp's own quantizer makes the files from Models/edgeassist-tiny-Q8_0.gguf; MXFP4, which it gives to expert models
alone, is made by `edgeassist quantize`. The text is a long conversation about nothing in view, whose answers surprise
the model: its loss over them (the mean negative logarithm of the next token's probability) is what a perplexity is made
of.
"""

import argparse
import ctypes
import pathlib
import subprocess

import llama_cpp
import numpy as np
from gguf import GGUFWriter

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "Models" / "edgeassist-tiny-Q8_0.gguf"
TYPES = {
    "F32": "ALL_F32", "F16": "MOSTLY_F16", "BF16": "MOSTLY_BF16", "Q8_0": "MOSTLY_Q8_0", "Q6_K": "MOSTLY_Q6_K",
    "Q5_K_M": "MOSTLY_Q5_K_M", "Q5_1": "MOSTLY_Q5_1", "Q5_0": "MOSTLY_Q5_0", "Q4_K_M": "MOSTLY_Q4_K_M",
    "Q4_K_S": "MOSTLY_Q4_K_S", "Q4_1": "MOSTLY_Q4_1", "Q4_0": "MOSTLY_Q4_0", "IQ4_NL": "MOSTLY_IQ4_NL",
    "IQ4_XS": "MOSTLY_IQ4_XS", "Q3_K_M": "MOSTLY_Q3_K_M", "Q3_K_S": "MOSTLY_Q3_K_S", "Q2_K": "MOSTLY_Q2_K",
}
QUESTIONS = [
    "What is in view now?", "What came first?", "What came last?", "How many things came by?",
    "What time of day is it?",
    "Where are we?", "Did a cat come?", "Which way did it go?", "What came before the dog?", "Describe what happened.",
]
ANSWERS = [
    "A cat came first.", "Nothing is in view.", "It is night.", "Two things came by.", "A dog came last.",
    "No, no bird came.", "It went to the left.", "A truck is in view.", "We are in a yard.", "A car came before it.",
]
TOKENS = 480


def conversation():
    """Pieces of the text, and whether their tokens are answers."""
    pieces = [("<|im_start|>system\nYou are a helpful doorstep camera assistant.<|im_end|>\n", False)]
    for number in range(60):
        question, answer = QUESTIONS[number * 7 % len(QUESTIONS)], ANSWERS[(number * 3 + number // 10) % len(ANSWERS)]
        pieces += [
            (f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n", False), (answer, True),
            ("<|im_end|>", True), ("\n", False)]
    return pieces


def tokenize(vocabulary):
    """The text's tokens, and the places of the answers' among them."""
    tokens, answers = [], []
    for piece, is_answer in conversation():
        text = piece.encode()
        held = (llama_cpp.llama_token * len(text))()
        count = llama_cpp.llama_tokenize(vocabulary, text, len(text), held, len(text), False, True)
        if is_answer:
            answers += range(len(tokens), len(tokens) + count)
        tokens += list(held)[:count]
    return tokens[:TOKENS], [place for place in answers if place < TOKENS]


def quantize(target, kind):
    settings = llama_cpp.llama_model_quantize_default_params()
    settings.ftype = getattr(llama_cpp, "LLAMA_FTYPE_" + kind)
    settings.nthread = 2
    settings.allow_requantize = True
    if llama_cpp.llama_model_quantize(str(SOURCE).encode(), str(target).encode(), ctypes.byref(settings)) != 0:
        raise SystemExit(f"llama.cpp cannot make {target}")


def read(path):
    """The text's tokens, the places of the answers' among them, and the loss over these."""
    options = llama_cpp.llama_model_default_params()
    options.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), options)
    if not model:
        raise SystemExit(f"llama.cpp cannot load {path}")
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    tokens, answers = tokenize(vocabulary)
    settings = llama_cpp.llama_context_default_params()
    settings.n_ctx = settings.n_batch = settings.n_ubatch = 512
    settings.n_threads = settings.n_threads_batch = 2
    settings.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(model, settings)
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for index, token in enumerate(tokens):
        batch.token[index], batch.pos[index] = token, index
        batch.n_seq_id[index], batch.seq_id[index][0], batch.logits[index] = 1, 0, True
    if llama_cpp.llama_decode(context, batch) != 0:
        raise SystemExit("llama.cpp refuses the text")
    size = llama_cpp.llama_vocab_n_tokens(vocabulary)
    losses = []
    for place in answers:
        logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, place - 1), (size,)).astype(np.float64)
        largest = logits.max()
        losses.append(largest + np.log(np.exp(logits - largest).sum()) - logits[tokens[place]])
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return tokens, answers, float(np.mean(losses))


def record(path, model, tokens, answers, loss):
    w = GGUFWriter(str(path), "golden")
    w.add_string("model", model.name)
    w.add_float64("loss", loss)
    w.add_array("answers", answers)
    w.add_array("run.segments", [len(tokens), 0, 0])
    w.add_array("run.tokens", tokens)
    w.add_array("run.positions", [place for index in range(len(tokens)) for place in [index] * 3])
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--edgeassist", type=pathlib.Path, help="the program, which then makes MXFP4")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    llama_cpp.llama_backend_init()
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, None)
    models = {}
    for name, kind in TYPES.items():
        models[name] = options.out / f"tiny-{name}.gguf"
        quantize(models[name], kind)
    if options.edgeassist:
        models["MXFP4"] = options.out / "tiny-MXFP4.gguf"
        subprocess.run(
            [options.edgeassist, "quantize", SOURCE, models["MXFP4"], "--type", "MXFP4", "--force"], check=True,
            stdout=subprocess.DEVNULL)
    for name, model in models.items():
        tokens, answers, loss = read(model)
        record(options.out / f"tiny-{name}-loss.gguf", model, tokens, answers, loss)
        print(f"{name}: {loss:.4f} over {len(answers)} of {len(tokens)} tokens", flush=True)


if __name__ == "__main__":
    main()
