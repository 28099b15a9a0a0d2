// SPDX-License-Identifier: Apache-2.0

import CKernels

extension Engine {
  /// Causal attention over cached keys and values: query token `t` of `count` sees `rows(head).count + t` rows.
  ///
  /// - Parameters:
  ///   - queries: `heads · headSize` wide, rotated.
  ///   - pageRows: rows that a page holds.
  ///   - plan: how a single token's work is shared out; without it, by the rows that are there.
  ///   - output: as wide as `queries`.
  ///   - rows: each key-value head's rows; asked for once.
  public func attend(
    queries: FloatMatrix, count: Int, heads: Int, keyValueHeads: Int, headSize: Int, type: KeyValueType, pageRows: Int,
    plan: AttentionPlan?, output: FloatMatrix, rows: (Int) -> PagedRows
  ) {
    precondition(type.supports(headDimension: headSize), "heads of \(headSize) numbers are not stored as \(type)")
    precondition(keyValueHeads <= attentionSpace.maximumHeads, "more heads than the engine was made for")
    for head in 0..<keyValueHeads {
      let found = rows(head)
      precondition(found.count > 0 && (type != .q4 || found.keyRange != nil), "no rows, or no range for 4-bit keys")
      let pages = UnsafeRawPointer(found.pages).assumingMemoryBound(to: UnsafePointer<UInt8>.self)
      attentionSpace.heads[head] = ck_head_rows(
        key_pages: pages, value_pages: pages, key_offset: found.keyOffset, value_offset: found.valueOffset,
        count: found.count, key_range: found.keyRange)
    }
    let attention = ck_attention(
      queries: queries.base, query_stride: queries.stride, rows: attentionSpace.heads, type: type.rowType,
      key_row_bytes: type.keyRowBytes(headSize), value_row_bytes: type.valueRowBytes(headSize), page_rows: pageRows,
      heads: heads, key_value_heads: keyValueHeads, head_size: headSize, tokens: count, causal: 1,
      rounds: CK_ROUNDS_NEVER, scale: 1 / Float(headSize).squareRoot(), output: output.base,
      output_stride: output.stride)
    if count == 1 { decode(attention, by: plan) } else { attend(attention) }
  }

  /// Attention of `count` rows over each other, every one seeing all.
  public func attendFully(
    queries: FloatMatrix, keys: FloatMatrix, values: FloatMatrix, count: Int, heads: Int, headSize: Int,
    output: FloatMatrix
  ) {
    precondition(heads <= attentionSpace.maximumHeads && keys.stride == values.stride, "heads or strides do not fit")
    withPages(keys, values) { keyPage, valuePage in
      for head in 0..<heads {
        attentionSpace.heads[head] = ck_head_rows(
          key_pages: keyPage, value_pages: valuePage, key_offset: head * headSize * MemoryLayout<Float>.stride,
          value_offset: head * headSize * MemoryLayout<Float>.stride, count: count, key_range: nil)
      }
      attend(
        ck_attention(
          queries: queries.base, query_stride: queries.stride, rows: attentionSpace.heads, type: CK_ROWS_F32,
          key_row_bytes: keys.stride * MemoryLayout<Float>.stride,
          value_row_bytes: values.stride * MemoryLayout<Float>.stride, page_rows: count, heads: heads,
          key_value_heads: heads, head_size: headSize, tokens: count, causal: 0,
          rounds: bf16Attention.kernelRounding, scale: 1 / Float(headSize).squareRoot(), output: output.base,
          output_stride: output.stride))
    }
  }

  /// Rows of floats as page tables of one page each.
  private func withPages(
    _ keys: FloatMatrix, _ values: FloatMatrix,
    _ body: (UnsafePointer<UnsafePointer<UInt8>>, UnsafePointer<UnsafePointer<UInt8>>) -> Void
  ) {
    withUnsafePointer(to: UnsafeRawPointer(keys.base).assumingMemoryBound(to: UInt8.self)) { keyPage in
      withUnsafePointer(to: UnsafeRawPointer(values.base).assumingMemoryBound(to: UInt8.self)) { valuePage in
        body(keyPage, valuePage)
      }
    }
  }

  private func attend(_ attention: ck_attention) {
    precondition(attention.head_size <= Int(CK_MAX_HEAD), "the head is too wide")
    // As many tokens as fill a panel's tiles together with the heads that share its keys.
    let group = attention.heads / attention.key_value_heads
    var job = ck_attention_job(
      kernels: kernels, attention: attention, chunk_tokens: max(96 / group, 1), scratch: scratch.base)
    threads.run(chunks: ck_attention_chunk_count(&job), job: &job, ck_attention_chunk)
  }

  private func decode(_ attention: ck_attention, by plan: AttentionPlan?) {
    precondition(attention.head_size <= Int(CK_MAX_HEAD), "the head is too wide")
    let decoding = Int(CK_DECODING_FLOATS)
    attentionSpace.cut(
      attention, by: plan, partLength: attention.heads / attention.key_value_heads * (attention.head_size + 2),
      room: UnsafeMutableBufferPointer(start: scratch.base + decoding, count: Int(CK_SCRATCH_FLOATS) - decoding))
    var (job, chunks) = attentionSpace.job(attention, engine: self)
    threads.run(chunks: chunks, job: &job, ck_decoding_chunk)
    ck_merge_spans(&job)
  }
}
