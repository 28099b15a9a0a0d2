// SPDX-License-Identifier: Apache-2.0

// All functions in registers of 256 bits, for avx2.c and avx_vnni.c. These define
//   HAS_VNNI           whether dot_bytes is one instruction, whose sums do not have to fit 16 bits
//   PANEL_TILE_TOKENS, PANEL_ZERO_POINT as in vector/vector.h
//   dot_bytes(acc, bytes, signed_bytes): acc + the sums of four products of unsigned and signed bytes

enum {
  FLOAT_TILE_TOKENS = 6,
  QUANT_TILE_TOKENS = 4,
  PANEL_TILE_MIDDLE = 4,
  PREFETCH_BYTES = 8192,
  SIX_HEAD_TILE = 1,
  TWO_HEAD_TILE = 2,
  ATTENTION_TILE_SUMS = 8,
};

#include "vector/vector.h"

#include "x86/x86_vectors.h"

#include "vector/conversions.h"
#include "vector/elementwise.h"
#include "vector/recurrence.h"

#include "vector/outputs.h"
#include "vector/float_products.h"

#include "vector/stored_quants.h"
#include "vector/quant_panel_i16.h"
#include "x86/quant_vec_dot.h"
#include "x86/avx2_quant_tile.h"
#include "vector/quant_products.h"

#include "x86/panel_codebooks.h"
#include "x86/avx2_panel_tile.h"
#include "vector/panel_products.h"

#include "vector/multiply.h"

#include "vector/kv_vectors.h"
#include "vector/key_rotation.h"
#include "vector/attention_rows.h"
#include "vector/attention_panels.h"
