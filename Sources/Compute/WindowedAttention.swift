// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Attention within windows of rows, as a pool's job: a chunk is one head of one window.
private struct WindowedAttentionJob {
  var kernels: UnsafePointer<ck_kernels>
  var scratch: UnsafeMutablePointer<Float>
  /// The first row's first head.
  var queries, keys, values, output: UnsafeMutablePointer<Float>
  var queryStride, keyStride, outputStride: Int
  /// For each window, the row after its last one, and the query's row.
  var ends, queryEnds: UnsafePointer<Int>
  var heads: Int
  var headDimension: Int
  /// Whether each head is left out; NULL for none.
  var pruned: UnsafePointer<Bool>?
  var bf16: ck_bf16_attention
  var nonlinear: ck_nonlinear

  func perform(_ chunk: Int, worker: Int) {
    let (window, head) = chunk.quotientAndRemainder(dividingBy: heads)
    let first = window == 0 ? 0 : ends[window - 1]
    let count = ends[window] - first
    let firstQuery = window == 0 ? 0 : queryEnds[window - 1]
    let queryCount = queryEnds[window] - firstQuery
    if queryCount == 0 { return }
    let column = head * headDimension
    if let pruned, pruned[head] {
      for row in firstQuery..<queryEnds[window] {
        (output + row * outputStride + column).update(repeating: 0, count: headDimension)
      }
      return
    }
    let keyPage = UnsafeRawPointer(keys + first * keyStride + column).assumingMemoryBound(to: UInt8.self)
    let valuePage = UnsafeRawPointer(values + first * keyStride + column).assumingMemoryBound(to: UInt8.self)
    withUnsafePointer(to: keyPage) { keyPages in
      withUnsafePointer(to: valuePage) { valuePages in
        let rows = ck_head_rows(
          key_pages: keyPages, value_pages: valuePages, key_offset: 0, value_offset: 0, count: count, key_range: nil,
          rotatedRows: nil)
        withUnsafePointer(to: rows) { rows in
          var attention = ck_attention(
            queries: queries + firstQuery * queryStride + column, query_stride: queryStride, rows: rows,
            type: CK_KV_F32,
            key_row_bytes: keyStride * MemoryLayout<Float>.stride,
            value_row_bytes: keyStride * MemoryLayout<Float>.stride, page_rows: max(count, 1), heads: 1,
            key_value_heads: 1, head_size: headDimension, tokens: queryCount, causal: 0,
            bf16: bf16, nonlinear: nonlinear, scale: 1 / Float(headDimension).squareRoot(),
            output: output + firstQuery * outputStride + column,
            output_stride: outputStride)
          kernels.pointee.attend(&attention, 0, 1, 0, queryCount, scratch + worker * Int(CK_SCRATCH_FLOATS))
        }
      }
    }
  }
}

extension Engine {
  /// Attention of rows within windows: every row sees all rows of its own window and no others. transformers gives
  /// these windows to its kernels as `cu_window_seqlens`.
  ///
  /// - Parameters:
  ///   - ends: for each window, the row after its last one, ascending. The last is the number of rows.
  ///   - queryEnds: for each window, the query's row after its last one, where only some rows attend; nil where all do.
  ///   - queries: `[queries][heads * headDimension]`, rotated where there is RoPE; `output` has the same shape.
  ///   - keys: `[rows][heads * headDimension]`, rotated where there is RoPE; `values` has the same shape.
  ///   - pruned: whether each head is left out: its outputs are 0. Empty for none.
  public func attendWithinWindows(
    endingAt ends: [Int], queriesEndingAt queryEnds: [Int]? = nil, queries: FloatMatrix, keys: FloatMatrix,
    values: FloatMatrix, heads: Int, headDimension: Int, pruned: [Bool] = [], output: FloatMatrix
  ) {
    precondition(
      headDimension <= Int(CK_MAX_HEAD) && keys.stride == values.stride, "the head is too wide or strides differ")
    precondition(pruned.isEmpty || pruned.count == heads, "a value for each head")
    precondition(queryEnds == nil || queryEnds?.count == ends.count, "the same windows")
    ends.withUnsafeBufferPointer { pointer in
      (queryEnds ?? ends).withUnsafeBufferPointer { queryPointer in
        guard let base = pointer.baseAddress, let queryBase = queryPointer.baseAddress else { return }
        pruned.withUnsafeBufferPointer { pruned in
          var job = WindowedAttentionJob(
            kernels: kernels, scratch: scratch.base, queries: queries.base, keys: keys.base, values: values.base,
            output: output.base, queryStride: queries.stride, keyStride: keys.stride, outputStride: output.stride,
            ends: base, queryEnds: queryBase, heads: heads, headDimension: headDimension,
            pruned: pruned.isEmpty ? nil : pruned.baseAddress, bf16: bf16Attention.kernelValue,
            nonlinear: nonlinear.kernelValue)
          threads.run(chunks: ends.count * heads, job: &job) { job, chunk, worker in
            job.assumingMemoryBound(to: WindowedAttentionJob.self).pointee.perform(chunk, worker: worker)
          }
        }
      }
    }
  }
}
