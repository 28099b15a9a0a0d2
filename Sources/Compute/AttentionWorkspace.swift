// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Working memory of an engine's attention: where the heads' rows lie, and how one token's work is cut.
final class AttentionWorkspace {
  /// The most spans of rows that one token's work is cut into, beside one for each head.
  static let maximumCuts = 32

  let maximumHeads: Int
  let heads: UnsafeMutablePointer<ck_head_rows>
  private let spans: UnsafeMutablePointer<ck_span>
  private let ends: UnsafeMutablePointer<Int>
  private var spanCount = 0
  private var chunkCount = 0

  init(heads count: Int) {
    maximumHeads = count
    heads = .allocate(capacity: count)
    spans = .allocate(capacity: count + AttentionWorkspace.maximumCuts)
    ends = .allocate(capacity: AttentionWorkspace.maximumCuts)
  }

  deinit {
    heads.deallocate()
    spans.deallocate()
    ends.deallocate()
  }

  /// Rows of a chunk, at least, and chunks, at most, where no plan says otherwise.
  private static let chunkRows = 128
  private static let chunks = 16

  /// Cuts one token's work into chunks.
  ///
  /// Without a plan, the chunks depend on the rows alone, so that results do not depend on the number of threads.
  ///
  /// - Parameters:
  ///   - length: numbers of a span's partial result.
  ///   - room: where partial results may go.
  func cut(
    _ attention: ck_attention, by plan: AttentionPlan?, partLength length: Int, room: UnsafeMutableBufferPointer<Float>
  ) {
    let most = min(room.count / length / 2, AttentionWorkspace.maximumCuts)
    (spanCount, chunkCount) = (0, 0)
    if let plan, plan.headCount == attention.key_value_heads, plan.workerCount <= most {
      cut(by: plan)
    } else {
      cut(heads: attention.key_value_heads, chunks: max(min(most, AttentionWorkspace.chunks), 1))
    }
    guard var next = room.baseAddress else { return }
    for index in 0..<spanCount where spans[index].first > 0 || spans[index].last < heads[spans[index].head].count {
      spans[index].part = next
      next += length
    }
  }

  private func cut(by plan: AttentionPlan) {
    var start = 0
    for end in plan.ends {
      for part in plan.parts[start..<end] { add(part.head, part.rows(of: heads[part.head].count)) }
      endChunk()
      start = end
    }
  }

  /// Equally many rows for each chunk, in the order of heads.
  private func cut(heads count: Int, chunks: Int) {
    var total = 0
    for head in 0..<count { total += heads[head].count }
    let wanted = min(max(total / AttentionWorkspace.chunkRows, 1), chunks)
    let each = (total / wanted + 15) / 16 * 16
    var left = each
    for head in 0..<count {
      var first = 0
      while first < heads[head].count {
        // What is left of a chunk is taken in whole sixteens; the last chunk takes all that remains.
        let rest = heads[head].count - first
        let taken = chunkCount == wanted - 1 ? rest : min(rest, (left + 15) / 16 * 16)
        add(head, first..<first + taken)
        first += taken
        left -= taken
        if left <= 0, chunkCount < wanted - 1 {
          endChunk()
          left = each
        }
      }
    }
    if chunkCount == 0 || ends[chunkCount - 1] < spanCount { endChunk() }
  }

  private func add(_ head: Int, _ rows: Range<Int>) {
    guard !rows.isEmpty else { return }
    spans[spanCount] = ck_span(head: head, first: rows.lowerBound, last: rows.upperBound, part: nil)
    spanCount += 1
  }

  private func endChunk() {
    ends[chunkCount] = spanCount
    chunkCount += 1
  }

  func job(_ attention: ck_attention, engine: Engine) -> (job: ck_decoding_job, chunks: Int) {
    (
      ck_decoding_job(
        kernels: engine.kernels, attention: attention, spans: spans, ends: ends, span_count: spanCount,
        scratch: engine.scratch.base),
      chunkCount
    )
  }
}
