// SPDX-License-Identifier: Apache-2.0

// The order of a head's RoPE pairs: from neighbours to halves, and from the rotated part to the whole head. The same
// for every instruction set.
#include "internal.h"

#include <string.h>

void ck_separate_pairs(float *x, size_t heads, size_t head_size) {
  const size_t half = head_size / 2;
  float second[CK_MAX_HEAD / 2];
  for (size_t h = 0; h < heads; h++) {
    float *head = x + h * head_size;
    for (size_t i = 0; i < half; i++) {
      second[i] = head[2 * i + 1];
      head[i] = head[2 * i];
    }
    memcpy(head + half, second, half * sizeof *second);
  }
}

void ck_spread_pairs(float *x, size_t heads, size_t head_size, size_t rotated) {
  const size_t half = head_size / 2, low = rotated / 2;
  float spread[CK_MAX_HEAD];
  for (size_t h = 0; h < heads; h++) {
    float *head = x + h * head_size;
    const float *rest = head + rotated;
    memcpy(spread, head, low * sizeof *head);
    memcpy(spread + low, rest, (half - low) * sizeof *head);
    memcpy(spread + half, head + low, low * sizeof *head);
    memcpy(spread + half + low, rest + half - low, (half - low) * sizeof *head);
    memcpy(head, spread, head_size * sizeof *head);
  }
}
