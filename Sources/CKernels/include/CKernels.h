// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_CKERNELS_H
#define EDGEASSIST_CKERNELS_H

#include "product_schedule.h"
#include "recurrence.h"

#pragma clang assume_nonnull begin

// The inner loops of a transformer: once in plain C, and once for each instruction set that makes them faster.
//
// A weight matrix stores the weights of one output as one row, as GGUF does: [rows][columns] is [outputs][inputs].
// Activations are rows of floats, one row for a token. Nothing here allocates, except ck_allocate: the caller provides
// scratch memory, one piece for each thread.

/// How the weights of a matrix are stored. Up to CK_TQ2_0, these are ggml's types of the same names.
typedef enum {
  CK_F32,
  CK_F16,
  CK_BF16,
  CK_Q8_0,
  CK_Q4_0,
  CK_Q4_1,
  CK_Q5_0,
  CK_Q5_1,
  CK_Q2_K,
  CK_Q3_K,
  CK_Q4_K,
  CK_Q5_K,
  CK_Q6_K,
  CK_IQ4_NL,
  CK_IQ4_XS,
  CK_MXFP4,
  CK_NVFP4,
  CK_TQ1_0,
  CK_TQ2_0,
  // Formats of this program.
  CK_AMXFP4,
  CK_DINT4,
  CK_SAWB2,
  // Repacked into panels of 16 rows (ck_repack), in the order in which vector instructions read them.
  CK_PANELS_Q8_0,
  CK_PANELS_Q4_0,
  CK_PANELS_Q4_1,
  CK_PANELS_Q5_0,
  CK_PANELS_Q4_K,
  CK_PANELS_Q6_K,
  CK_PANELS_IQ4_NL,
  CK_PANELS_IQ4_XS,
  CK_PANELS_MXFP4,
  CK_PANELS_NVFP4,
  CK_PANELS_AMXFP4,
  CK_PANELS_DINT4,
  CK_PANELS_TQ2_0,
  CK_PANELS_SAWB2
} ck_type;

/// Weights in a group: the smallest block of a quantized type. Activations are quantized in blocks of the same size.
#define CK_BLOCK 32
/// Floats of scratch memory that any function here needs for each thread.
#define CK_SCRATCH_FLOATS (84 * 1024)
/// The largest size of an attention head.
#define CK_MAX_HEAD 256
/// The most matrices that one job multiplies with the same input.
#define CK_MAX_PRODUCTS 3

/// Activations in 8 bits: x is about scale * q, with one scale for each block of CK_BLOCK.
///
/// Weights are stored as unsigned quants with a zero point, or with a minimum. Their products with x need sums of x,
/// which are computed once here. The names are those of ggml's q8_0 and q8_K blocks.
typedef struct {
  int8_t *qs;            // [tokens][columns], -127...127
  int16_t *qs16;         // [tokens][columns], the same in 16 bits
  float *scales;         // [tokens][columns / CK_BLOCK]
  int16_t *bsums;        // [tokens][columns / 16], sums of `qs` over half a block
  int32_t *corrections;  // [tokens][columns / CK_BLOCK], -128 * the sum of `qs`: corrects for a zero point of 128
  float *dsums;          // [tokens][columns / CK_BLOCK], scale * the sum of `qs`
} ck_quantized;

/// The input of matrix products: floats and, for quantized weights, the same in 8 bits.
typedef struct {
  const float *values;  // [tokens][columns]
  size_t stride;        // floats from one token to the next
  ck_quantized quantized;
  size_t tokens;
} ck_input;

/// One product: output[token][row] = (accumulate ? output : 0) + bias[row] + scale * sum of weight * input.
typedef struct {
  const void *weights;  // [rows][columns]
  ck_type type;
  size_t row_bytes;  // from one row to the next; not used for panels
  size_t rows, columns;
  float scale;                  // of all weights
  const float *_Nullable bias;  // [rows]
  float *output;                // [tokens][rows]
  size_t output_stride;         // floats from one token to the next
  int accumulate;
  ck_schedule schedule;  // of repacked weights; other products do not look at it
} ck_product;

