// SPDX-License-Identifier: Apache-2.0

#include <string.h>

#include "CKernels.h"

int ck_all_within(const float *x, size_t count, float limit) {
  // Without a branch, so that the compiler makes vectors of it on every machine. The bits of magnitudes are in their
  // order, infinities and what is not a number behind all others; a difference below 0 sets the highest bit.
  uint32_t most, differences = 0;
  memcpy(&most, &limit, sizeof most);
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    differences |= most - (bits & 0x7fffffffu);
  }
  return differences >> 31 == 0;
}
