// SPDX-License-Identifier: Apache-2.0

// Vector types and the basic operations on them.
//
// The files of this folder are the kernels, written once with clang's vector types. Each instruction set compiles them
// in a file of its own, inside its target attribute. That file first defines these constants as an enum:
//   FLOAT_TILE_TOKENS    tokens of a float tile: its sums of 16 floats fill the registers
//   QUANT_TILE_TOKENS    tokens of a tile of quants that are packed for one product
//   PANEL_TILE_TOKENS    tokens of a tile of repacked weights
//   PANEL_TILE_MIDDLE    tokens of a smaller one for types whose sums the registers do not hold otherwise; 4 for none
//   PREFETCH_BYTES       how far ahead of its loads one token prefetches repacked weights by default
//   SIX_HEAD_TILE        in attention of one token, rows of keys or vectors of a value in a tile of six query heads
//   TWO_HEAD_TILE        the same in a tile of two query heads
//   ATTENTION_TILE_SUMS  the most sums of 16 floats of these tiles
//   PANEL_ZERO_POINT     `panel_zero_point` of its table (CKernels.h)
// A file of this folder that needs functions of the instruction set names them at its top.
//
// A tile is the sums of some tokens with 16 rows of a matrix. They stay in registers while the loop runs over columns.
// A panel holds the weights of 16 rows in the order of columns: one load brings 16 weights of a column, which are
// multiplied with one activation of each token.

typedef float vf8 __attribute__((vector_size(32)));
typedef float vf8u __attribute__((vector_size(32), aligned(4), may_alias));
typedef float vf8b __attribute__((vector_size(32), aligned(1), may_alias));
typedef float vf16 __attribute__((vector_size(64)));
typedef float vf16u __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t vi8 __attribute__((vector_size(32)));
typedef int32_t vi16 __attribute__((vector_size(64)));
typedef uint16_t vu16x8 __attribute__((vector_size(16)));
typedef uint16_t vu16x8u __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint16_t vu16x16 __attribute__((vector_size(32)));
typedef uint32_t vu32x8 __attribute__((vector_size(32)));
typedef int8_t vs8x8u __attribute__((vector_size(8), aligned(1), may_alias));
typedef int8_t vs8x16u __attribute__((vector_size(16), aligned(1), may_alias));
typedef int16_t vs16x16 __attribute__((vector_size(32)));
typedef uint8_t vu8x16u __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint8_t vu8x32 __attribute__((vector_size(32)));
typedef uint8_t vu8x32u __attribute__((vector_size(32), aligned(1), may_alias));
typedef _Float16 vh8 __attribute__((vector_size(16)));
typedef _Float16 vh8u __attribute__((vector_size(16), aligned(1), may_alias));
typedef _Float16 vh1u __attribute__((aligned(1), may_alias));

INLINE vf8 load8(const float *p) { return *(const vf8u *)p; }
INLINE void store8(float *p, vf8 v) { *(vf8u *)p = v; }
INLINE vf16 load16(const float *p) { return *(const vf16u *)p; }
INLINE void store16(float *p, vf16 v) { *(vf16u *)p = v; }
INLINE vu8x32 load32(const uint8_t *p) { return *(const vu8x32u *)p; }

INLINE float sum8(vf8 v) {
  float s[8];
  store8(s, v);
  return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}
INLINE float sum16(vf16 v) {
  return sum8(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
              __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
}

/// Transposes an 8 x 8 matrix of 32-bit elements.
INLINE void transpose8(vf8 v[8]) {
  vf8 a[8], b[8];
  for (int i = 0; i < 4; i++) {
    a[2 * i] = __builtin_shufflevector(v[2 * i], v[2 * i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    a[2 * i + 1] = __builtin_shufflevector(v[2 * i], v[2 * i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int h = 0; h < 2; h++)
    for (int i = 0; i < 2; i++) {
      const vf8 p = a[4 * h + i], q = a[4 * h + 2 + i];
      b[4 * h + i] = __builtin_shufflevector(p, q, 0, 1, 8, 9, 4, 5, 12, 13);
      b[4 * h + 2 + i] = __builtin_shufflevector(p, q, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < 4; i++) {
    v[i] = __builtin_shufflevector(b[i], b[4 + i], 0, 1, 2, 3, 8, 9, 10, 11);
    v[4 + i] = __builtin_shufflevector(b[i], b[4 + i], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/// Shifts all bytes left, or right if `left` is negative. Bits that move into a neighbouring byte have to be masked.
INLINE vu8x32 shifted(vu8x32 v, int left) {
  return (vu8x32)(left >= 0 ? (vu16x16)v << (uint16_t)left : (vu16x16)v >> (uint16_t)-left);
}

/// Bytes of a weight of a type without blocks.
INLINE size_t element_bytes(ck_type type) { return type == CK_F32 ? 4 : 2; }

INLINE vf8 load_weights(ck_type type, const uint8_t *p) {
  if (type == CK_F32) return *(const vf8b *)p;
  if (type == CK_F16) return __builtin_convertvector(*(const vh8u *)p, vf8);
  const vu32x8 bits = __builtin_convertvector(*(const vu16x8u *)p, vu32x8) << 16;
  return (vf8)bits;
}

INLINE float load_weight(ck_type type, const uint8_t *p) {
  if (type == CK_F32) return ck_load_f32(p);
  return type == CK_F16 ? ck_half_to_float(ck_load_u16(p)) : ck_bfloat_to_float(ck_load_u16(p));
}
