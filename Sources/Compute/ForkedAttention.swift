// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Working memory of attention of several forks of a sequence at once.
///
/// The rows that all forks see are read once: the query heads of all forks that share a key-value head are taken as the
/// query heads of one token. The partial results are merged with those over each fork's own rows, as by Hydragen
/// (arXiv 2402.05099).
final class ForkedAttention {
  private let forks, heads, keyValueHeads, headDimension: Int
  fileprivate let shared, own: AttentionSpans
  /// `[key-value head][fork][query heads of one][headDimension]`
  fileprivate let queries: FloatBuffer
  fileprivate let sharedPartials, ownPartials: FloatBuffer

  /// - Throws: `ComputeError.outOfMemory`.
  init(forks: Int, heads: Int, keyValueHeads: Int, headDimension: Int) throws(ComputeError) {
    (self.forks, self.heads, self.keyValueHeads) = (forks, heads, keyValueHeads)
    self.headDimension = headDimension
    shared = AttentionSpans(heads: keyValueHeads)
    own = AttentionSpans(heads: keyValueHeads * forks)
    queries = try FloatBuffer(count: forks * heads * headDimension)
    // `AttentionSpans.split` wants two spans for each chunk.
    let spans = max(keyValueHeads + AttentionSpans.chunksWithoutPlan, 2 * AttentionSpans.chunksWithoutPlan)
    sharedPartials = try FloatBuffer(count: spans * forks * (heads / keyValueHeads) * (headDimension + 2))
    ownPartials = try FloatBuffer(count: forks * heads * (headDimension + 2))
  }

  func fits(forks: Int, heads: Int, keyValueHeads: Int, headDimension: Int) -> Bool {
    self.forks == forks && self.heads == heads && self.keyValueHeads == keyValueHeads
      && self.headDimension == headDimension
  }

  /// Brings the queries of the forks that share a key-value head together.
  fileprivate func gather(_ source: FloatMatrix) {
    let width = heads / keyValueHeads * headDimension
    for head in 0..<keyValueHeads {
      for fork in 0..<forks {
        (queries.base + (head * forks + fork) * width)
          .update(from: source.base + fork * source.stride + head * width, count: width)
      }
    }
  }
}

extension Engine {
  /// Attention of one token of each of several forks of a sequence. The rows that they share are read once.
  ///
  /// - Parameters:
  ///   - queries: rotated queries, `[forks][heads * headDimension]`.
  ///   - forks: two or more.
  ///   - heads: query heads, a multiple of `keyValueHeads`.
  ///   - format: how the rows are stored.
  ///   - output: `[forks][heads * headDimension]`.
  ///   - shared: how many of a key-value head's rows all forks share, from the first on.
  ///   - rows: where a key-value head's rows of a fork lie, the shared ones included; the token's own is the last.
  /// - Returns: false where forks share no rows, or where there is no memory; nothing is computed then.
  public func attend(
    queries: FloatMatrix, forks: Int, heads: Int, keyValueHeads: Int, format: PagedRowFormat, output: FloatMatrix,
    shared: (_ head: Int) -> Int, rows: (_ fork: Int, _ head: Int) -> PagedRows
  ) -> Bool {
    let dimension = format.headDimension
    guard (0..<keyValueHeads).allSatisfy({ shared($0) > 0 }),
      let space = forkedAttention(forks: forks, heads: heads, keyValueHeads: keyValueHeads, headDimension: dimension)
    else { return false }
    space.gather(queries)
    for head in 0..<keyValueHeads {
      for fork in 0..<forks {
        let found = rows(fork, head)
        space.own.heads[head * forks + fork] = ck_head_rows(found, count: found.count)
        if fork == 0 { space.shared.heads[head] = ck_head_rows(found, count: shared(head)) }
      }
    }
    let partialCount = heads / keyValueHeads * (dimension + 2)
    let common = attention(of: space, space.shared, heads: forks * heads, keyValueHeads: keyValueHeads, format: format)
    space.shared.split(
      common, by: nil, partialCount: forks * partialCount,
      partials: UnsafeMutableBufferPointer(start: space.sharedPartials.base, count: space.sharedPartials.count),
      areAllPartial: true)
    var (sharedJob, chunks) = space.shared.job(common, kernels: kernels, scratch: scratch)
    threads.run(chunks: chunks, job: &sharedJob, ck_decoding_chunk)

    let apart = attention(
      of: space, space.own, heads: forks * heads, keyValueHeads: keyValueHeads * forks, format: format)
    space.own.splitByHeads(
      from: { shared($0 / forks) }, partialCount: partialCount, partials: space.ownPartials.base)
    var (ownJob, ownChunks) = space.own.job(apart, kernels: kernels, scratch: scratch)
    threads.run(chunks: ownChunks, job: &ownJob, ck_decoding_chunk)
    ck_merge_forks(&sharedJob, &ownJob, output.base, output.stride)
    return true
  }

  private func forkedAttention(
    forks: Int, heads: Int, keyValueHeads: Int, headDimension: Int
  ) -> ForkedAttention? {
    if let space = forkedAttention,
      space.fits(forks: forks, heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension)
    {
      return space
    }
    forkedAttention = try? ForkedAttention(
      forks: forks, heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension)
    return forkedAttention
  }

  /// The queries of all forks as one token's.
  private func attention(
    of space: ForkedAttention, _ spans: AttentionSpans, heads: Int, keyValueHeads: Int, format: PagedRowFormat
  ) -> ck_attention {
    precondition(format.headDimension <= Int(CK_MAX_HEAD), "the head is too wide")
    let (type, dimension) = (format.type, format.headDimension)
    return ck_attention(
      queries: space.queries.base, query_stride: heads * dimension, rows: spans.heads, type: type.rowType,
      key_row_bytes: type.keyRowBytes(dimension), value_row_bytes: type.valueRowBytes(dimension),
      page_rows: format.pageTokens, heads: heads, key_value_heads: keyValueHeads, head_size: dimension, tokens: 1,
      causal: 1, bf16: CK_BF16_ATTENTION_NEVER, nonlinear: nonlinear.kernelValue,
      scale: 1 / Float(dimension).squareRoot(), output: space.queries.base, output_stride: heads * dimension)
  }
}
