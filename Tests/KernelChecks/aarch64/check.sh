#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Runs the checks of the NEON kernels under emulation on another processor.
# Needs clang, gcc for the target as linker (Debian: gcc-aarch64-linux-gnu) and qemu-aarch64 (Debian: qemu-user).
set -e
cd "$(dirname "$0")/../../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for file in $(find Sources/CKernels Tests/KernelChecks -name '*.c'); do
  clang --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include -O2 -Wall -Wextra -Werror -D_GNU_SOURCE \
    -ISources/CKernels -ISources/CKernels/include -ITests/KernelChecks -ITests/KernelChecks/include \
    -c "$file" -o "$folder/$(basename "$file" .c).o"
done
aarch64-linux-gnu-gcc -static "$folder"/*.o -lm -o "$folder/checks"
# A processor, and how many instruction sets it has: the portable one, NEON with dot products, and I8MM.
for processor in "cortex-a72 1" "cortex-a76 2" "max 3"; do
  echo "$processor"
  qemu-aarch64 -cpu ${processor% *} "$folder/checks" ${processor#* }
done
