#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Checks the NEON kernels under emulation on another processor.
# Needs clang, gcc for the target as linker (Debian: gcc-aarch64-linux-gnu) and qemu-aarch64 (Debian: qemu-user).
set -e
cd "$(dirname "$0")/../../Sources/CKernels"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for file in *.c ../../Tests/KernelCheck/check.c; do
  clang --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include -O2 -Wall -Wextra -D_GNU_SOURCE \
    -I. -Iinclude -c "$file" -o "$folder/$(basename "$file" .c).o"
done
aarch64-linux-gnu-gcc -static "$folder"/*.o -lm -o "$folder/check"
# With products of matrices of bytes, and with dot products alone.
for processor in max neoverse-n1; do
  echo "$processor"
  qemu-aarch64 -cpu $processor "$folder/check"
done
