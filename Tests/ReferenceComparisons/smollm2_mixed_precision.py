# SPDX-License-Identifier: Apache-2.0

"""Types chosen for each tensor by `edgeassist quantize --target-bytes` on real weights, beside the recipes of the same
size: the recipe without and with calibration, the chosen types, and types chosen by sensitivities that were dealt out
at random. Each by `edgeassist compare` with the weights in F32.

Weights:   smollm2-F32.gguf, as smollm2_quantizers.py leaves it in its DIR.
Run:       python smollm2_mixed_precision.py --plain DIR/smollm2-F32.gguf --out DIR --text TEXT
                  --edgeassist .build/release/edgeassist [--recipes Q2_K Q3_K_M …] [--types IQ4_NL Q5_0 …]
                  [--windows 4] [--calibration-windows 16] [--sensitivity-windows 2]

The first half of TEXT is compared on; the second half is calibrated on, and the sensitivities are measured on it.
Prints a table. DIR keeps the summaries and the sensitivities: what is there is not measured again.

Without --types, Q4_1 and Q5_1 are left out: the weights of the package were on their grids before, so that they lose
less than on other models.
"""

import argparse
import json
import pathlib
import random
import subprocess

from smollm2_quantizers import compared

RECIPES = ["Q2_K", "Q3_K_M", "Q4_K_M"]
TYPES = ["Q2_K", "Q3_K", "IQ4_XS", "IQ4_NL", "Q4_K", "Q5_K", "Q5_0", "Q6_K", "Q8_0"]


def shuffled(source, target):
    """Writes sensitivities whose divergences were dealt out at random among the groups of tensors."""
    first, *lines = source.read_text().splitlines()
    records = [json.loads(line) for line in lines]
    generator = random.Random(1)
    for kind in sorted({record["type"] for record in records}):
        measured = [record for record in records if record["type"] == kind and "divergence" in record]
        values = [record["divergence"] for record in measured]
        generator.shuffle(values)
        for record, value in zip(measured, values):
            record["divergence"] = value
    target.write_text("\n".join([first] + [json.dumps(record) for record in records]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plain", required=True, type=pathlib.Path, help="the weights in F32")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--text", required=True, type=pathlib.Path)
    parser.add_argument("--edgeassist", required=True, type=pathlib.Path, help="the program")
    parser.add_argument("--recipes", nargs="*", default=RECIPES)
    parser.add_argument("--types", nargs="*", default=TYPES)
    parser.add_argument("--windows", type=int, default=4, help="windows of 512 tokens that are compared")
    parser.add_argument("--calibration-windows", type=int, default=16)
    parser.add_argument("--sensitivity-windows", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    text = options.text.read_text(encoding="utf-8")
    halves = [options.out / "compared.txt", options.out / "calibrated.txt"]
    for path, half in zip(halves, (text[: len(text) // 2], text[len(text) // 2 :])):
        path.write_text(half, encoding="utf-8")
    calibration = ["--calibrate", halves[1], "--calibrate-windows", str(options.calibration_windows)]
    sensitivities = options.out / "smollm2.sensitivities.jsonl"
    random_ones = options.out / "smollm2-random.sensitivities.jsonl"

    def result(name, arguments):
        model = options.out / f"smollm2-{name}.gguf"
        summary = model.with_suffix(".json")
        if not summary.exists():
            subprocess.run([options.edgeassist, "quantize", options.plain, model, "--force", *arguments], check=True,
                           stdout=subprocess.DEVNULL)
        row = compared(options.edgeassist, options.plain, model, halves[0], options.windows, summary)
        row["bytes"] = model.stat().st_size if model.exists() else row.get("bytes", 0)
        summary.write_text(json.dumps({"results": [row]}))
        model.unlink(missing_ok=True)
        return row

    print("| size of | types | MB | perplexity | KL divergence | same top |\n|---|---|---|---|---|---|", flush=True)
    for kind in options.recipes:
        recipe = result(f"{kind}-plain", ["--type", kind])

        def target(path):
            return ["--target-bytes", str(recipe["bytes"]), "--types", ",".join(options.types), "--sensitivities", path,
                    "--sensitivity-windows", str(options.sensitivity_windows), *calibration]

        rows = [("the recipe", recipe),
                ("the recipe, calibrated", result(f"{kind}-text", ["--type", kind, *calibration])),
                ("chosen", result(f"{kind}-chosen", target(sensitivities)))]
        if not random_ones.exists():
            shuffled(sensitivities, random_ones)
        rows.append(("by random sensitivities", result(f"{kind}-random", target(random_ones))))
        for name, row in rows:
            print(f"| {kind} | {name} | {row['bytes'] / 1e6:.1f} | {row['candidate_perplexity']['value']:.3f} "
                  f"| {row['divergence']['value']:.4f} | {100 * row['same_top']['value']:.1f} % |", flush=True)


if __name__ == "__main__":
    main()
