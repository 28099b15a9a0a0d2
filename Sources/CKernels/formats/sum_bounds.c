// SPDX-License-Identifier: Apache-2.0

// The bounds of integer sums that the kernels of AVX2 are compiled with, for callers outside of the kernels.
#include "formats/block_formats.h"

int ck_largest_quant(ck_type type) { return ck_largest_stored_quant(type); }

size_t ck_products_in_16_bits(int largest) { return ck_chunk_in_16_bits(largest); }
