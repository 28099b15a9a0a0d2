#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Reads many inputs, damaged or made at random, under the address sanitizer: model files, chat templates, lines of
# requests, live playlists, head budget profiles, files of programming tasks, offload files, clips and images.
#
#   Tests/FuzzTests/under-address-sanitizer.sh [COUNT [SEED [SUITE]]]
#
# COUNT inputs of each kind (100000 if left out) from SEED (0) on; the same numbers make the same inputs. SUITE is the
# name of one suite, all if left out. Each suite says after every STEP inputs (10000; a variable) how far it is, so that
# a run that was ended can be taken up there.
#
# An access outside of what belongs to the program, a leak of control over a size (any single allocation over 64 MiB;
# of clips over 640 MiB, because a frame may have 8192 × 8192 pixels), or a trap ends the run with a report. Takes a few
# minutes to build; products go to .build-asan. What 100000 inputs take on two cores: about an hour.
set -eu
cd "$(dirname "$0")/../.."
count="${1:-100000}" first="${2:-0}" step="${STEP:-10000}"
suites="${3:-DamagedOffloadTests DamagedTextTests DamagedFileTests HostileTemplateTests DamagedMediaTests}"
# The report is the sanitizer's. Beside it the toolchain's own would read memory that is not the program's.
export SWIFT_BACKTRACE=enable=no

for suite in $suites; do
  case "$suite" in DamagedMediaTests) most=640 ;; *) most=64 ;; esac
  # The toolchain's own runtime keeps what it allocates, so leaks are not looked for.
  export ASAN_OPTIONS="detect_leaks=0:max_allocation_size_mb=$most:allocator_may_return_null=0:quarantine_size_mb=16"
  seed="$first"
  end=$((first + count))
  while [ "$seed" -lt "$end" ]; do
    part=$((end - seed < step ? end - seed : step))
    export GGUF_MUTATIONS="$part" GGUF_MUTATION_SEED="$seed" TEMPLATES="$part" TEMPLATE_SEED="$seed" TEXTS="$part" \
      TEXT_SEED="$seed" OFFLOADS="$part" OFFLOAD_SEED="$seed" CLIPS="$part" CLIP_SEED="$seed"
    swift test -c release --disable-testable-imports --sanitize=address --scratch-path .build-asan --filter "$suite"
    seed=$((seed + part))
    echo "$suite: read those of seeds $first to $((seed - 1))"
  done
done
