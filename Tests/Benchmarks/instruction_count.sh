#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0

# Counts the instructions of a fixed workload (InstructionCount/main.swift) under callgrind and compares them with those
# kept in instructions.txt: a figure that other programs on the machine do not change, unlike a time.
#
#   Tests/Benchmarks/instruction_count.sh              says by how much it changed; fails above 2 % more
#   Tests/Benchmarks/instruction_count.sh --update     keeps what is counted now
#   THRESHOLD=5 Tests/Benchmarks/instruction_count.sh  fails above 5 % more
#
# Needs valgrind (Debian: valgrind) and a processor with AVX2. valgrind has no AVX-512 nor AVX-VNNI, so AVX2's kernels
# are counted wherever it runs. The program's own code and Swift's libraries are counted; the system's loader and
# libraries, which differ from one machine to the next, are not. Counts depend on the compiler: after another Swift,
# update.
set -euo pipefail
cd "$(dirname "$0")/../.."

kept=Tests/Benchmarks/instructions.txt
threshold=${THRESHOLD:-2}
if ! command -v valgrind >/dev/null; then
  echo "valgrind is not installed (Debian: apt-get install valgrind)" >&2
  exit 2
fi

swift build -c release --product InstructionCount >&2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# valgrind stops at debug information that it does not know.
strip --strip-debug -o "$folder/InstructionCount" "$(swift build -c release --show-bin-path)/InstructionCount"

# The order of dictionaries is random otherwise.
EDGEASSIST_HOME=$PWD SWIFT_DETERMINISTIC_HASHING=1 \
  valgrind --tool=callgrind --callgrind-out-file="$folder/out" "$folder/InstructionCount" \
  >"$folder/answers" 2>"$folder/log" ||
  { cat "$folder/log" >&2; exit 2; }
# A line for each function: its own instructions, where it is from, and the file in brackets.
callgrind_annotate --threshold=100 "$folder/out" 2>/dev/null |
  awk '/^ *[0-9,]+ \(/ && /\/(InstructionCount|libswift[^/]*|libFoundation[^/]*)\]$/' >"$folder/functions"
counted=$(awk '{ gsub(",", "", $1); sum += $1 } END { printf "%d", sum }' "$folder/functions")
compiler=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)

cat "$folder/answers"
echo
# Where most of them go.
sed -n '1,15s/ \[.*//p' "$folder/functions" | cut -c 1-110
echo

if [ "${1:-}" = --update ]; then
  printf '%s instructions, Swift %s, AVX2\n' "$counted" "$compiler" >"$kept"
  echo "Kept: $(cat "$kept")"
  exit
fi
before=$(awk '{ print $1; exit }' "$kept")
echo "Counted: $counted (Swift $compiler). Kept: $(cat "$kept")"
awk -v now="$counted" -v before="$before" -v threshold="$threshold" 'BEGIN {
  change = (now / before - 1) * 100
  printf "Change: %+.2f %%\n", change
  if (change > threshold) {
    printf "That is more than %s %%. If it is meant, keep it with --update.\n", threshold
    exit 1
  }
}'
