#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Everything from nothing: tokenizer, vision tower, decoder, export, check.
# Stopped at any moment, it goes on where it was when started again.
#
#   python3 -m venv .venv && .venv/bin/pip install -r recipe/requirements.txt
#   PYTHON=.venv/bin/python ./train-tiny.sh [work folder]
#
# Needs ffmpeg for the evaluation clips and Noto Color Emoji (EMOJI_FONT=path).
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
work=${1:-build}
threads=${THREADS:-2}
mkdir -p "$work"

"$python" -m recipe.train_vision_tower --out "$work/vision.pt" --threads "$threads"
"$python" -m recipe.train_stories --words "$work/tokenizer.json" --out "$work/symbols.pt" --threads "$threads"
"$python" -m recipe.encode_clips --vision "$work/vision.pt" --out "$work/features" --threads "$threads"
"$python" -m recipe.train_clips --words "$work/tokenizer.json" --symbols "$work/symbols.pt" \
    --features "$work/features" --out "$work/clips.pt" --threads "$threads"
"$python" -m recipe.train_long --words "$work/tokenizer.json" --clips "$work/clips.pt" \
    --features "$work/features" --out "$work/long.pt" --threads "$threads"

"$python" -m recipe.to_hf --words "$work/tokenizer.json" --vision "$work/vision.pt" \
    --decoder "$work/long.pt" --out "$work/hf"
"$python" -m recipe.export_gguf "$work/hf" "$work/gguf" --type Q8_0 --vision-type F16
"$python" -m recipe.verify_export --words "$work/tokenizer.json" --vision "$work/vision.pt" \
    --decoder "$work/long.pt" --folder "$work/hf" \
    --gguf "$work/gguf/edgeassist-tiny-Q8_0.gguf" "$work/gguf/mmproj-edgeassist-tiny-F16.gguf"

"$python" -m recipe.make_eval_clips "$work/evaluation" --clips 48
"$python" -m recipe.answer_with_transformers "$work/hf" "$work/evaluation/requests.jsonl" \
    > "$work/evaluation/reference.jsonl"
"$python" -m recipe.score "$work/evaluation/reference.jsonl" "$work/evaluation/answers.jsonl"
