// x86-64 with AVX2, FMA and F16C.
#include "panels.h"
#include "rows.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define CK_TILE_TOKENS 6
#define CK_INT_TOKENS 4
#define CK_PANEL "words_panel.inc"
#define CK_TILE_BY_SIX 1
#define CK_TILE_BY_TWO 2
#define CK_TILE_SUMS 8
#define CK_PANEL_TOKENS 6
#define CK_PANELS_AHEAD 8192

#include "vector.inc"
#include "x86_dot.inc"
#include "avx2_tile.inc"
#include "avx2_panels.inc"
#define PANELS(NAME) NAME
#include "panels.inc"

#pragma clang diagnostic pop
#pragma clang attribute pop

const ck_kernels ck_avx2_kernels = {
    "AVX2",  f16_to_f32,    f32_to_f16, quantize, multiply, attend, attend_rows, rms_norm, layer_norm,
    softmax, silu_multiply, quick_gelu, gelu,     rotate,
    gelu_tanh, 1, 0,
};
#endif
