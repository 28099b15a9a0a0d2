// SPDX-License-Identifier: Apache-2.0

extension KeyValueCache {
  /// A second cache with the same settings and contents; from here on each goes its own way.
  ///
  /// - Parameter offloadPath: the offload file of the copy: new, empty or an offload file of this model. Without a path
  ///   the copy has no offload file, and what this cache has evicted is not retrieved in it.
  /// - Throws: `CacheError.cannotAllocate`, or `OffloadError` for a file that cannot be used.
  public func copy(offloadPath: String? = nil) throws -> KeyValueCache {
    KeyValueCache(
      state: try CacheState(
        copying: state,
        offload: try offloadPath.flatMap { path throws(OffloadError) in
          try state.offload.map { tier throws(OffloadError) in try OffloadTier(copying: tier, to: path) }
        }), peakCount: peakCount)
  }
}
