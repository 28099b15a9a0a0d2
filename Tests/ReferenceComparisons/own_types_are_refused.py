# SPDX-License-Identifier: Apache-2.0
"""Checks that llama.cpp and the gguf package refuse files of this program's own types, and never read them as others.

python Tests/ReferenceComparisons/own_types_are_refused.py PROGRAM MODEL

PROGRAM is the built edgeassist, MODEL any language model in F16, F32 or Q8_0, such as
Models/edgeassist-tiny-Q8_0.gguf. Needs gguf; llama.cpp is asked where llama-cpp-python is installed, and a line says
where it is not. A file of Q4_0, made in the same way, has to be read. Ends with status 1 if an own type is read.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

from gguf import GGUFReader

try:
    from llama_cpp import Llama
except ImportError:
    Llama = None


def outcomes(path):
    """(reader, error or None) of each reader."""
    try:
        GGUFReader(path)
        yield "gguf", None
    except (ValueError, KeyError) as error:
        yield "gguf", str(error)
    if Llama is None:
        return
    try:
        Llama(str(path), vocab_only=False, n_ctx=32, verbose=False)
        yield "llama.cpp", None
    except (ValueError, RuntimeError) as error:
        yield "llama.cpp", str(error)


def main(program, model):
    if Llama is None:
        print("skipped: llama-cpp-python is not installed, so that llama.cpp is not asked")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ["Q4_0", "AMXFP4", "DINT4", "SAWB2"]:
            path = Path(folder) / f"{name}.gguf"
            command = [program, "quantize", model, str(path), "--type", name]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            for reader, error in outcomes(path):
                is_right = (error is None) == (name == "Q4_0")
                failures += not is_right
                print(f"{'right' if is_right else 'WRONG'}  {name} by {reader}: {error or 'read'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
