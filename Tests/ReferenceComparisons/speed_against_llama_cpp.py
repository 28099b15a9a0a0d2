# SPDX-License-Identifier: Apache-2.0

"""Compares the speed of edgeassist with llama.cpp's on the same files, taking turns.

Reference: llama-cpp-python 0.3.36 (ggml 0.25.3), numpy.
Run:       swift build -c release
           python speed_against_llama_cpp.py --shape qwen2-0.5b --type q4_0 --threads 1,2
           python speed_against_llama_cpp.py --shape qwen2-vl-2b --type q4_k --mmproj-type f16
           python speed_against_llama_cpp.py --model model.gguf --mmproj mmproj.gguf

A shape's model is made by `edgeassist bench --keep` and removed at the end. Both programs run in processes of their
own, one after the other, over and over: edgeassist, llama.cpp, edgeassist, …; before the first, between each two and
after the last, memory bandwidth is read. Each run warms up, then measures every figure some times and takes the median.
A ratio is that of a run to the one right after it; above 1 edgeassist is faster. Printed are medians over all turns,
and the least and the most. The share of bandwidth counts the weights that are read once a token, and nothing else.

llama.cpp runs as it does when nothing is said: weights repacked, flash attention where it chooses it, and in the vision
tower. What is timed is `llama_decode` and `mtmd_encode_chunk`; choosing a token is left out on both sides, and on
llama.cpp's so is the preparation of the image.

Nothing else may run at the same time.
"""

import argparse
import ctypes
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

PROMPT, WRITTEN = 512, 32
FIGURES = {"prefill": f"prefill, {PROMPT} tokens, tokens/s", "decode": "decode, tokens/s", "vision": "vision, frames/s"}


# MARK: llama.cpp, in a process of its own


def median_seconds(rounds, prepare, body):
    seconds = []
    for turn in range(rounds + 1):
        prepare()
        start = time.perf_counter()
        body()
        if turn > 0:
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def peer(options):
    import llama_cpp

    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    model = llama_cpp.llama_model_load_from_file(options.model.encode(), llama_cpp.llama_model_default_params())
    assert model, "llama.cpp refused the model"
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = 2 * PROMPT, PROMPT, PROMPT
    parameters.n_threads = parameters.n_threads_batch = options.threads
    context = llama_cpp.llama_init_from_model(model, parameters)
    assert context, "llama.cpp made no context"
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    memory = llama_cpp.llama_get_memory(context)
    tokens = (llama_cpp.llama_token * PROMPT)(*[(7 + 7919 * i) % vocabulary for i in range(PROMPT)])

    def clear():
        llama_cpp.llama_memory_clear(memory, True)

    def read():
        assert llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(tokens, PROMPT)) == 0
        llama_cpp.llama_synchronize(context)

    def write():
        for i in range(WRITTEN):
            one = (llama_cpp.llama_token * 1)(tokens[i])
            assert llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(one, 1)) == 0
            llama_cpp.llama_synchronize(context)

    figures = {
        "prefill": PROMPT / median_seconds(options.rounds, clear, read),
        "decode": WRITTEN / median_seconds(options.rounds, clear, write),
    }
    if options.mmproj:
        figures["vision"] = 1 / peer_vision(options, model)
    print(json.dumps(figures))


def peer_vision(options, model):
    """Seconds that the multimodal library takes for one image."""
    import numpy as np
    from llama_cpp import mtmd_cpp as mtmd

    parameters = mtmd.mtmd_context_params_default()
    parameters.use_gpu, parameters.warmup, parameters.n_threads = False, False, options.threads
    parameters.flash_attn_type = 1
    context = mtmd.mtmd_init_from_file(options.mmproj.encode(), model, parameters)
    assert context, "the multimodal library refused the tower"
    width, height = options.image_size
    pixels = np.random.default_rng(11).integers(0, 256, (height, width, 3), dtype=np.uint8)
    bitmap = mtmd.mtmd_bitmap_init(width, height, (ctypes.c_uint8 * pixels.size).from_buffer_copy(pixels.tobytes()))
    marker = mtmd.mtmd_get_marker(context)
    text = mtmd.mtmd_input_text(text=marker, text_len=len(marker), add_special=False, parse_special=True)
    chunks = mtmd.mtmd_input_chunks_init()
    bitmaps = (mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap)
    assert mtmd.mtmd_tokenize(context, chunks, ctypes.byref(text), bitmaps, 1) == 0
    every = [mtmd.mtmd_input_chunks_get(chunks, i) for i in range(mtmd.mtmd_input_chunks_size(chunks))]
    image, = [c for c in every if mtmd.mtmd_input_chunk_get_type(c) == mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE]

    def encode():
        assert mtmd.mtmd_encode_chunk(context, image) == 0

    return median_seconds(options.vision_rounds, lambda: None, encode)