/// How rows of keys and values are stored. A row is one head's key or value of one token.
typedef enum {
  CK_KV_F32,
  CK_KV_F16,
  /// Blocks of 32 values: a scale in half precision, then 32 signed bytes, as ggml's Q8_0.
  CK_KV_Q8_0,
  /// 4 bits a value: value = minimum + scale * q. A byte holds a q of the first half of the row in its low bits, and
  /// one of the second half in its high bits. A value row begins with its scale and its minimum in half precision.
  /// Keys have a scale and a minimum for each channel instead, which many rows share (`key_range`).
  CK_KV_Q4,
  /// Blocks of 32 values as in CK_AMXFP4, each with the scale of its largest value and that of its smallest.
  CK_KV_AMXFP4
} ck_kv_type;

/// Consecutive keys whose RoPE positions have changed by the same number since they were stored. Attention rotates them
/// when it reads them, so that a key is rounded once however often its position changes.
typedef struct {
  size_t last;                    // the row behind the run, counted from `run_start`; a run begins where one ends
  const float *_Nullable angles;  // cosines of the change, then sines: [2][ck_angle_stride]; NULL: no change
} ck_key_run;

/// Floats from the cosines of a `ck_key_run` to its sines: half a head, padded to whole vectors.
static inline size_t ck_angle_stride(size_t head_size) { return (head_size / 2 + 15) / 16 * 16; }

/// Where the rows of one key-value head are: at the same offset in every page, pages in the order of tokens.
typedef struct {
  const uint8_t *_Nonnull const *_Nonnull key_pages;
  const uint8_t *_Nonnull const *_Nonnull value_pages;
  size_t key_offset, value_offset;       // bytes from the start of a page
  size_t count;                          // rows that the first token attends to; 0: the head is pruned, its output is 0
  const float *_Nullable key_range;      // [2][head_size], as in ck_quantize_key
  const ck_key_run *_Nullable key_runs;  // [run_count], what follows them is not rotated; NULL: no key is rotated
  size_t run_count;
  size_t run_start;      // rows in front of the first run, which are read as they are stored
  size_t rotated_pairs;  // the runs rotate pairs (i, i + head_size / 2) below this one only
} ck_head_rows;

/// Whether attention over rows of floats may round queries, keys, weights and values to bfloat16: never, on processors
/// where that is faster, or on all that have the instruction.
typedef enum { CK_BF16_ATTENTION_NEVER, CK_BF16_ATTENTION_AUTO, CK_BF16_ATTENTION_ALWAYS } ck_bf16_attention;

/// How nonlinear functions are computed: exactly to a few units of the last place, or from tables of 16 lines.
typedef enum { CK_NONLINEAR_EXACT, CK_NONLINEAR_LUT16 } ck_nonlinear;

/// Attention of a block of tokens over cached or freshly computed keys and values.
typedef struct {
  const float *queries;      // [tokens][heads * head_size]
  size_t query_stride;       // floats from one token to the next
  const ck_head_rows *rows;  // [key_value_heads]
  ck_kv_type type;
  size_t key_row_bytes, value_row_bytes;  // from one row to the next
  size_t page_rows;                       // rows of a page
  size_t heads, key_value_heads, head_size;
  size_t tokens;
  int causal;  // token t attends to t rows more than the first token
  ck_bf16_attention bf16;
  ck_nonlinear nonlinear;  // of the softmax
  float scale;             // of scores, 1 / sqrt(head_size) as a rule
  float *output;           // [tokens][heads * head_size]
  size_t output_stride;    // floats from one token to the next
} ck_attention;

