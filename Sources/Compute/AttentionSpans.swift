// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Working memory of an engine's attention: where the heads' rows lie, and how decoding splits one token's work.
///
/// Decoding splits the cached rows of each head into spans that threads read side by side, and merges their partial
/// results afterwards, as Flash-Decoding does (https://crfm.stanford.edu/2023/10/12/flashdecoding.html).
final class AttentionSpans {
  /// The most chunks that one token's work is split into. A chunk ends at most one span that is not a head's last.
  static let maximumChunks = 32
  /// Without a plan: rows of a chunk, at least, and chunks, at most.
  private static let rowsPerChunk = 128
  static let chunksWithoutPlan = 16

  let maximumHeads: Int
  /// For each key-value head, where its rows lie. Filled before every attention.
  let heads: UnsafeMutablePointer<ck_head_rows>
  private let spans: UnsafeMutablePointer<ck_span>
  private var spanCount = 0
  /// For each chunk, the index after its last span.
  private let chunkEnds: UnsafeMutablePointer<Int>
  private var chunkCount = 0

  init(heads count: Int) {
    maximumHeads = count
    heads = .allocate(capacity: count)
    spans = .allocate(capacity: count + AttentionSpans.maximumChunks)
    chunkEnds = .allocate(capacity: AttentionSpans.maximumChunks)
  }

  deinit {
    heads.deallocate()
    spans.deallocate()
    chunkEnds.deallocate()
  }

  /// Splits the attention of one token into chunks.
  ///
  /// Without a plan the chunks depend on the row counts alone, so that results do not depend on the number of threads.
  ///
  /// - Parameters:
  ///   - partialCount: floats of a span's partial result.
  ///   - partials: where partial results go.
  ///   - areAllPartial: whether a span of all of a head's rows has a partial result too. Otherwise it writes the output
  ///     itself.
  func split(
    _ attention: ck_attention, by plan: AttentionPlan?, partialCount: Int,
    partials: UnsafeMutableBufferPointer<Float>, areAllPartial: Bool = false
  ) {
    let most = min(partials.count / partialCount / 2, AttentionSpans.maximumChunks)
    (spanCount, chunkCount) = (0, 0)
    if let plan, plan.headCount == attention.key_value_heads, plan.workerCount <= most {
      split(by: plan)
    } else {
      split(heads: attention.key_value_heads, chunks: max(min(most, AttentionSpans.chunksWithoutPlan), 1))
    }
    guard var next = partials.baseAddress else { return }
    for index in 0..<spanCount {
      let isWhole = spans[index].first == 0 && spans[index].last == heads[spans[index].head].count
      guard areAllPartial || !isWhole else { continue }
      spans[index].part = next
      next += partialCount
    }
  }

  /// Makes one span of each head's last rows, and equally many heads for each chunk. All have partial results.
  ///
  /// - Parameter first: the first row of each head that its span has.
  func splitByHeads(
    from first: (_ head: Int) -> Int, partialCount: Int, partials: UnsafeMutablePointer<Float>
  ) {
    (spanCount, chunkCount) = (0, 0)
    let headsPerChunk = (maximumHeads + AttentionSpans.maximumChunks - 1) / AttentionSpans.maximumChunks
    for head in 0..<maximumHeads {
      appendSpan(head: head, rows: first(head)..<heads[head].count)
      spans[head].part = partials + head * partialCount
      if (head + 1) % headsPerChunk == 0 || head == maximumHeads - 1 { endChunk() }
    }
  }

  private func split(by plan: AttentionPlan) {
    for worker in 0..<plan.workerCount {
      plan.forEachPart(of: worker, rowCount: { heads[$0].count }) { appendSpan(head: $0, rows: $1) }
      endChunk()
    }
  }

  /// Equally many rows for each chunk, in the order of heads.
  private func split(heads count: Int, chunks: Int) {
    var total = 0
    for head in 0..<count { total += heads[head].count }
    let wanted = min(max(total / AttentionSpans.rowsPerChunk, 1), chunks)
    let rowsPerChunk = (total / wanted + 15) / 16 * 16
    var left = rowsPerChunk
    for head in 0..<count {
      var first = 0
      while first < heads[head].count {
        // A span begins at a multiple of 16 rows. The last chunk takes all rows that remain.
        let rest = heads[head].count - first
        let taken = chunkCount == wanted - 1 ? rest : min(rest, (left + 15) / 16 * 16)
        appendSpan(head: head, rows: first..<first + taken)
        first += taken
        left -= taken
        if left <= 0, chunkCount < wanted - 1 {
          endChunk()
          left = rowsPerChunk
        }
      }
    }
    if chunkCount == 0 || chunkEnds[chunkCount - 1] < spanCount { endChunk() }
  }

  private func appendSpan(head: Int, rows: Range<Int>) {
    guard !rows.isEmpty else { return }
    spans[spanCount] = ck_span(head: head, first: rows.lowerBound, last: rows.upperBound, part: nil)
    spanCount += 1
  }

  private func endChunk() {
    chunkEnds[chunkCount] = spanCount
    chunkCount += 1
  }

  /// The job that computes the spans of the last split.
  func job(
    _ attention: ck_attention, kernels: UnsafePointer<ck_kernels>, scratch: FloatBuffer
  ) -> (job: ck_decoding_job, chunks: Int) {
    (
      ck_decoding_job(
        kernels: kernels, attention: attention, spans: spans, ends: chunkEnds, span_count: spanCount,
        scratch: scratch.base),
      chunkCount
    )
  }
}
