#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# The embedded coder from nothing: tokenizer, base, an adapter for each role, the supervisor's corrections, export,
# check. Stopped at any moment, it goes on where it was when started again.
#
#   python3 -m venv .venv && .venv/bin/pip install -r recipe/requirements.txt
#   PYTHON=.venv/bin/python ./train-coder.sh [work folder]
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
work=${1:-build/coder}
threads=${THREADS:-2}
mkdir -p "$work"

"$python" -m recipe.coder.train_base --work "$work" --threads "$threads"
"$python" -m recipe.coder.train_roles --work "$work" --threads "$threads"
"$python" -m recipe.coder.make_supervisor_corrections --work "$work" --threads "$threads"
"$python" -m recipe.coder.train_roles --work "$work" --corrections --threads "$threads"
# For comparison only: the same tasks learnt in a single shot.
"$python" -m recipe.coder.train_roles --work "$work" --roles direct --threads "$threads"

"$python" -m recipe.coder.export --work "$work" --out "$work/gguf"
"$python" -m recipe.coder.compare_with_transformers --work "$work"
"$python" -m recipe.coder.make_held_out_tasks "$work/held-out.jsonl"
