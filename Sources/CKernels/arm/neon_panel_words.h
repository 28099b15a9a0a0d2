// SPDX-License-Identifier: Apache-2.0

// Words, scales and sums of repacked weights on NEON, for dot products of bytes and for products of matrices of bytes.
//
// A word of 16 rows is four vectors. A dot product multiplies four rows with one word of x. A product of 2 x 8 matrices
// multiplies two words of two rows with those of two tokens. Quants of fewer than 8 bits stay unsigned: the sum of a
// block starts with a correction, minus the zero point times the sum of x. That saves an instruction for each vector.
// The bytes of a codebook are signed, and need no correction.

/// As in vector/vector.h.
enum { PANEL_TILE_TOKENS = 6, PANEL_TILE_MIDDLE = 4, PREFETCH_BYTES = 4096 };

/// Shifts the bits of each byte left, or right if `left` is negative, and clears all outside `mask`.
INLINE uint8x16_t shifted_bits(uint8x16_t bytes, const int left, const int mask) {
  return (left >= 0 ? bytes << (uint8_t)left : bytes >> (uint8_t)-left) & vdupq_n_u8((uint8_t)mask);
}

/// The bytes of the 16 nibbles of a type with a codebook. Where positive and negative weights have their own sums, only
/// those of the positive ones, or of the negative ones if `sign` is 1; the others are 0.
INLINE int8x16_t panel_codebook(const ck_type panels, const size_t sign) {
  const int8_t *values = ck_codebook(ck_panel_source(panels));
  const int8x16_t zero = vdupq_n_s8(0), bytes = values ? vld1q_s8(values) : zero;
  if (!ck_panel_has_sign_sums(panels)) return bytes;
  return sign == 1 ? vminq_s8(bytes, zero) : vmaxq_s8(bytes, zero);
}

/// Word w of half a group, of four rows from row 4 * `quarter` on. Nibbles of a codebook select bytes of `codebook`.
INLINE int8x16_t panel_word(const ck_type type, const uint8_t *quants, const int half, const int w, int8x16_t codebook,
                            size_t quarter) {
  const uint8_t *rows = quants + 16 * quarter;
  if (type == CK_PANELS_Q8_0) return vreinterpretq_s8_u8(vld1q_u8(rows + (4 * half + w) * 64));
  if (ck_panel_group_bytes(type) == 128) {
    // Quants of 2 bits; those of CK_PANELS_SAWB2 are twice as large.
    const int left = type == CK_PANELS_SAWB2 ? 1 : 0;
    return vreinterpretq_s8_u8(shifted_bits(vld1q_u8(rows + half * 64), left - 2 * w, 3 << left));
  }
  const uint8x16_t both = vld1q_u8(rows + w * 64);
  uint8x16_t word = shifted_bits(both, -4 * half, 15);
  if (ck_codebook(ck_panel_source(type))) return vqtbl1q_s8(codebook, word);
  if (type == CK_PANELS_Q5_0) word |= shifted_bits(vld1q_u8(rows + CK_PANEL_BITS), 4 - 2 * w - half, 16);
  if (type == CK_PANELS_Q6_K)
    word |= shifted_bits(vld1q_u8(rows + CK_PANEL_BITS + w / 2 * 64), 4 - 4 * (w % 2) - 2 * half, 48);
  return vreinterpretq_s8_u8(word);
}

/// a, b, a, b with two tokens per vector, else a. Made from one 64-bit register, it takes one vector instruction.
INLINE int32x4_t alternating(int32_t a, int32_t b, const size_t tokens_per_vector) {
  if (tokens_per_vector == 1) return vdupq_n_s32(a);
  return vreinterpretq_s32_u64(vdupq_n_u64((uint32_t)a | (uint64_t)(uint32_t)b << 32));
}

INLINE float32x4_t alternating_floats(float a, float b, const size_t tokens_per_vector) {
  if (tokens_per_vector == 1) return vdupq_n_f32(a);
  return vreinterpretq_f32_s32(
      alternating((int32_t)ck_bits_of_float(a), (int32_t)ck_bits_of_float(b), tokens_per_vector));
}

