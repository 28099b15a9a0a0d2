# SPDX-License-Identifier: Apache-2.0

"""Runs random language models through llama.cpp and keeps its logits, for `LanguageComparisonTests` to compare with.

Reference: llama-cpp-python 0.3.36, gguf 0.19.
Run:       python make_llama_cpp_logits.py --out DIR [--types F16 Q8_0 Q4_K_M …]
           EDGEASSIST_REFERENCE_DIR=DIR swift test -c release --disable-testable-imports --filter LanguageComparison

Each kind of model has real head sizes, the width of a half-billion model and a few layers; llama.cpp's own quantizer
makes the other types of the F16 file. A fixed random text is read, in models that see with frames of random vectors and
their inner features before it. DIR/NAME-TYPE.gguf is the model, DIR/NAME-TYPE-llama.gguf the input and every token's
logits; NAME-lora.gguf is an adapter, which a run of its own applies.

Random weights give nearly flat logits, whose order is chance. Here the output head's rows differ in length, as trained
ones do, so that some tokens stand out; the script says by how much the first leads.
"""

import argparse
import ctypes
import dataclasses
import pathlib

import llama_cpp
import numpy as np
from gguf import GGUFWriter

from make_random_model import StreamedFile, add_layers, add_sizes, last_norm
from published_models import Shape

VOCABULARY = 4096
TEXT, FRAMES, GRID = 256, 3, (4, 6)
SHAPES = {
    "qwen2": Shape("qwen2", 5, 896, 14, 2, 4864, head=64, tied=False),
    "qwen2vl": Shape("qwen2vl", 5, 896, 7, 1, 4864, sections=(16, 24, 24, 0)),
    "qwen3": Shape("qwen3", 5, 1024, 16, 8, 3072),
    "llama": Shape("llama", 5, 576, 9, 3, 1536, head=64, base=1e5),
    "lfm2": Shape("lfm2", 6, 1024, 16, 8, 4608, head=64),
    "qwen35": Shape("qwen35", 5, 1024, 8, 2, 3584, head=256, base=1e7, sections=(11, 11, 10, 0), delta_heads=(8, 16)),
    "qwen3vl": Shape("qwen3vl", 5, 1024, 16, 8, 3072, base=5e6, sections=(24, 20, 20, 0), tied=False),
}
DEEPSTACK = {"qwen3vl": 3}
# Models whose layers differ are compared without an adapter.
HYBRID = {"lfm2", "qwen35"}
MATRICES = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]


# MARK: Models


def write_model(path, shape, seed):
    file = StreamedFile(path, shape.architecture, seed)
    add_sizes(file.writer, shape)
    if shape.architecture in DEEPSTACK:
        file.writer.add_num_deepstack_layers(DEEPSTACK[shape.architecture])
    file.writer.add_file_type(1)
    file.writer.add_tokenizer_model("none")
    file.writer.add_vocab_size(VOCABULARY)

    def rows_of_various_lengths():
        lengths = np.exp(0.6 * file.rng.standard_normal(VOCABULARY)).astype(np.float32)
        for length in lengths:
            yield file.rng.standard_normal(shape.width, dtype=np.float32) * (length * shape.width ** -0.5)

    file.declare("token_embd.weight", (VOCABULARY, shape.width), np.float16, rows_of_various_lengths())
    file.vector(last_norm(shape), shape.width, around=1.0)
    if not shape.tied:
        file.declare("output.weight", (VOCABULARY, shape.width), np.float16, rows_of_various_lengths())
    add_layers(file, shape)
    file.close()


def write_adapter(path, shape, rng, rank=8, alpha=16):
    w = GGUFWriter(str(path), shape.architecture)
    w.add_type("adapter")
    w.add_string("adapter.type", "lora")
    w.add_float32("adapter.lora.alpha", alpha)
    queries, keys = shape.heads * shape.head, shape.key_value_heads * shape.head
    sizes = dict(attn_q=(shape.width, queries), attn_k=(shape.width, keys), attn_v=(shape.width, keys),
                 attn_output=(queries, shape.width), ffn_gate=(shape.width, shape.feed_forward),
                 ffn_up=(shape.width, shape.feed_forward), ffn_down=(shape.feed_forward, shape.width))
    for index in range(shape.layers):
        for name in MATRICES:
            inputs, outputs = sizes[name]
            for half, extent in (("a", (rank, inputs)), ("b", (outputs, rank))):
                numbers = rng.standard_normal(extent, dtype=np.float32) * 0.5 / extent[1] ** 0.5
                w.add_tensor(f"blk.{index}.{name}.weight.lora_{half}", numbers.astype(np.float16))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def quantize(source, target, kind):
    settings = llama_cpp.llama_model_quantize_default_params()
    settings.ftype = getattr(llama_cpp, "LLAMA_FTYPE_MOSTLY_" + kind)
    settings.nthread = 2
    if llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(settings)) != 0:
        raise SystemExit(f"llama.cpp cannot make {target}")


# MARK: Input


@dataclasses.dataclass
class Input:
    """Text, then in models that see some frames, then the text whose logits are kept."""

    opening: np.ndarray
    frames: np.ndarray
    text: np.ndarray
    positions: np.ndarray


def make_input(shape, rng):
    opening, text = rng.integers(0, VOCABULARY, 16), rng.integers(0, VOCABULARY, TEXT)
    positions = [(k,) * 3 for k in range(len(opening))]
    rows, columns = GRID
    count = FRAMES * rows * columns if shape.sections else 0
    parts = 1 + DEEPSTACK.get(shape.architecture, 0)
    frames = (rng.standard_normal((count, shape.width * parts)) * 0.3).astype(np.float32)
    start = len(opening)
    if count:
        positions += [(start + t, start + y, start + x)
                      for t in range(FRAMES) for y in range(rows) for x in range(columns)]
        start += max(FRAMES, rows, columns)
    positions += [(start + k,) * 3 for k in range(TEXT)]
    return Input(opening, frames, text, np.array(positions, dtype=np.int32))


