// SPDX-License-Identifier: Apache-2.0

/// The pages of an Ogg file (RFC 3533).
package enum OggPages {
  private static let capture = Array("OggS".utf8)
  private static let isFirstFlag: UInt8 = 0x02

  /// Where a part that holds pages of one recording has the first page of the next one, in bytes; nil for nowhere.
  package static func nextRecording(in bytes: [UInt8]) -> Int? {
    var hasOtherPage = false
    var place = 0
    while place + 27 <= bytes.count {
      guard bytes[place] == capture[0], bytes[place..<place + 4].elementsEqual(capture), bytes[place + 4] == 0 else {
        place += 1
        continue
      }
      if bytes[place + 5] & isFirstFlag == 0 {
        hasOtherPage = true
      } else if hasOtherPage {
        return place
      }
      let segments = Int(bytes[place + 26])
      let lengths = bytes[(place + 27)...].prefix(segments)
      place += 27 + segments + lengths.reduce(0) { $0 + Int($1) }
    }
    return nil
  }
}
