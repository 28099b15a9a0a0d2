// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Attention within groups of rows, as the pool's threads get it: one head of one group is a chunk.
private struct GroupedAttentionJob {
  var kernels: UnsafePointer<ck_kernels>
  var scratch: UnsafeMutablePointer<Float>
  /// Of the first group's first head.
  var queries, keys, values, output: UnsafeMutablePointer<Float>
  var queryStride, keyStride, outputStride: Int
  var ends: UnsafePointer<Int>
  var heads: Int
  var headSize: Int
  var rounds: ck_rounding

  func perform(_ chunk: Int, worker: Int) {
    let (group, head) = chunk.quotientAndRemainder(dividingBy: heads)
    let first = group == 0 ? 0 : ends[group - 1]
    let count = ends[group] - first
    let column = head * headSize
    let keyPage = UnsafeRawPointer(keys + first * keyStride + column).assumingMemoryBound(to: UInt8.self)
    let valuePage = UnsafeRawPointer(values + first * keyStride + column).assumingMemoryBound(to: UInt8.self)
    withUnsafePointer(to: keyPage) { keyPages in
      withUnsafePointer(to: valuePage) { valuePages in
        let rows = ck_head_rows(
          key_pages: keyPages, value_pages: valuePages, key_offset: 0, value_offset: 0, count: count, key_range: nil)
        withUnsafePointer(to: rows) { rows in
          var attention = ck_attention(
            queries: queries + first * queryStride + column, query_stride: queryStride, rows: rows, type: CK_ROWS_F32,
            key_row_bytes: keyStride * MemoryLayout<Float>.stride,
            value_row_bytes: keyStride * MemoryLayout<Float>.stride, page_rows: max(count, 1), heads: 1,
            key_value_heads: 1, head_size: headSize, tokens: count, causal: 0,
            rounds: rounds, scale: 1 / Float(headSize).squareRoot(), output: output + first * outputStride + column,
            output_stride: outputStride)
          kernels.pointee.attend(&attention, 0, 1, 0, count, scratch + worker * Int(CK_SCRATCH_FLOATS))
        }
      }
    }
  }
}

extension Engine {
  /// Attention of rows that lie in groups one after the other: every row sees all of its own group and no other.
  ///
  /// - Parameters:
  ///   - ends: for each group the row after its last one, ascending; the last is the number of rows.
  ///   - queries: `heads · headSize` wide, rotated; `keys`, `values` and `output` alike.
  public func attendWithinGroups(
    endingAt ends: [Int], queries: FloatMatrix, keys: FloatMatrix, values: FloatMatrix, heads: Int, headSize: Int,
    output: FloatMatrix
  ) {
    precondition(headSize <= Int(CK_MAX_HEAD) && keys.stride == values.stride, "the head is too wide or strides differ")
    ends.withUnsafeBufferPointer { pointer in
      guard let base = pointer.baseAddress else { return }
      var job = GroupedAttentionJob(
        kernels: kernels, scratch: scratch.base, queries: queries.base, keys: keys.base, values: values.base,
        output: output.base, queryStride: queries.stride, keyStride: keys.stride, outputStride: output.stride,
        ends: base, heads: heads, headSize: headSize, rounds: bf16Attention.kernelRounding)
      threads.run(chunks: ends.count * heads, job: &job) { job, chunk, worker in
        job.assumingMemoryBound(to: GroupedAttentionJob.self).pointee.perform(chunk, worker: worker)
      }
    }
  }
}
