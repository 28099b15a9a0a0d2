// SPDX-License-Identifier: Apache-2.0

// How cached rows of keys and values lie in memory.
#ifndef EDGEASSIST_CKERNELS_ROWS_H
#define EDGEASSIST_CKERNELS_ROWS_H

#include "internal.h"

#include <math.h>

/// Bytes of a block of 8-bit numbers: its scale in 16 bits, then CK_BLOCK numbers.
#define CK_Q8_BYTES (2 + CK_BLOCK)
/// Bytes before a value row's 4-bit numbers: its step and its lowest number, 16 bits each.
#define CK_Q4_HEAD 4

#endif
