// SPDX-License-Identifier: Apache-2.0

/// The segments of an HLS playlist (RFC 8216).
package struct HLSPlaylist: Sendable, Equatable {
  /// The number of the first segment (`EXT-X-MEDIA-SEQUENCE`).
  package private(set) var firstSequence = 0
  /// Where the segments lie, without the query, which may be another one each time.
  package private(set) var segments: [String] = []
  /// How long each segment lasts (`EXTINF`), in seconds; the target duration for one that does not say.
  package private(set) var durations: [Double] = []
  /// The longest that a segment lasts (`EXT-X-TARGETDURATION`), in seconds; 0 where that is not said.
  package private(set) var targetDuration = 0.0
  /// Whether no segment will be added.
  package private(set) var isClosed = false
  /// The playlists of the same video at several bitrates; then there are no segments.
  package private(set) var variants: [String] = []

  /// The segments that a live playlist has beyond those of a former version of it.
  package enum Addition: Sendable, Equatable {
    /// Nothing.
    case nothing
    /// The segments from this index on.
    case segments(from: Int)
    /// All segments: the sender has started again, or the former segments are all gone.
    case everything
  }

  /// Reads a playlist; nil for a text that is none.
  package init?(_ text: String) {
    let lines = text.split(whereSeparator: \.isNewline)
    guard lines.first?.hasPrefix("#EXTM3U") == true else { return nil }
    var isVariant = false
    var duration: Double?
    for line in lines.dropFirst() {
      if let value = Self.value(of: "#EXT-X-MEDIA-SEQUENCE:", in: line) {
        firstSequence = Int(value) ?? 0
      } else if let value = Self.value(of: "#EXT-X-TARGETDURATION:", in: line) {
        targetDuration = Self.seconds(value) ?? 0
      } else if let value = Self.value(of: "#EXTINF:", in: line) {
        duration = Self.seconds(value.prefix { $0 != "," })
      } else if line.hasPrefix("#EXT-X-ENDLIST") {
        isClosed = true
      } else if line.hasPrefix("#EXT-X-STREAM-INF") {
        isVariant = true
      } else if !line.hasPrefix("#") {
        if isVariant {
          variants.append(String(line))
        } else {
          segments.append(String(line.prefix { $0 != "?" }))
          durations.append(duration ?? targetDuration)
        }
        (isVariant, duration) = (false, nil)
      }
    }
  }

  private static func value(of tag: String, in line: Substring) -> Substring? {
    line.hasPrefix(tag) ? line.dropFirst(tag.count).drop { $0 == " " } : nil
  }

  private static func seconds(_ text: Substring) -> Double? {
    Double(text).flatMap { (0.001...longestSegment).contains($0) ? $0 : nil }
  }

  /// Seconds of a segment beyond which its length is not believed.
  private static let longestSegment = 3600.0

  /// The number of the segment that is added next.
  package var nextSequence: Int { firstSequence &+ segments.count }

  /// The segments added to `former`, an earlier version of this playlist.
  package func addition(to former: HLSPlaylist) -> Addition {
    if segments.isEmpty || (firstSequence, segments) == (former.firstSequence, former.segments) { return .nothing }
    // The numbers of two playlists from outside may be far apart.
    let (index, overflows) = former.nextSequence.subtractingReportingOverflow(firstSequence)
    guard !overflows, firstSequence >= former.firstSequence, (0...segments.count).contains(index),
      segments.prefix(index) == former.segments.suffix(index)
    else { return .everything }
    return index == segments.count ? .nothing : .segments(from: index)
  }

  /// How many of the last segments have begun within the latest `seconds`, if the playlist ends now.
  package func segmentCount(within seconds: Double) -> Int {
    var left = seconds
    return durations.reversed().prefix {
      left -= $0
      return left >= 0
    }.count
  }

  /// The address that `reference` means in a playlist at `address` (RFC 3986, section 5.2, without `..`, which servers
  /// resolve).
  package static func resolve(_ reference: String, at address: String) -> String {
    if VideoSource.scheme(of: reference) != nil { return reference }
    guard let separator = address.firstRange(of: "://") else { return reference }
    if reference.hasPrefix("//") { return address[..<separator.lowerBound] + ":" + reference }
    let path = address[separator.upperBound...].prefix { $0 != "?" && $0 != "#" }
    let end = reference.hasPrefix("/") ? path.firstIndex(of: "/") : path.lastIndex(of: "/")
    let folder = address[..<(end ?? path.endIndex)]
    return folder + (reference.hasPrefix("/") ? "" : "/") + reference
  }
}
