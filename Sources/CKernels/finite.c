// SPDX-License-Identifier: Apache-2.0

#include <string.h>

#include "CKernels.h"

int ck_all_finite(const float *x, size_t count) {
  // Without a branch, so that the compiler makes vectors of it on every machine. All bits of the exponent are set in
  // infinities and in what is not a number, and one more in the exponent's last place carries into the sign.
  uint32_t carries = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    carries |= (bits & 0x7fffffffu) + 0x00800000u;
  }
  return carries >> 31 == 0;
}
