// SPDX-License-Identifier: Apache-2.0

/// How many temporal patches' worth of tokens a compression leaves the heads of each group.
///
/// The share C/M (`targetRatio`) of the room that the system prompt and the text leave for vision tokens, in whole
/// temporal patches, and less where the tokens to come need more room. A compression takes the same number of tokens
/// from every group, and a temporal patch adds the same number to every group, so all groups are full at the same time.
struct CompressionTarget {
  let layout: SegmentLayout
  let capacity: CacheCapacity
  let targetRatio: Double

  /// The smallest budget that holds the system prompt, the text, one temporal patch and `n` more tokens.
  func leastBudget(for n: Int) -> Int { capacity.leastBudget(for: leastTokens.addingSaturating(max(n, 0))) }

  /// Tokens of the system prompt, the text and one temporal patch.
  var leastTokens: Int { layout.fixedCount + layout.tokensPerTemporalPatch }

  /// Temporal patches for each group, so that `demand` more tokens fit.
  ///
  /// - Parameter least: temporal patches that have to stay.
  /// - Throws: `budgetTooSmall` with the smallest budget that works.
  func temporalPatches(demand: Int, least: Int) throws(CacheError) -> [Int] {
    let perPatch = layout.tokensPerTemporalPatch
    let fixed = layout.fixedCount
    guard perPatch > 0, capacity.smallest - fixed >= demand, (capacity.smallest - fixed - demand) / perPatch >= least
    else {
      throw .budgetTooSmall(
        budget: capacity.budget,
        least: capacity.leastBudget(for: (fixed + least * perPatch).addingSaturating(demand)))
    }
    let room = capacity.sequenceBudget - fixed
    // A ratio such as 0.7 is not exact in binary; the small addition keeps 0.7 of 10 temporal patches at 7.
    let target = max(1, Int(Double(room) * targetRatio / Double(perPatch) + 1e-9))
    let uniform = min(target, (room - demand) / perPatch)
    return capacity.tokens.indices.map { group in
      let most = (capacity.tokens[group] - fixed - demand) / perPatch
      let wanted = (uniform * perPatch + capacity.tokens[group] - capacity.sequenceBudget) / perPatch
      let cached = layout.visionTokens[group] / (layout.patchGrid?.tokensPerTemporalPatch ?? 1)
      return min(max(wanted, least), most, cached)
    }
  }
}
