// SPDX-License-Identifier: Apache-2.0

// The layout of key and value rows.
#ifndef EDGEASSIST_CKERNELS_KV_ROW_LAYOUT_H
#define EDGEASSIST_CKERNELS_KV_ROW_LAYOUT_H

#include "internal.h"

/// Bytes of a block of CK_KV_Q8_0: a scale in half precision, then CK_BLOCK quants.
#define CK_Q8_BYTES (2 + CK_BLOCK)
/// Bytes of a block of CK_KV_AMXFP4: two scales of a byte, then the nibbles of CK_BLOCK quants.
#define CK_AMXFP4_BYTES (2 + CK_BLOCK / 2)
/// Bytes before the quants of a value row of CK_KV_Q4: its scale and its minimum in half precision.
#define CK_Q4_HEAD 4

#endif