/// The functions of one instruction set.
typedef struct {
  const char *name;
  void (*f16_to_f32)(const uint16_t *source, float *target, size_t count);
  void (*f32_to_f16)(const float *source, uint16_t *target, size_t count);
  /// Quantizes `count` activations, a multiple of CK_BLOCK. A block with a value that is infinite or not a number gets
  /// a scale that is neither finite, so that products with it are not finite either.
  void (*quantize_activations)(const float *source, size_t count, const ck_quantized *target);
  /// Computes output rows first..<last of a product for all tokens.
  void (*multiply)(const ck_product *product, const ck_input *input, size_t first, size_t last, float *scratch);
  /// Attention of query heads first_head..<last_head and tokens first..<last. The heads share one key-value head.
  void (*attend)(const ck_attention *attention, size_t first_head, size_t last_head, size_t first, size_t last,
                 float *scratch);
  /// Attention of one token over rows first..<last only. Without `part`, the output is written. With it, each head gets
  /// head_size + 2 floats there: the largest score, the sum of e^(score - largest), and the sum of the values with
  /// these weights. ck_merge_spans combines such parts.
  void (*attend_rows)(const ck_attention *attention, size_t first_head, size_t last_head, size_t token, size_t first,
                      size_t last, float *_Nullable part, float *scratch);
  /// y = x / sqrt(mean(x^2) + epsilon) * weight
  void (*rms_norm)(const float *x, const float *weight, float epsilon, float *y, size_t count);
  /// y = (x - mean) / sqrt(variance + epsilon) * weight + bias
  void (*layer_norm)(const float *x, const float *weight, const float *bias, float epsilon, float *y, size_t count);
  /// gate = gate * sigmoid(gate) * up
  void (*silu_multiply)(float *gate, const float *up, size_t count);
  /// x = x * sigmoid(gate)
  void (*sigmoid_multiply)(float *x, const float *gate, size_t count);
  /// x = x * scale / sqrt(sum(x^2) + epsilon)
  void (*l2_normalize)(float *x, float epsilon, float scale, size_t count);
  /// Channels first..<last of a convolution.
  void (*convolve)(const ck_convolution *convolution, size_t first, size_t last);
  /// Columns CK_DELTA_COLUMNS * panel and those after it of a value head.
  void (*delta_rule)(const ck_delta_rule *rule, size_t head, size_t panel);
  /// x = x * sigmoid(1.702 x)
  void (*quick_gelu)(float *x, size_t count);
  /// x = x / 2 * (1 + erf(x / sqrt(2)))
  void (*gelu)(float *x, size_t count);
  /// x = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
  void (*gelu_tanh)(float *x, size_t count);
  /// RoPE: rotates the pairs (i, i + head_size / 2) of each head by angles with these cosines and sines,
  /// [head_size / 2] each.
  void (*rotate)(float *x, size_t heads, size_t head_size, const float *cosines, const float *sines);
  /// Whether `multiply` takes repacked weights.
  int supports_repacking;
  /// Zero point that ck_repack adds to the quants of CK_PANELS_Q8_0 to make them unsigned; 0 where they stay signed.
  uint8_t panel_zero_point;
  /// Tokens of the tiles of repacked weights, in rising order; 0: none. Bytes that one token prefetches them ahead.
  size_t panel_tiles[3], prefetch_bytes;
} ck_kernels;

/// The instruction sets that there are kernels for; the C functions of CK_PORTABLE run everywhere.
typedef enum { CK_PORTABLE, CK_AVX2, CK_AVX_VNNI, CK_AVX512_VNNI, CK_NEON, CK_NEON_I8MM } ck_level;

/// The functions of an instruction set, or NULL if this program or this machine does not have it.
const ck_kernels *_Nullable ck_kernels_for(ck_level level);
/// The fastest functions that this machine runs.
const ck_kernels *ck_best_kernels(void);

/// Whether `attend` has instructions for bfloat16 on this machine.
int ck_has_bf16_attention(void);

