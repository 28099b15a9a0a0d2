import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Engine {
  /// Causal attention over cached keys and values: query token `t` of `count` sees `rows(head).count + t` rows.
  ///
  /// - Parameters:
  ///   - queries: `heads · headSize` wide, rotated.
  ///   - pageRows: rows that a page holds, a multiple of 16.
  ///   - plan: how a single token's work is shared out; without it, by the rows that are there.
  ///   - output: as wide as `queries`.
  ///   - rows: each key-value head's rows; asked for once.
  public func attend(
    queries: Rows, count: Int, heads: Int, keyValueHeads: Int, headSize: Int, type: KeyValueType, pageRows: Int,
    plan: AttentionPlan?, output: Rows, rows: (Int) -> PagedRows
  ) {
    let group = heads / keyValueHeads
    var key = Array(repeating: Float(0), count: headSize)
    var value = key
    for head in 0..<keyValueHeads {
      let held = rows(head)
      for query in head * group..<(head + 1) * group {
        for token in 0..<count {
          let q = queries.base + token * queries.stride + query * headSize
          let o = output.base + token * output.stride + query * headSize
          var (largest, total) = (-Float.infinity, Float(0))
          for d in 0..<headSize { o[d] = 0 }
          for row in 0..<held.count + token {
            let page = held.pages[row / pageRows]
            let place = row % pageRows
            KeyValueRow.unpackKey(
              page + held.keyOffset + place * type.keyRowBytes(headSize), into: &key, type: type,
              headDimension: headSize, keyRange: held.keyRange)
            KeyValueRow.unpackValue(
              page + held.valueOffset + place * type.valueRowBytes(headSize), into: &value, type: type,
              headDimension: headSize)
            var score: Float = 0
            for d in 0..<headSize { score += q[d] * key[d] }
            score /= Float(headSize).squareRoot()
            if score > largest {
              let shrink = expf(largest - score)
              for d in 0..<headSize { o[d] *= shrink }
              total *= shrink
              largest = score
            }
            let weight = expf(score - largest)
            total += weight
            for d in 0..<headSize { o[d] += weight * value[d] }
          }
          for d in 0..<headSize { o[d] /= total }
        }
      }
    }
  }

  /// Packs one head's part of `count` rows of floats into its cached rows, from slot `slot` on.
  ///
  /// - Parameters:
  ///   - head: which `headSize` columns of `source` are taken.
  ///   - pageRows: rows that a page holds.
  ///   - keys: whether these are keys or values.
  public func store(
    head: Int, of headSize: Int, in source: Rows, count: Int, type: KeyValueType, pageRows: Int, to rows: PagedRows,
    slot: Int, keys: Bool
  ) {
    precondition((head + 1) * headSize <= source.width, "no such head")
    for row in 0..<count {
      let numbers = source.base + row * source.stride + head * headSize
      let page = rows.pages[(slot + row) / pageRows]
      let place = (slot + row) % pageRows
      if keys {
        KeyValueRow.packKey(
          numbers, into: page + rows.keyOffset + place * type.keyRowBytes(headSize), type: type,
          headDimension: headSize, keyRange: rows.keyRange)
      } else {
        KeyValueRow.packValue(
          numbers, into: page + rows.valueOffset + place * type.valueRowBytes(headSize), type: type,
          headDimension: headSize)
      }
    }
  }
}
