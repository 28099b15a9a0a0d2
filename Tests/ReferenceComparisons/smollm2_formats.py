# SPDX-License-Identifier: Apache-2.0

"""Formats of weights and calibration on real weights: for each type the perplexity of a text and the divergence from
the weights in F32, without calibration, calibrated on another text, with scaled channels as well (AQAS), and calibrated
on text that the model writes itself.

Weights:   smollm2-F32.gguf, as smollm2_quantizers.py leaves it in its DIR.
Run:       python smollm2_formats.py --plain DIR/smollm2-F32.gguf --out DIR --text TEXT
                  --edgeassist .build/release/edgeassist [--types DINT4 AMXFP4 …] [--windows 4]
                  [--calibration-windows 64] [--ways plain text aqas self self-single]

The first half of TEXT is compared on, the second half is calibrated on. Prints a table. DIR keeps the summaries: what
is there is not measured again.
"""

import argparse
import json
import pathlib
import subprocess

from smollm2_quantizers import compared

TYPES = ["Q4_0", "IQ4_NL", "DINT4", "AMXFP4", "NVFP4", "MXFP4", "Q4_K_M", "Q3_K_M", "Q2_K", "TQ2_0", "SAWB2"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plain", required=True, type=pathlib.Path, help="the weights in F32")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--text", required=True, type=pathlib.Path)
    parser.add_argument("--edgeassist", required=True, type=pathlib.Path, help="the program")
    parser.add_argument("--types", nargs="*", default=TYPES)
    parser.add_argument("--windows", type=int, default=4, help="windows of 512 tokens that are compared")
    parser.add_argument("--calibration-windows", type=int, default=64, help="windows that are calibrated on")
    parser.add_argument("--ways", nargs="*", default=["plain", "text", "aqas", "self"],
                        choices=["plain", "text", "aqas", "self", "self-single"])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    text = options.text.read_text(encoding="utf-8")
    halves = [options.out / "compared.txt", options.out / "calibrated.txt"]
    for path, half in zip(halves, (text[: len(text) // 2], text[len(text) // 2 :])):
        path.write_text(half, encoding="utf-8")
    read = ["--calibrate", halves[1], "--calibrate-windows", str(options.calibration_windows)]
    # The model writes fewer windows than it could read in the same time.
    written = ["--calibrate-windows", str(max(1, options.calibration_windows // 4))]
    ways = {"plain": [], "text": read, "aqas": read + ["--scale-channels"], "self": ["--calibrate", "self", *written],
            "self-single": ["--calibrate", "self-single", *written]}
    titles = {"plain": "not calibrated", "text": "on a text", "aqas": "on a text, AQAS", "self": "on its own text",
              "self-single": "on its own text, one subject"}
    columns = [f"{what}, {titles[way]}" for what in ("perplexity", "KL divergence") for way in options.ways]
    print(f"| type | MB | {' | '.join(columns)} |\n|---|---|{'---|' * len(columns)}", flush=True)
    for kind in options.types:
        rows = []
        for way in options.ways:
            model = options.out / f"smollm2-{kind}-{way}.gguf"
            summary = model.with_suffix(".json")
            if not summary.exists():
                subprocess.run(
                    [options.edgeassist, "quantize", options.plain, model, "--type", kind, "--force", *ways[way]],
                    check=True, stdout=subprocess.DEVNULL)
            rows.append(compared(options.edgeassist, options.plain, model, halves[0], options.windows, summary))
            rows[-1]["bytes"] = model.stat().st_size if model.exists() else rows[-1].get("bytes", 0)
            summary.write_text(json.dumps({"results": [rows[-1]]}))
            model.unlink(missing_ok=True)
        cells = [f"{row['candidate_perplexity']['value']:.3f}" for row in rows]
        cells += [f"{row['divergence']['value']:.4f}" for row in rows]
        print(f"| {kind} | {rows[0]['bytes'] / 1e6:.1f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
