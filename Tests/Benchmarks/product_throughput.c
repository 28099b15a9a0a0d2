// SPDX-License-Identifier: Apache-2.0

// Products of a matrix of each quantized type with one token, as the file stores it and repacked: bytes and weights per
// second on one thread, and the share of the bandwidth that reading memory reaches. The arguments are rows and columns
// of the matrix, which should not fit the caches, and rounds; the best of all rounds counts. Every round has all types
// in turn, so that a busy machine is busy for all of them.
//
//   clang -O2 -D_GNU_SOURCE -ISources/CKernels -ISources/CKernels/include -ITests/KernelChecks \
//     -ITests/KernelChecks/include Tests/Benchmarks/product_throughput.c Tests/KernelChecks/support.c \
//     $(find Sources/CKernels -name '*.c') -lm -o product_throughput
//   ./product_throughput 14336 8192 12
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *const names[] = {
    [CK_Q8_0] = "Q8_0",     [CK_Q4_0] = "Q4_0",     [CK_Q4_1] = "Q4_1",   [CK_Q5_0] = "Q5_0",   [CK_Q5_1] = "Q5_1",
    [CK_Q2_K] = "Q2_K",     [CK_Q3_K] = "Q3_K",     [CK_Q4_K] = "Q4_K",   [CK_Q5_K] = "Q5_K",   [CK_Q6_K] = "Q6_K",
    [CK_IQ4_NL] = "IQ4_NL", [CK_IQ4_XS] = "IQ4_XS", [CK_MXFP4] = "MXFP4", [CK_NVFP4] = "NVFP4", [CK_TQ1_0] = "TQ1_0",
    [CK_TQ2_0] = "TQ2_0",   [CK_AMXFP4] = "AMXFP4", [CK_DINT4] = "DINT4", [CK_SAWB2] = "SAWB2"};

/// Bytes of memory that are read for its bandwidth.
static const size_t read_bytes = 64 << 20;

/// A matrix in one layout, and its shortest time.
typedef struct {
  ck_product product;
  size_t bytes;
  double seconds;
} matrix;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/// As the file stores it: 16 random rows, repeated.
static matrix stored(kc_random *random, ck_type type, size_t rows, size_t columns, float *output) {
  const size_t row_bytes = columns / ck_block_weights(type) * ck_block_bytes(type);
  uint8_t *sixteen = kc_weights(random, type, 16, columns), *weights = kc_allocate(rows * row_bytes);
  for (size_t r = 0; r < rows; r += 16) memcpy(weights + r * row_bytes, sixteen, 16 * row_bytes);
  free(sixteen);
  const ck_product product = {.weights = weights,
                              .type = type,
                              .row_bytes = row_bytes,
                              .rows = rows,
                              .columns = columns,
                              .scale = 1,
                              .output = output,
                              .output_stride = rows};
  return (matrix){product, rows * row_bytes, 1e9};
}

static matrix repacked(const ck_kernels *kernels, matrix source) {
  const size_t rows = source.product.rows, columns = source.product.columns;
  matrix result = source;
  result.product.type = ck_repacked_type(source.product.type, columns);
  if (result.product.type == CK_F32) return (matrix){.bytes = 0};
  result.bytes = rows / 16 * ck_panel_bytes(result.product.type, columns);
  void *panels = kc_allocate(result.bytes);
  ck_repack(kernels, source.product.type, source.product.weights, source.product.row_bytes, rows, columns, 0, rows,
            panels);
  result.product.weights = panels;
  return result;
}

int main(int argc, char **argv) {
  const size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) / 16 * 16 : 14336;
  const size_t columns = argc > 2 ? strtoul(argv[2], NULL, 10) / 256 * 256 : 8192;
  const int rounds = argc > 3 ? atoi(argv[3]) : 12;
  const ck_kernels *kernels = ck_best_kernels();
  kc_random random = kc_seeded(3);
  float *x = kc_floats(&random, columns, 1), *output = kc_allocate(rows * sizeof *output);
  float *scratch = kc_allocate(CK_SCRATCH_FLOATS * sizeof *scratch);
  const ck_quantized quantized = {kc_allocate(columns),     kc_allocate(2 * columns), kc_allocate(columns / 8),
                                  kc_allocate(columns / 8), kc_allocate(columns / 8), kc_allocate(columns / 8)};
  kernels->quantize_activations(x, columns, &quantized);
  const ck_input input = {.values = x, .stride = columns, .quantized = quantized, .tokens = 1};
  uint8_t *memory = kc_allocate(read_bytes);
  memset(memory, 1, read_bytes);

  static matrix matrices[CK_SAWB2 + 1][2];
  for (ck_type type = CK_Q8_0; type <= CK_SAWB2; type++) {
    matrices[type][0] = stored(&random, type, rows, columns, output);
    matrices[type][1] = repacked(kernels, matrices[type][0]);
  }
  double read_seconds = 1e9;
  volatile uint64_t sum = 0;
  for (int round = 0; round < rounds; round++) {
    double start = now();
    sum += ck_read_cache_lines(memory, read_bytes / 64);
    if (now() - start < read_seconds) read_seconds = now() - start;
    for (ck_type type = CK_Q8_0; type <= CK_SAWB2; type++)
      for (size_t l = 0; l < 2; l++) {
        matrix *m = &matrices[type][l];
        if (m->bytes == 0) continue;
        start = now();
        kernels->multiply(&m->product, &input, 0, rows, scratch);
        const double seconds = now() - start;
        if (seconds < m->seconds) m->seconds = seconds;
      }
  }
  const double bandwidth = (double)read_bytes / read_seconds;
  printf("%s, one thread, memory is read at %.1f GB/s\n", kernels->name, bandwidth / 1e9);
  for (ck_type type = CK_Q8_0; type <= CK_SAWB2; type++)
    for (size_t l = 0; l < 2; l++) {
      const matrix *m = &matrices[type][l];
      if (m->bytes == 0) continue;
      const double speed = (double)m->bytes / m->seconds;
      printf("%-7s %-8s %5.1f GB/s, %3.0f %% of the bandwidth, %5.1f thousand million weights/s\n", names[type],
             l ? "repacked" : "stored", speed / 1e9, 100 * speed / bandwidth,
             (double)(rows * columns) / m->seconds / 1e9);
    }
  return 0;
}
