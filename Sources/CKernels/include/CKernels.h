// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_CKERNELS_H
#define EDGEASSIST_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// The inner loops of a transformer, once for every instruction set that is worth the difference, and once in plain C.
//
// Matrices hold one output in a row, as GGUF stores them: `rows` outputs of `columns` inputs. Activations are rows of
// float, one a token. Nothing here allocates; scratch memory is given by the caller, one piece for each thread.

/// How a matrix's numbers are stored.
typedef enum {
  CK_F32, CK_F16, CK_BF16,
  CK_Q8_0, CK_Q4_0, CK_Q4_1, CK_Q5_0, CK_Q5_1,
  CK_Q2_K, CK_Q3_K, CK_Q4_K, CK_Q5_K, CK_Q6_K,
  CK_IQ4_NL, CK_IQ4_XS, CK_MXFP4,
  // The same numbers turned into panels of 16 rows (ck_turn), in the order in which the widest instructions want them.
  CK_PANELS_Q8_0, CK_PANELS_Q4_0, CK_PANELS_Q5_0, CK_PANELS_Q4_K, CK_PANELS_Q6_K
} ck_type;

/// Weights in the smallest block of a quantized type, and numbers in one of activations quantized to meet them.
#define CK_BLOCK 32
/// Floats of scratch memory that a thread needs for any function here.
#define CK_SCRATCH_FLOATS (84 * 1024)
/// The widest attention head.
#define CK_MAX_HEAD 256
/// The most matrices that one job multiplies with the same input.
#define CK_MAX_PRODUCTS 3

/// Rows of activations in 8 bits, with one scale for each block of CK_BLOCK, and sums that weights stored without a
/// sign or with a minimum need.
typedef struct {
  int8_t *numbers;          // [tokens][columns]
  int16_t *wide;            // the same in 16 bits
  float *scales;            // [tokens][columns / CK_BLOCK]
  int16_t *sums;            // of each half of a block of `numbers`
  int32_t *offsets;         // -128 times the sum of a block of `numbers`
  float *scaled_sums;       // the sum of a block of `numbers` times its scale
} ck_quantized;

/// The input of matrix products: `tokens` rows of floats and, where quantized weights meet them, the same in 8 bits.
typedef struct {
  const float *values;
  size_t stride;            // floats from one token to the next
  ck_quantized quantized;
  size_t tokens;
} ck_input;

/// One product: output[token][row] = (accumulate ? output : 0) + bias[row] + sum over columns of weight * input.
typedef struct {
  const void *weights;
  ck_type type;
  size_t row_bytes;
  size_t rows, columns;
  const float *_Nullable bias;
  float *output;
  size_t output_stride;     // floats from one token to the next
  int accumulate;
} ck_product;

/// How rows of keys and values are stored: as floats, or as the cache holds them.
typedef enum {
  CK_ROWS_F32,
  CK_ROWS_F16,
  /// Blocks of 32 numbers: a scale in 16 bits, then 32 bytes.
  CK_ROWS_Q8_0,
  /// Two numbers a byte, of the first half of the row in the low bits, of the second in the high ones. A value row
  /// begins with its step and lowest number, 16 bits each. Key rows leave steps and lowest numbers, one for each
  /// channel, to a range that holds for many of them.
  CK_ROWS_Q4
} ck_row_type;

/// Where one key-value head's rows lie: the same place of every page, and pages in the order of tokens.
typedef struct {
  const uint8_t *_Nonnull const *_Nonnull key_pages;
  const uint8_t *_Nonnull const *_Nonnull value_pages;
  size_t key_offset, value_offset;    // bytes from a page's start
  size_t count;                       // rows that the first token sees
  const float *_Nullable key_range;   // as of ck_pack_key
} ck_head_rows;