/// The correction for the zero point, with which the sum of a half starts.
INLINE int32_t first_sum(const ck_type type, const ck_quantized *q, size_t at, const size_t half) {
  switch (type) {
    case CK_PANELS_Q4_0: return q->corrections[at] >> 4;
    case CK_PANELS_Q5_0: return q->corrections[at] >> 3;
    case CK_PANELS_TQ2_0: return q->corrections[at] >> 7;
    case CK_PANELS_SAWB2: return -3 * (q->bsums[2 * at] + q->bsums[2 * at + 1]);
    case CK_PANELS_Q6_K: return -32 * q->bsums[2 * at + half];
    default: return 0;
  }
}

INLINE float32x4_t four_halves_at(const uint8_t *p) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p))); }

INLINE float32x4_t four_bytes_at(const uint8_t *p, const int is_signed) {
  typedef int8_t vs8x4u __attribute__((vector_size(4), aligned(1), may_alias));
  typedef uint8_t vu8x4u __attribute__((vector_size(4), aligned(1), may_alias));
  return is_signed ? __builtin_convertvector(*(const vs8x4u *)p, float32x4_t)
                   : __builtin_convertvector(*(const vu8x4u *)p, float32x4_t);
}

/// Scales of a byte each, in half: as ck_e8m0_half, ck_e4m3_half and ck_e5m2_half.
INLINE float32x4_t four_byte_scales(const ck_type type, const uint8_t *p) {
  typedef uint8_t vu8x4u __attribute__((vector_size(4), aligned(1), may_alias));
  const uint32x4_t bits = __builtin_convertvector(*(const vu8x4u *)p, uint32x4_t);
  if (type == CK_PANELS_AMXFP4) return vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(bits << 8))) * 0.5f;
  if (type == CK_PANELS_NVFP4) return vreinterpretq_f32_u32(bits << 20) * 0x1p119f;
  const uint32x4_t normal = (bits - 1) << 23, below = vdupq_n_u32(0x00200000) << bits;
  return vreinterpretq_f32_u32(vbslq_u32(bits < 2, below, normal));
}

/// The scales of four rows of a group. The second ones are the minimums of types that have them, and the scales of the
/// second part of types with two.
INLINE void panel_scales(const ck_type type, const uint8_t *panel, size_t g, size_t quarter, float32x4_t scales[2]) {
  const uint8_t *block = panel + ck_panel_scales_at(type, g);
  const uint8_t *factors = block + ck_panel_factors_at(type) + g % 8 * ck_panel_factor_bytes(type) + 4 * quarter;
  const uint8_t *halves = block + 8 * quarter, *bytes = block + 4 * quarter;
  switch (type) {
    case CK_PANELS_Q4_1:
      for (size_t i = 0; i < 2; i++) scales[i] = four_halves_at(halves + 32 * i);
      return;
    case CK_PANELS_MXFP4: scales[0] = scales[1] = four_byte_scales(type, bytes); return;
    case CK_PANELS_NVFP4:
    case CK_PANELS_AMXFP4:
      for (size_t i = 0; i < 2; i++) scales[i] = four_byte_scales(type, bytes + 16 * i);
      return;
    case CK_PANELS_IQ4_XS: scales[0] = scales[1] = four_halves_at(halves) * four_bytes_at(factors, 1); return;
    case CK_PANELS_Q4_K:
      for (size_t i = 0; i < 2; i++) scales[i] = four_halves_at(halves + 32 * i) * four_bytes_at(factors + 16 * i, 0);
      return;
    case CK_PANELS_Q6_K:
      for (size_t i = 0; i < 2; i++) scales[i] = four_halves_at(halves) * four_bytes_at(factors + 16 * i, 1);
      return;
    default: scales[0] = scales[1] = four_halves_at(halves);
  }
}

/// Adds the products of half a group, 4 * `quarters` rows, with its 16 columns of x to acc [token][quarters].
INLINE void multiply_half_dotprod(const ck_type type, const size_t tokens, const size_t quarters, const uint8_t *quants,
                                  const int half, int8x16_t codebook, const int8_t *x, size_t columns, int32x4_t *acc) {
  int32x4_t fours[PANEL_TILE_TOKENS];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) fours[t] = vreinterpretq_s32_s8(vld1q_s8(x + t * columns));
#pragma clang loop unroll(full)
  for (int w = 0; w < 4; w++)
#pragma clang loop unroll(full)
    for (size_t r = 0; r < quarters; r++) {
      const int8x16_t weights = panel_word(type, quants, half, w, codebook, r);
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        int32x4_t *sum = acc + quarters * t + r;
        *sum = vdotq_s32(*sum, weights, vreinterpretq_s8_s32(vdupq_n_s32(fours[t][w])));
      }
    }
}
