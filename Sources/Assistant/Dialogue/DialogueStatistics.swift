import BoundedCache
import SessionInterface

extension VideoDialogue {
  /// Writes what is held and seen into the figures of the moment.
  package func describe(into statistics: inout SessionStatistics) {
    statistics.picturesSeen = picturesSeen
    statistics.systemTokens = cache.systemCount
    statistics.visionTokens = cache.visionCount
    statistics.tailTokens = cache.tailCount + cache.asideCount
    statistics.recalledTokens = cache.recalledCount
    statistics.budget = cache.budget
    statistics.peakTokens = cache.peakCount
    statistics.passes = cache.passCount
    statistics.cacheBytes = cache.byteCount
    statistics.policy = cache.policy.rawValue
  }
}