# MARK: llama.cpp


class Peer:
    def __init__(self, path, adapter=None):
        settings = llama_cpp.llama_model_default_params()
        settings.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), settings)
        if not self.model:
            raise SystemExit(f"llama.cpp cannot load {path}")
        options = llama_cpp.llama_context_default_params()
        options.n_ctx = options.n_batch = options.n_ubatch = 512
        options.n_threads = options.n_threads_batch = 2
        options.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self.context = llama_cpp.llama_init_from_model(self.model, options)
        if adapter:
            loaded = llama_cpp.llama_adapter_lora_init(self.model, str(adapter).encode())
            pointers = (type(loaded) * 1)(loaded)
            if llama_cpp.llama_set_adapters_lora(self.context, pointers, 1, (ctypes.c_float * 1)(1.0)) != 0:
                raise SystemExit(f"llama.cpp cannot use {adapter}")

    def read(self, positions, tokens=None, vectors=None, keep=False):
        """Reads tokens or vectors; returns every token's logits if they are to be kept."""
        count = len(positions)
        batch = llama_cpp.llama_batch_init(count, 0 if vectors is None else vectors.shape[1], 1)
        batch.n_tokens = count
        # Vectors bring four positions each: time, height, width and one that is not used.
        places = positions[:, 0] if vectors is None else np.concatenate([*positions.T, np.zeros(count)])
        held = (ctypes.c_int32 * len(places))(*[int(place) for place in places])
        pointer = type(batch.pos)
        own = ctypes.cast(batch.pos, ctypes.c_void_p).value
        batch.pos = ctypes.cast(held, pointer)
        if vectors is None:
            for index, token in enumerate(tokens):
                batch.token[index] = int(token)
        else:
            ctypes.memmove(batch.embd, np.ascontiguousarray(vectors).ctypes.data, vectors.nbytes)
        for index in range(count):
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = keep
        if llama_cpp.llama_decode(self.context, batch) != 0:
            raise SystemExit("llama.cpp refuses the input")
        batch.pos = ctypes.cast(own, pointer)
        llama_cpp.llama_batch_free(batch)
        if keep:
            return np.array([np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self.context, index), (VOCABULARY,))
                             for index in range(count)], dtype=np.float32)

    def run(self, given):
        first, last = len(given.opening), len(given.opening) + len(given.frames)
        self.read(given.positions[:first], tokens=given.opening)
        for start in range(first, last, GRID[0] * GRID[1]):
            end = start + GRID[0] * GRID[1]
            self.read(given.positions[start:end], vectors=given.frames[start - first:end - first])
        return self.read(given.positions[last:], tokens=given.text, keep=True)

    def close(self):
        llama_cpp.llama_free(self.context)
        llama_cpp.llama_model_free(self.model)


def record(path, model, adapter, given, logits):
    """What the tests read: the layout of the decoder goldens beside the models' tests."""
    w = GGUFWriter(str(path), "golden")
    w.add_string("model", model.name)
    if adapter:
        w.add_string("adapter", adapter.name)
    frames = [[0, *GRID]] * (len(given.frames) // (GRID[0] * GRID[1]))
    segments = [[len(given.opening), 0, 0], *frames, [len(given.text), 0, 0]]
    w.add_array("run.segments", [int(n) for segment in segments for n in segment])
    w.add_array("run.tokens", [*map(int, given.opening), *[0] * len(given.frames), *map(int, given.text)])
    w.add_array("run.positions", given.positions.reshape(-1).tolist())
    if len(given.frames):
        w.add_tensor("run.vision", given.frames)
    w.add_tensor("run.logits", logits)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def describe(logits, given):
    ranked = np.sort(logits, axis=1)
    lead = (ranked[:, -1] - ranked[:, -2]) / logits.std(axis=1)
    first = logits.argmax(axis=1)
    repeated = int((first == given.text).sum())
    return (f"{len(set(first.tolist()))} different first tokens in {len(first)}, {repeated} repeat the input, "
            f"lead in deviations: median {np.median(lead):.2f}, 5 % below {np.quantile(lead, 0.05):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--models", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--types", nargs="+", default=["F16", "Q8_0", "Q4_0", "Q4_K_M"])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    llama_cpp.llama_backend_init()
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, None)
    for seed, (name, shape) in enumerate(SHAPES.items()):
        if name not in options.models:
            continue
        shape = dataclasses.replace(shape, vocabulary=VOCABULARY)
        rng = np.random.default_rng(100 + seed)
        original = options.out / f"{name}-F16.gguf"
        write_model(original, shape, seed)
        adapter = options.out / f"{name}-lora.gguf"
        if name not in HYBRID:
            write_adapter(adapter, shape, rng)
        given = make_input(shape, rng)
        for kind in options.types:
            model = options.out / f"{name}-{kind}.gguf"
            if kind != "F16":
                quantize(original, model, kind)
            for used in (None,) if name in HYBRID else (None, adapter):
                peer = Peer(model, used)
                logits = peer.run(given)
                peer.close()
                label = f"{name}-{kind}" + ("-lora" if used else "")
                record(options.out / f"{label}-llama.gguf", model, used, given, logits)
                print(f"{label}: {describe(logits, given)}", flush=True)


if __name__ == "__main__":
    main()
