// SPDX-License-Identifier: Apache-2.0

// Helpers of all checks: random inputs, the comparison of outputs, and the count of checks and failures.
#ifndef EDGEASSIST_KERNEL_CHECKS_SUPPORT_H
#define EDGEASSIST_KERNEL_CHECKS_SUPPORT_H

#include "KernelChecks.h"

#include "formats/kv_row_layout.h"
#include "formats/panel_layout.h"

/// Random numbers that are the same in every run.
typedef struct {
  uint64_t state;
} kc_random;

static inline kc_random kc_seeded(size_t seed) { return (kc_random){88172645463325252u + seed * 0x9e3779b97f4a7c15u}; }
uint32_t kc_next(kc_random *random);
/// Within -1..<1.
float kc_uniform(kc_random *random);

/// Fails the check and ends the program if there is no memory.
void *kc_allocate(size_t bytes);
/// [count] floats within -scale..<scale.
float *kc_floats(kc_random *random, size_t count, float scale);
/// [rows][columns] weights: random bytes, and scales of moderate size.
uint8_t *kc_weights(kc_random *random, ck_type type, size_t rows, size_t columns);

/// ||a - b|| / ||b||; infinity if a has a NaN.
double kc_difference(const float *a, const float *b, size_t count);

/// Counts a check, and a failure unless `passed`. The rest is the message, as for printf.
__attribute__((format(printf, 3, 4))) void kc_expect(kc_report *report, int passed, const char *format, ...);

#endif
