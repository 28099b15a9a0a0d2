// SPDX-License-Identifier: Apache-2.0

// The gates of the delta rule: decays and betas. The same for every instruction set.
#include "internal.h"

#include <math.h>

void ck_delta_gates(float *alpha, float *beta, const float *a, const float *dt, size_t heads) {
  for (size_t h = 0; h < heads; h++) {
    const float x = alpha[h] + dt[h];
    alpha[h] = expf(a[h] * (x > 20 ? x : log1pf(expf(x))));
    beta[h] = 1 / (1 + expf(-beta[h]));
  }
}