/// Whether attention over rows of floats may round all numbers to bfloat16 before they are multiplied: never, where
/// that is faster, or wherever the processor can.
typedef enum { CK_ROUNDS_NEVER, CK_ROUNDS_WHERE_FASTER, CK_ROUNDS_WHEREVER } ck_rounding;

/// Attention of a block of tokens over cached or freshly computed keys and values.
typedef struct {
  const float *queries;     // [tokens][heads * head_size]
  size_t query_stride;
  const ck_head_rows *rows; // one for each key-value head
  ck_row_type type;
  size_t key_row_bytes, value_row_bytes;  // from one row to the next
  size_t page_rows;         // rows of a page
  size_t heads, key_value_heads, head_size;
  size_t tokens;
  int causal;               // token t sees t more
  ck_rounding rounds;
  float scale;
  float *output;            // [tokens][heads * head_size]
  size_t output_stride;
} ck_attention;

/// The functions of one instruction set.
typedef struct {
  const char *name;
  void (*f16_to_f32)(const uint16_t *source, float *target, size_t count);
  void (*f32_to_f16)(const float *source, uint16_t *target, size_t count);
  /// Rounds to 8 bits with one scale for each CK_BLOCK values; count is a multiple of CK_BLOCK.
  void (*quantize)(const float *source, size_t count, const ck_quantized *target);
  /// Computes output rows first..<last of a product for all tokens.
  void (*multiply)(const ck_product *product, const ck_input *input, size_t first, size_t last, float *scratch);
  /// Query heads first_head..<last_head for tokens first..<last; the heads lie within one key-value head's group.
  void (*attend)(const ck_attention *attention, size_t first_head, size_t last_head, size_t first, size_t last,
                 float *scratch);
  /// The same for one token and rows first..<last alone. Each head's `part` gets its largest score, the sum of
  /// e^(score - largest), and the values' sum with these weights, head_size + 2 numbers; without `part`, the output is
  /// written.
  void (*attend_rows)(const ck_attention *attention, size_t first_head, size_t last_head, size_t token, size_t first,
                      size_t last, float *_Nullable part, float *scratch);
  /// y = x / sqrt(mean(x^2) + epsilon) * weight
  void (*rms_norm)(const float *x, const float *weight, float epsilon, float *y, size_t count);
  /// y = (x - mean) / sqrt(variance + epsilon) * weight + bias
  void (*layer_norm)(const float *x, const float *weight, const float *bias, float epsilon, float *y, size_t count);
  void (*softmax)(float *x, size_t count);
  /// gate = gate * sigmoid(gate) * up
  void (*silu_multiply)(float *gate, const float *up, size_t count);
  /// x = x * sigmoid(1.702 x)
  void (*quick_gelu)(float *x, size_t count);
  /// x = x / 2 * (1 + erf(x / sqrt(2)))
  void (*gelu)(float *x, size_t count);
  /// Rotates pairs (i, i + head_size / 2) of every head by the angles whose cosines and sines are given.
  void (*rotate)(float *x, size_t heads, size_t head_size, const float *cosines, const float *sines);
  /// x = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
  void (*gelu_tanh)(float *x, size_t count);
  /// Whether `multiply` knows panels, and what the 8-bit integers in them are larger by than the signed ones.
  int knows_panels;
  uint8_t panel_excess;
} ck_kernels;

typedef enum { CK_PORTABLE, CK_AVX2, CK_AVX_VNNI, CK_AVX512_VNNI, CK_NEON } ck_level;

/// The functions of an instruction set, or NULL if this program or this machine lacks it.
const ck_kernels *_Nullable ck_kernels_for(ck_level level);
/// The fastest functions that this machine runs; looked up once.
const ck_kernels *ck_best_kernels(void);

/// Unpacks `count` weights of any type; of quantized types whole blocks.
void ck_unpack(ck_type type, const void *source, float *target, size_t count);

/// Packs `rows` rows of `columns` numbers, whole blocks of the type. `importance` holds what an error in each column
/// weighs, or is NULL.
void ck_pack(ck_type type, const float *source, void *target, size_t rows, size_t columns,
             const float *_Nullable importance);

