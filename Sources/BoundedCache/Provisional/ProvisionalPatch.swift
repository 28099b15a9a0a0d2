// SPDX-License-Identifier: Apache-2.0

/// A provisional temporal patch, which is cached so that a question can be asked about it, and taken back before the
/// stream goes on: what is seen must not depend on when something is asked.
///
/// A frame that waits for its partner is one. Read alone, it is a temporal patch; with its partner it is another.
///
///     stream        | system | vision |
///     provisional   | system | vision + frame, twice | text |
///     taken back    | system | vision |                          text parked or dropped
///     appended      | system | vision + frame and its partner |
///
/// Its rows are the newest of the vision segment, so nothing has to be moved or stored twice. A recurrent state is kept
/// before it (`RecurrentStates`). Where a compression evicts behind it, for a question that has no room, it stays.
struct ProvisionalPatch {
  /// The vision segment before it.
  fileprivate let layout: SegmentLayout.VisionMark
  fileprivate let origins: VisionTokenOrigins.Mark
  /// Compressions before it.
  fileprivate let compressions: Int
}

/// `KeyValueCache` documents the methods that it passes on.
extension CacheState {
  mutating func beginProvisionalPatch() {
    recurrent?.mark()
    provisional = ProvisionalPatch(
      layout: layout.visionMark, origins: origins.mark, compressions: compressor.count)
  }

  mutating func withdrawProvisionalPatch() -> Bool {
    guard let mark = provisional else { return false }
    provisional = nil
    guard mark.compressions == compressor.count else { return false }
    layout.truncateVision(to: mark.layout)
    origins.truncate(to: mark.origins)
    recurrent?.returnToMark()
    return true
  }
}