# MARK: Taking turns


def bench(options, *arguments):
    command = [options.program, "bench", "--json", "-", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def bandwidth(options, threads):
    report = bench(options, "--only", "bandwidth", "--repetitions", 3, "--threads", threads)
    return report["results"][0]["value"]["median"]


def ours(options, threads):
    files = ["--model", options.model, "--threads", threads] + (["--mmproj", options.mmproj] if options.mmproj else [])
    report = bench(options, *files, "--only", "prefill,decode", "--prompt-lengths", PROMPT, "--context", 0,
                   "--repetitions", options.rounds)
    figures = {result["part"]: result["value"]["median"] for result in report["results"]}
    if options.mmproj:
        size = "x".join(map(str, options.image_size))
        vision = bench(options, *files, "--only", "vision", "--image-size", size,
                       "--repetitions", options.vision_rounds)
        result, = vision["results"]
        # The library encodes one still image, which is the work of one temporal patch here.
        figures["vision"] = result["value"]["median"] / result["temporal_patch_size"]
    return figures, report["model"]["weight_bytes"]


def theirs(options, threads):
    command = [sys.executable, __file__, "--peer", "--model", options.model, "--threads", str(threads),
               "--rounds", str(options.rounds), "--vision-rounds", str(options.vision_rounds),
               "--image-size", "x".join(map(str, options.image_size))]
    command += ["--mmproj", options.mmproj] if options.mmproj else []
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])


def words(values, digits=1):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def compare(options, threads):
    a, b, readings = [], [], [bandwidth(options, threads)]
    for turn in range(options.turns):
        print(f"{threads} threads, turn {turn + 1} of {options.turns}", file=sys.stderr)
        figures, weights = ours(options, threads)
        a.append(figures)
        readings.append(bandwidth(options, threads))
        b.append(theirs(options, threads))
        readings.append(bandwidth(options, threads))
    beside = [(first + second) / 2 for first, second in zip(readings, readings[1:])]
    print(f"| {threads} threads | edgeassist | llama.cpp | ratio |")
    print("|---|---|---|---|")
    for part in a[0]:
        digits = 2 if part == "vision" else 1
        mine, other = [turn[part] for turn in a], [turn[part] for turn in b]
        ratios = [x / y for x, y in zip(mine, other)]
        print(f"| {FIGURES[part]} | {words(mine, digits)} | {words(other, digits)} | **{words(ratios, 2)}** |")
    shares = [[100 * turn["decode"] * weights / reading for turn, reading in zip(turns, beside[first::2])]
              for first, turns in enumerate((a, b))]
    print(f"| decode, % of bandwidth | {words(shares[0], 0)} | {words(shares[1], 0)} | |")
    print(f"| bandwidth, GB/s | {words([r / 1e9 for r in readings])} | | |\n", flush=True)


def numbers(text):
    return [int(word) for word in text.replace("x", ",").split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=".build/release/edgeassist")
    parser.add_argument("--shape", help="a shape of `edgeassist bench`")
    parser.add_argument("--type", default="q4_0")
    parser.add_argument("--mmproj-type", default="f16")
    parser.add_argument("--model")
    parser.add_argument("--mmproj")
    parser.add_argument("--threads", type=numbers, default=[1])
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3, help="rounds within a turn")
    parser.add_argument("--vision-rounds", type=int, default=1)
    parser.add_argument("--image-size", type=numbers, default=[448, 448])
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        options.threads = options.threads[0]
        return peer(options)
    with tempfile.TemporaryDirectory(prefix="edgeassist-speed-") as folder:
        if options.shape:
            path = pathlib.Path(folder) / f"{options.shape}.gguf"
            bench(options, "--shape", options.shape, "--type", options.type, "--mmproj-type", options.mmproj_type,
                  "--keep", path, "--only", "load", "--repetitions", 1)
            options.model = str(path)
            tower = path.with_name("mmproj-" + path.name)
            options.mmproj = str(tower) if tower.exists() else None
        if not options.model:
            parser.error("name a --shape or a --model")
        print(f"{options.shape or options.model}, {options.type if options.shape else 'as it is'}\n")
        for threads in options.threads:
            compare(options, threads)


main()