/// The panels that a type's rows of `columns` numbers become: quantized types the ones of their own name, floats those
/// of 8-bit integers. CK_F32 where there are none.
ck_type ck_panels_of(ck_type type, size_t columns);
/// Bytes of one panel of 16 rows.
size_t ck_panel_bytes(ck_type panels, size_t columns);
/// Turns rows first..<last of a matrix of `rows` rows into panels; first is a multiple of 16. What is beyond the last
/// row counts as zero. Floats are rounded to blocks of 8-bit integers as Q8_0 is.
void ck_turn(const ck_kernels *kernels, ck_type type, const void *weights, size_t row_bytes, size_t rows,
             size_t columns, size_t first, size_t last, void *panels);

/// Bytes of a row of `size` numbers; size is a multiple of 32 for Q8_0 and of 2 for Q4.
size_t ck_key_row_bytes(ck_row_type type, size_t size);
size_t ck_value_row_bytes(ck_row_type type, size_t size);

/// `range` is for Q4 alone: `size` steps, then `size` lowest numbers. Rows may lie at any address.
void ck_pack_key(ck_row_type type, const float *source, void *row, size_t size, const float *_Nullable range);
void ck_unpack_key(ck_row_type type, const void *row, float *target, size_t size, const float *_Nullable range);
void ck_pack_value(ck_row_type type, const float *source, void *row, size_t size);
void ck_unpack_value(ck_row_type type, const void *row, float *target, size_t size);

/// Several products of one input, cut into chunks for a pool of threads.
typedef struct {
  const ck_kernels *kernels;
  ck_input input;
  ck_product products[CK_MAX_PRODUCTS];
  size_t product_count;
  size_t chunk_rows;        // output rows of one chunk, a multiple of 16
  float *scratch;           // CK_SCRATCH_FLOATS for each worker
} ck_multiply_job;

/// The number of chunks that ck_multiply_chunk expects.
size_t ck_multiply_chunk_count(const ck_multiply_job *job);
void ck_multiply_chunk(const void *job, size_t chunk, size_t worker);

/// Attention of many tokens cut into chunks: a key-value head's query heads, and some of the tokens.
typedef struct {
  const ck_kernels *kernels;
  ck_attention attention;
  size_t chunk_tokens;
  float *scratch;
} ck_attention_job;

size_t ck_attention_chunk_count(const ck_attention_job *job);
void ck_attention_chunk(const void *job, size_t chunk, size_t worker);

/// Rows first..<last of a key-value head.
typedef struct {
  size_t head, first, last;
  float *_Nullable part;    // as of attend_rows, for all query heads that share the rows; NULL where these are all rows
} ck_span;

/// Attention of one token cut into chunks of rows. A head's spans follow each other.
typedef struct {
  const ck_kernels *kernels;
  ck_attention attention;
  const ck_span *spans;
  const size_t *ends;       // for each chunk, the index after its last span
  size_t span_count;
  float *scratch;
} ck_decoding_job;

/// The first part of each thread's scratch memory is for attend_rows, the rest may hold parts of spans.
#define CK_DECODING_FLOATS (26 * 1024)

void ck_decoding_chunk(const void *job, size_t chunk, size_t worker);
/// After all chunks: puts the parts of heads that were cut together.
void ck_merge_spans(const ck_decoding_job *job);

/// Zeros on pages of their own, large ones where the system has them; NULL if it refuses.
void *_Nullable ck_reserve(size_t bytes);
void ck_give_back(void *memory, size_t bytes);

/// Reads `lines` pieces of 64 bytes, aligned to 64, and returns a sum of them, so that they have to be read.
uint64_t ck_read_lines(const void *memory, size_t lines);

/// Tells the processor that this thread only waits.
static inline void ck_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#pragma clang assume_nonnull end

#endif
