#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Reads many inputs, damaged or made at random, under the address sanitizer: model files, chat templates, lines of
# requests, head budget profiles, files of programming tasks, offload files, clips.
#
#   Tests/FuzzTests/under-address-sanitizer.sh [COUNT [SEED [SUITE]]]
#
# COUNT inputs of each kind (100000 if left out) from SEED (0) on; the same numbers make the same inputs. SUITE is the
# name of one suite, FuzzTests if left out. An access outside of what
# belongs to the program, a leak of control over a size (any single allocation over 64 MiB), or a trap ends the run with
# a report. Takes a few minutes to build; products go to .build-asan.
set -eu
cd "$(dirname "$0")/../.."
count="${1:-100000}" seed="${2:-0}"
export GGUF_MUTATIONS="$count" GGUF_MUTATION_SEED="$seed" TEMPLATES="$count" TEMPLATE_SEED="$seed" TEXTS="$count" \
  TEXT_SEED="$seed" OFFLOADS="$count" OFFLOAD_SEED="$seed" CLIPS="$count" CLIP_SEED="$seed"
# The toolchain's own runtime keeps what it allocates, so leaks are not looked for.
export ASAN_OPTIONS="detect_leaks=0:max_allocation_size_mb=64:allocator_may_return_null=0:quarantine_size_mb=16"
exec swift test -c release --disable-testable-imports --sanitize=address --scratch-path .build-asan \
  --filter "${3:-FuzzTests}"