// The functions of the same names in ck_kernels, from tables of 16 lines (NN-LUT, arXiv 2112.02191).
void ck_lut16_rms_norm(const float *x, const float *weight, float epsilon, float *y, size_t count);
void ck_lut16_layer_norm(const float *x, const float *weight, const float *bias, float epsilon, float *y, size_t count);
void ck_lut16_silu_multiply(float *gate, const float *up, size_t count);
void ck_lut16_sigmoid_multiply(float *x, const float *gate, size_t count);
void ck_lut16_l2_normalize(float *x, float epsilon, float scale, size_t count);
void ck_lut16_quick_gelu(float *x, size_t count);
void ck_lut16_gelu(float *x, size_t count);
void ck_lut16_gelu_tanh(float *x, size_t count);
/// e^x, 1 / x and 1 / sqrt(x): the table gives the mantissa's function, and the exponent is computed.
float ck_lut16_exp(float x);
float ck_lut16_reciprocal(float x);
float ck_lut16_rsqrt(float x);

/// Brings pairs of neighbours (2 i, 2 i + 1) of each head apart, to (i, i + head_size / 2), where `rotate` expects
/// them. `head_size` is even and CK_MAX_HEAD at most.
void ck_separate_pairs(float *x, size_t heads, size_t head_size);
/// Brings the pairs (i, i + rotated / 2) of a head of which RoPE rotates the first `rotated` values to
/// (i, i + head_size / 2), where `rotate` expects them. Both sizes are even, `rotated` is the smaller one.
void ck_spread_pairs(float *x, size_t heads, size_t head_size, size_t rotated);
/// Computes the gates of the gated delta rule from a token's projections, in place:
/// alpha = e^(a * softplus(alpha + dt)), the decay, and beta = sigmoid(beta), all [heads].
void ck_delta_gates(float *alpha, float *beta, const float *a, const float *dt, size_t heads);

/// The largest quant of a quantized type, as it is multiplied: with the zero point, or without its sign.
int ck_largest_quant(ck_type type);
/// The most products of quants of at most `largest` with activations whose sum fits 16 bits; 0 for none.
size_t ck_products_in_16_bits(int largest);

/// Converts `count` weights of any type but panels to floats; of quantized types whole blocks.
void ck_dequantize(ck_type type, const void *source, float *target, size_t count);

/// Casts `count` floats, a multiple of CK_BLOCK, to what blocks of `type` hold, CK_MXFP4 or CK_AMXFP4, and back. Scales
/// follow from the largest values of a block alone, as in arXiv 2411.09909 and in OCP Microscaling Formats 1.0.
/// `source` may be `target`.
void ck_cast(ck_type type, const float *source, float *target, size_t count);
/// As `quantize_activations` after ck_cast: the 4-bit values are rounded to 8 bits once more.
void ck_quantize_cast(const ck_kernels *kernels, ck_type type, const float *source, size_t count,
                      const ck_quantized *target);

/// Converts `rows` rows of `columns` floats to any type but panels; `columns` is a multiple of the type's block.
/// `importance` [columns] weights the squared error of each column, or is NULL.
void ck_quantize(ck_type type, const float *source, void *target, size_t rows, size_t columns,
                 const float *_Nullable importance);

/// The panels that ck_repack makes of a type: quantized types keep their format, floats become 8-bit quants. CK_F32 if
/// there are none.
ck_type ck_repacked_type(ck_type type, size_t columns);
/// Bytes of one panel of 16 rows.
size_t ck_panel_bytes(ck_type panels, size_t columns);
/// Repacks rows first..<last of a matrix of `rows` rows into panels; `first` is a multiple of 16. Rows of a panel
/// beyond the last row of the matrix are zero. Floats are quantized as Q8_0 is.
void ck_repack(const ck_kernels *kernels, ck_type type, const void *weights, size_t row_bytes, size_t rows,
               size_t columns, size_t first, size_t last, void *panels);

/// Bytes of a key or value row of `size` values; `size` is a multiple of 32 for Q8_0 and
/// AMXFP4, of 2 for Q4.
size_t ck_key_row_bytes(ck_kv_type type, size_t size);
size_t ck_value_row_bytes(ck_kv_type type, size_t size);

