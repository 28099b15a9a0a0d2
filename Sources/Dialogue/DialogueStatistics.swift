// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import SessionInterface

extension VideoDialogue {
  /// Writes the cache's figures into those of the session.
  package func describe(into statistics: inout SessionStatistics) {
    statistics.systemTokens = cache.systemCount
    statistics.visionTokens = cache.visionCount
    statistics.textTokens = cache.textCount + cache.parkedCount
    statistics.retrievedTokens = cache.retrievedCount
    statistics.budget = cache.budget
    statistics.peakTokens = cache.peakCount
    statistics.compressions = cache.compressionCount
    statistics.cacheBytes = cache.byteCount
    statistics.policy = cache.policy
  }
}
