// SPDX-License-Identifier: Apache-2.0

// Products of repacked weights with matrices of bytes (I8MM), compiled in neon_i8mm.c for processors that have them.
#ifndef EDGEASSIST_CKERNELS_NEON_I8MM_H
#define EDGEASSIST_CKERNELS_NEON_I8MM_H

#include "internal.h"

void ck_multiply_panels_i8mm(const ck_product *product, const ck_input *input, size_t first, size_t last);

#endif
