#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Reads many randomly damaged model files under the address sanitizer.
#
#   Tests/FuzzTests/under-address-sanitizer.sh [COUNT [SEED]]
#
# COUNT files (100000 if left out) from SEED (0) on; the same numbers make the same files. An access outside of what
# belongs to the program, a leak of control over a size (any single allocation over 64 MiB), or a trap ends the run with
# a report. Takes a few minutes to build; products go to .build-asan.
set -eu
cd "$(dirname "$0")/../.."
export GGUF_MUTATIONS="${1:-100000}" GGUF_MUTATION_SEED="${2:-0}"
# The toolchain's own runtime keeps what it allocates, so leaks are not looked for.
export ASAN_OPTIONS="detect_leaks=0:max_allocation_size_mb=64:allocator_may_return_null=0:quarantine_size_mb=16"
exec swift test -c release --disable-testable-imports --sanitize=address --scratch-path .build-asan \
  --filter FuzzTests
