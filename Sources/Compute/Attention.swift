// SPDX-License-Identifier: Apache-2.0

import CKernels

extension Engine {
  /// Causal attention over cached keys and values.
  ///
  /// Query token `t` sees `rows(head).count + t` rows of each key-value head; its own row is the last of them. Every
  /// `heads / keyValueHeads` query heads share one key-value head (grouped-query attention, arXiv 2305.13245).
  ///
  /// - Parameters:
  ///   - queries: rotated queries, `[count][heads * headDimension]`.
  ///   - count: query tokens.
  ///   - heads: query heads, a multiple of `keyValueHeads`.
  ///   - format: how the cached rows are stored.
  ///   - plan: how the workers split the rows when there is one token. Nil splits by the rows that are cached.
  ///   - pruned: whether each key-value head, and the query heads that share it, are left out: their outputs are 0.
  ///     Empty for none.
  ///   - output: `[count][heads * headDimension]`.
  ///   - rows: where a key-value head's rows lie. It is called once for each head.
  public func attend(
    queries: FloatMatrix, count: Int, heads: Int, keyValueHeads: Int, format: PagedRowFormat, plan: AttentionPlan?,
    pruned: [Bool] = [], output: FloatMatrix, rows: (_ head: Int) -> PagedRows
  ) {
    precondition(keyValueHeads <= attentionSpans.maximumHeads, "more heads than the engine was made for")
    let (type, headDimension) = (format.type, format.headDimension)
    for head in 0..<keyValueHeads {
      let found = rows(head)
      precondition(found.count > 0 && (type != .q4 || found.keyRange != nil), "no rows, or no range for 4-bit keys")
      attentionSpans.heads[head] = ck_head_rows(found, count: isPruned(head, pruned) ? 0 : found.count)
    }
    let attention = ck_attention(
      queries: queries.base, query_stride: queries.stride, rows: attentionSpans.heads, type: type.rowType,
      key_row_bytes: type.keyRowBytes(headDimension), value_row_bytes: type.valueRowBytes(headDimension),
      page_rows: format.pageTokens, heads: heads, key_value_heads: keyValueHeads, head_size: headDimension,
      tokens: count, causal: 1, bf16: CK_BF16_ATTENTION_NEVER, nonlinear: nonlinear.kernelValue,
      scale: 1 / Float(headDimension).squareRoot(), output: output.base, output_stride: output.stride)
    if count == 1 { decode(attention, by: plan) } else { attend(attention) }
  }

  /// Full attention of rows over each other: every row sees all of them, without a causal mask.
  ///
  /// - Parameters:
  ///   - queries: `[queryCount][heads * headDimension]`, rotated where there is RoPE; `output` has the same shape.
  ///   - queryCount: rows that attend; nil for all.
  ///   - keys: `[count][heads * headDimension]`, rotated where there is RoPE; `values` has the same shape.
  ///   - count: rows that are attended to.
  ///   - pruned: whether each head is left out: its outputs are 0. Empty for none.
  public func attendFully(
    queries: FloatMatrix, queryCount: Int? = nil, keys: FloatMatrix, values: FloatMatrix, count: Int, heads: Int,
    headDimension: Int, pruned: [Bool] = [], output: FloatMatrix
  ) {
    precondition(
      heads <= attentionSpans.maximumHeads && keys.stride == values.stride, "heads or strides do not fit")
    withPageTables(keys, values) { keyPages, valuePages in
      for head in 0..<heads {
        attentionSpans.heads[head] = ck_head_rows(
          key_pages: keyPages, value_pages: valuePages,
          key_offset: head * headDimension * MemoryLayout<Float>.stride,
          value_offset: head * headDimension * MemoryLayout<Float>.stride, count: isPruned(head, pruned) ? 0 : count,
          key_range: nil, rotatedRows: nil)
      }
      attend(
        ck_attention(
          queries: queries.base, query_stride: queries.stride, rows: attentionSpans.heads, type: CK_KV_F32,
          key_row_bytes: keys.stride * MemoryLayout<Float>.stride,
          value_row_bytes: values.stride * MemoryLayout<Float>.stride, page_rows: count, heads: heads,
          key_value_heads: heads, head_size: headDimension, tokens: queryCount ?? count, causal: 0,
          bf16: bf16Attention.kernelValue, nonlinear: nonlinear.kernelValue,
          scale: 1 / Float(headDimension).squareRoot(), output: output.base, output_stride: output.stride))
    }
  }

  private func isPruned(_ head: Int, _ pruned: [Bool]) -> Bool { !pruned.isEmpty && pruned[head] }

  /// Calls `body` with page tables of one page each, which is the matrix itself.
  private func withPageTables(
    _ keys: FloatMatrix, _ values: FloatMatrix,
    _ body: (UnsafePointer<UnsafePointer<UInt8>>, UnsafePointer<UnsafePointer<UInt8>>) -> Void
  ) {
    withUnsafePointer(to: UnsafeRawPointer(keys.base).assumingMemoryBound(to: UInt8.self)) { keyPages in
      withUnsafePointer(to: UnsafeRawPointer(values.base).assumingMemoryBound(to: UInt8.self)) { valuePages in
        body(keyPages, valuePages)
      }
    }
  }

  /// Attention of many tokens, in chunks of tokens and key-value heads.
  private func attend(_ attention: ck_attention) {
    precondition(attention.head_size <= Int(CK_MAX_HEAD), "the head is too wide")
    // As many tokens as fill a panel's tiles together with the query heads that share its keys.
    let group = attention.heads / attention.key_value_heads
    var job = ck_attention_job(
      kernels: kernels, attention: attention, chunk_tokens: max(96 / group, 1), scratch: scratch.base)
    threads.run(chunks: ck_attention_chunk_count(&job), job: &job, ck_attention_chunk)
  }

  /// Attention of one token, in chunks of rows.
  private func decode(_ attention: ck_attention, by plan: AttentionPlan?) {
    precondition(attention.head_size <= Int(CK_MAX_HEAD), "the head is too wide")
    let reserved = Int(CK_DECODING_FLOATS)
    attentionSpans.split(
      attention, by: plan, partialCount: attention.heads / attention.key_value_heads * (attention.head_size + 2),
      partials: UnsafeMutableBufferPointer(start: scratch.base + reserved, count: Int(CK_SCRATCH_FLOATS) - reserved))
    var (job, chunks) = attentionSpans.job(attention, kernels: kernels, scratch: scratch)
    threads.run(chunks: chunks, job: &job, ck_decoding_chunk)
    ck_merge_spans(&job)
  }
}
