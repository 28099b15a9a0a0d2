/// What InfiniPot-V may do otherwise than its paper. The raw values are the command-line names.
public enum CompressionVariant: String, Sendable, CaseIterable {
  /// Keys are compared with those of the same patch of the picture in later passes too.
  case truePlaces = "true-places"
  /// Keys are compared without the rotation by their frame's time.
  case beforeTime = "before-time"
  /// Value norms are averaged over the patches and frames that tokens came from.
  case truePooling = "true-pooling"
  /// Tokens are kept for what questions of the usual kinds would look at, instead of for change and value.
  case foreseenQuestions = "foreseen-questions"

  /// Those that answered best where they were measured: with the embedded model, at 1/8 and 1/16 of the full cache.
  public static let best: Set<CompressionVariant> = [.foreseenQuestions]
}

extension InfiniPotVParameters {
  /// The published method with these variants.
  public static func published(with variants: Set<CompressionVariant>) -> InfiniPotVParameters {
    var parameters = published
    if variants.contains(.truePlaces) { parameters.places = .origin }
    if variants.contains(.beforeTime) { parameters.comparison = .beforeTime }
    if variants.contains(.truePooling) { parameters.pooling = .origin }
    if variants.contains(.foreseenQuestions) { parameters.choice = .foreseenQuestions }
    return parameters
  }
}
