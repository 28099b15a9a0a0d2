// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_PRODUCT_SCHEDULE_H
#define EDGEASSIST_PRODUCT_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

/// How a product is computed where that changes its speed alone: results are the same to the last bit. 0 stands for
/// what the instruction set takes of itself. A tile that there is not is replaced by the next smaller one.
typedef struct {
  size_t tile_tokens;    // the most tokens of a tile of repacked weights
  size_t pass_tokens;    // tokens that are multiplied with all panels of a chunk before the next ones
  size_t pass_segments;  // segments of CK_SEGMENT columns of a panel that are multiplied before those of the next panel
  size_t prefetch_bytes;  // how far ahead repacked weights are prefetched; CK_NO_PREFETCH for not at all
} ck_schedule;

/// Columns whose products are summed before they are added to the output, with more tokens than a tile has.
#define CK_SEGMENT 2048
#define CK_NO_PREFETCH SIZE_MAX

#endif