/// Writes and reads key and value rows, which may have any alignment. `range` [2][size] is for keys of Q4 only: a scale
/// for each channel, then a minimum for each channel.
void ck_quantize_key(ck_kv_type type, const float *source, void *row, size_t size, const float *_Nullable range);
void ck_dequantize_key(ck_kv_type type, const void *row, float *target, size_t size, const float *_Nullable range);
void ck_quantize_value(ck_kv_type type, const float *source, void *row, size_t size);
void ck_dequantize_value(ck_kv_type type, const void *row, float *target, size_t size);

/// Several products of one input, divided into chunks for a pool of threads.
typedef struct {
  const ck_kernels *kernels;
  ck_input input;
  ck_product products[CK_MAX_PRODUCTS];
  size_t product_count;
  size_t chunk_rows;  // output rows of one chunk, a multiple of 16
  float *scratch;     // [workers][CK_SCRATCH_FLOATS]
} ck_multiply_job;

/// The number of chunks of a job for ck_multiply_chunk.
size_t ck_multiply_chunk_count(const ck_multiply_job *job);
/// Computes a chunk of a `ck_multiply_job` with the scratch memory of a worker.
void ck_multiply_chunk(const void *job, size_t chunk, size_t worker);

/// Attention of many tokens, divided into chunks. A chunk is some of the tokens with the query heads of one key-value
/// head.
typedef struct {
  const ck_kernels *kernels;
  ck_attention attention;
  size_t chunk_tokens;
  float *scratch;  // [workers][CK_SCRATCH_FLOATS]
} ck_attention_job;

/// The number of chunks of a job for ck_attention_chunk.
size_t ck_attention_chunk_count(const ck_attention_job *job);
/// Computes a chunk of a `ck_attention_job` with the scratch memory of a worker.
void ck_attention_chunk(const void *job, size_t chunk, size_t worker);

/// Rows first..<last of a key-value head.
typedef struct {
  size_t head, first, last;
  float *_Nullable part;  // as in attend_rows, for all query heads of the key-value head; NULL if these are all rows
} ck_span;

/// Attention of one token, divided into chunks of rows. The spans of one head follow each other.
typedef struct {
  const ck_kernels *kernels;
  ck_attention attention;
  const ck_span *spans;  // [span_count]
  const size_t *ends;    // for each chunk, the index after its last span
  size_t span_count;
  float *scratch;  // [workers][CK_SCRATCH_FLOATS]
} ck_decoding_job;

/// attend_rows uses this much of a thread's scratch memory; the rest may hold the parts of spans.
#define CK_DECODING_FLOATS (26 * 1024)

/// Computes a chunk of a `ck_decoding_job`, all its spans, with the scratch memory of a worker.
void ck_decoding_chunk(const void *job, size_t chunk, size_t worker);
/// After all chunks: combines the parts of each head into its output, and zeros those of pruned heads.
void ck_merge_spans(const ck_decoding_job *job);
/// The same for one token of each of several forks of a sequence: `shared` has the rows that all of them see, `own` the
/// rows of each fork. Both have one token, whose query heads are those of all forks, [key-value head][fork][query]. The
/// key-value heads of `own` are [key-value head][fork]. All the spans have parts. The output is: [fork][query heads].
void ck_merge_forks(const ck_decoding_job *shared, const ck_decoding_job *own, float *output, size_t output_stride);

/// Whether all of `count` floats are numbers whose magnitude is not above a limit, which is finite and not negative.
int ck_all_within(const float *x, size_t count, float limit);

/// Zeroed memory on pages of its own, huge pages where the system has them; NULL if the system refuses.
void *_Nullable ck_allocate(size_t bytes);
void ck_deallocate(void *memory, size_t bytes);

/// Reads `lines` cache lines of 64 bytes, aligned to 64. The result depends on all of them, so that no read is
/// optimized away.
uint64_t ck_read_cache_lines(const void *memory, size_t lines);

/// Tells the processor that this thread waits in a loop.
static inline void ck_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#pragma clang assume_nonnull end

#endif
