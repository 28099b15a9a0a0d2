// SPDX-License-Identifier: Apache-2.0

// Matrix products of all types of weights.

/// `few`: whether to multiply row by row, without packing panels.
INLINE void multiply_floats(const ck_type type, const int few, const ck_product *product, const ck_input *input,
                            size_t first, size_t last, float *scratch) {
  if (few) multiply_floats_by_row(type, product, input, first, last);
  else multiply_floats_by_panel(type, product, input, first, last, scratch);
}

INLINE void multiply_quants(const ck_type type, const int few, const ck_product *product, const ck_input *input,
                            size_t first, size_t last, float *scratch) {
  if (few) multiply_quants_by_row(type, product, input, first, last);
  else multiply_quants_by_panel(type, product, input, first, last, (quant_panel *)(void *)scratch);
}

static void multiply(const ck_product *product, const ck_input *input, size_t first, size_t last, float *scratch) {
  // With few tokens, packing panels costs more than it saves.
  const int few = input->tokens < (ck_is_quantized(product->type) ? 8 : 4);
  switch (product->type) {
    case CK_F32: multiply_floats(CK_F32, few, product, input, first, last, scratch); return;
    case CK_F16: multiply_floats(CK_F16, few, product, input, first, last, scratch); return;
    case CK_BF16: multiply_floats(CK_BF16, few, product, input, first, last, scratch); return;
    case CK_Q8_0: multiply_quants(CK_Q8_0, few, product, input, first, last, scratch); return;
    case CK_Q4_0: multiply_quants(CK_Q4_0, few, product, input, first, last, scratch); return;
    case CK_Q4_1: multiply_quants(CK_Q4_1, few, product, input, first, last, scratch); return;
    case CK_Q5_0: multiply_quants(CK_Q5_0, few, product, input, first, last, scratch); return;
    case CK_Q5_1: multiply_quants(CK_Q5_1, few, product, input, first, last, scratch); return;
    case CK_Q2_K: multiply_quants(CK_Q2_K, few, product, input, first, last, scratch); return;
    case CK_Q3_K: multiply_quants(CK_Q3_K, few, product, input, first, last, scratch); return;
    case CK_Q4_K: multiply_quants(CK_Q4_K, few, product, input, first, last, scratch); return;
    case CK_Q5_K: multiply_quants(CK_Q5_K, few, product, input, first, last, scratch); return;
    case CK_Q6_K: multiply_quants(CK_Q6_K, few, product, input, first, last, scratch); return;
    case CK_IQ4_NL: multiply_quants(CK_IQ4_NL, few, product, input, first, last, scratch); return;
    case CK_IQ4_XS: multiply_quants(CK_IQ4_XS, few, product, input, first, last, scratch); return;
    case CK_MXFP4: multiply_quants(CK_MXFP4, few, product, input, first, last, scratch); return;
    case CK_NVFP4: multiply_quants(CK_NVFP4, few, product, input, first, last, scratch); return;
    case CK_TQ1_0: multiply_quants(CK_TQ1_0, few, product, input, first, last, scratch); return;
    case CK_TQ2_0: multiply_quants(CK_TQ2_0, few, product, input, first, last, scratch); return;
    case CK_AMXFP4: multiply_quants(CK_AMXFP4, few, product, input, first, last, scratch); return;
    case CK_DINT4: multiply_quants(CK_DINT4, few, product, input, first, last, scratch); return;
    case CK_SAWB2: multiply_quants(CK_SAWB2, few, product, input, first, last, scratch); return;
    default: multiply_panels(product, input, first, last); return;
  }
}
