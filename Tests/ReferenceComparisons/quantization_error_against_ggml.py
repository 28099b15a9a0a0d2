#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Compares the error of the quantizers here with that of ggml's, type by type.

Needs clang, numpy and a libggml-base.so, such as the one of llama-cpp-python:
    python quantization_error_against_ggml.py PATH/libggml-base.so
Prints, for several distributions of weights, the ratio of the root mean square errors (ours / ggml's), plain and
weighted by importance, and microseconds for a thousand weights. Stops if ggml refuses the blocks.
Measured with llama-cpp-python 0.3.36 (ggml 0.25.3).
"""
import ctypes
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

# name: (ck_type, ggml_type, weights of a block, bytes of a block)
TYPES = {
    "Q8_0": (3, 8, 32, 34), "Q4_0": (4, 2, 32, 18), "Q4_1": (5, 3, 32, 20), "Q5_0": (6, 6, 32, 22),
    "Q5_1": (7, 7, 32, 24), "Q2_K": (8, 10, 256, 84), "Q3_K": (9, 11, 256, 110), "Q4_K": (10, 12, 256, 144),
    "Q5_K": (11, 13, 256, 176), "Q6_K": (12, 14, 256, 210), "IQ4_NL": (13, 20, 32, 18), "IQ4_XS": (14, 23, 256, 136),
    "MXFP4": (15, 39, 32, 17),
}  # fmt: skip
FLOATS = ctypes.POINTER(ctypes.c_float)
ROWS, COLUMNS = 64, 2048


def load_ours(folder):
    sources = pathlib.Path(__file__).parents[2] / "Sources" / "CKernels"
    library = pathlib.Path(folder) / "libck.so"
    files = sorted(str(path) for path in sources.rglob("*.c"))
    subprocess.run(
        ["clang", "-O2", "-shared", "-fPIC", "-D_GNU_SOURCE", f"-I{sources}", f"-I{sources}/include", *files, "-lm",
         "-o", library],
        check=True)  # fmt: skip
    ours = ctypes.CDLL(str(library))
    ours.ck_quantize.argtypes = [ctypes.c_int, FLOATS, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, FLOATS]
    ours.ck_dequantize.argtypes = [ctypes.c_int, ctypes.c_void_p, FLOATS, ctypes.c_size_t]
    return ours


def pointer(array):
    return None if array is None else array.ctypes.data_as(FLOATS)


def samples(random):
    columns = random.lognormal(0, 0.7, COLUMNS).astype(np.float32)
    yield "normal", random.normal(0, 0.02, (ROWS, COLUMNS)).astype(np.float32)
    yield "laplace", random.laplace(0, 0.02, (ROWS, COLUMNS)).astype(np.float32)
    yield "student-t", (random.standard_t(4, (ROWS, COLUMNS)) * 0.02).astype(np.float32)
    yield "columns", (random.normal(0, 0.02, (ROWS, COLUMNS)) * columns).astype(np.float32)
    yield "shifted", (random.normal(0.01, 0.02, (ROWS, COLUMNS))).astype(np.float32)


def error_of(found, x, weights):
    return float(np.sqrt(np.mean(weights * (found.astype(np.float64) - x) ** 2)))


def main():
    ggml = ctypes.CDLL(sys.argv[1])
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [
        ctypes.c_int, FLOATS, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, FLOATS]  # fmt: skip
    ggml.ggml_validate_row_data.restype = ctypes.c_bool
    ggml.ggml_validate_row_data.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
    random = np.random.default_rng(1)
    importance = random.lognormal(0, 1, COLUMNS).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        ours = load_ours(folder)
        for kind, x in samples(random):
            print(f"{kind:10} {'plain':>8} {'weighted':>8} {'us/1000':>8} {'ggml':>8}")
            for name, (here, there, block, size) in TYPES.items():
                target = np.zeros(x.size // block * size, np.uint8)
                found, ratios, times = np.zeros_like(x), [], []
                for weights in [None, importance]:
                    errors = []
                    for pack in [
                        lambda: ours.ck_quantize(here, pointer(x), target.ctypes.data, ROWS, COLUMNS, pointer(weights)),
                        lambda: ggml.ggml_quantize_chunk(
                            there, pointer(x), target.ctypes.data, 0, ROWS, COLUMNS, pointer(weights)),
                    ]:
                        start = time.perf_counter()
                        pack()
                        seconds = time.perf_counter() - start
                        if not ggml.ggml_validate_row_data(there, target.ctypes.data, target.size):
                            sys.exit(f"ggml does not take the blocks of {name}")
                        times.append(seconds / x.size * 1e9)
                        ours.ck_dequantize(here, target.ctypes.data, pointer(found), x.size)
                        errors.append(error_of(found, x, 1 if weights is None else weights))
                    ratios.append(errors[0] / errors[1])
                print(f"{name:10} {ratios[0]:8.4f} {ratios[1]:8.4f} {times[0]:8.1f} {times[1]:8.1f}")


if __name__ == "__main__":
    main()
