// SPDX-License-Identifier: Apache-2.0

/// A kind of language model. The kinds share one decoder; all that sets them apart stands here.
struct DecoderArchitecture: Sendable, Hashable {
  /// As `general.architecture` has it.
  let name: String
  let mropeLayout: MRoPELayout
  /// Whether each head's queries and keys are normalized before they are turned.
  let normalizesHeads: Bool
  /// Whether features from within the vision tower are added after the first layers.
  let readsDeepstack: Bool

  /// Which component of a position turns which rope pairs.
  enum MRoPELayout: Sendable {
    /// Time turns all of them: text alone has one kind of position.
    case byTime
    /// First the pairs of time, then those of height, then those of width (arXiv 2409.12191).
    case sections
    /// The three take turns; what height and width leave at the end is time's (arXiv 2511.21631).
    case interleaved
  }

  static let all = [
    // Qwen2-VL and Qwen2.5-VL, which differ in their vision towers and in the positions of frames alone.
    DecoderArchitecture(name: "qwen2vl", mropeLayout: .sections, normalizesHeads: false, readsDeepstack: false),
    DecoderArchitecture(name: "qwen3vl", mropeLayout: .interleaved, normalizesHeads: true, readsDeepstack: true),
    // Qwen2 and Qwen2.5, and LLaVA-OneVision's language model.
    DecoderArchitecture(name: "qwen2", mropeLayout: .byTime, normalizesHeads: false, readsDeepstack: false),
    DecoderArchitecture(name: "qwen3", mropeLayout: .byTime, normalizesHeads: true, readsDeepstack: false),
  ]
}

extension DecoderArchitecture.MRoPELayout {
  /// The component of a position that turns each pair (0 time, 1 height, 2 width), for numbers of pairs that add up to
  /// a head's; nil if they cannot be laid out.
  func components(sections: [Int]) -> [Int]? {
    let pairs = sections.reduce(0, +)
    guard self == .interleaved else {
      return sections.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
    }
    var components = Array(repeating: 0, count: pairs)
    for component in [1, 2] {
      for turn in 0..<sections[component] {
        let pair = 3 * turn + component
        guard pair < pairs else { return nil }
        components[pair] = component
      }
    }
    return components
  }
}
