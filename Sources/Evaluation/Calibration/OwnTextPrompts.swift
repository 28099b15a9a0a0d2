// SPDX-License-Identifier: Apache-2.0

/// Prompts for a model that writes the text of its own calibration, each with a form of text.
public enum OwnTextPrompts: Sendable, Equatable {
  /// Two subjects in each prompt, so that few prompts cover much. This is mixup-class prompting, which mixes two
  /// classes in a prompt for an image generator, carried over to text.
  case mixed
  /// One subject in each prompt: what mixing is compared with.
  case single

  /// Prompt number `index`; the first few hundred differ from each other.
  func prompt(_ index: Int) -> String {
    let count = Self.subjects.count
    let first = index % count
    let form = Self.forms[(index * 5 + index / count) % Self.forms.count]
    guard self == .mixed else { return "\(form) \(Self.subjects[first])." }
    // Another step each time around, so that pairs do not repeat.
    let second = (first + 1 + (index / count * 7 + index) % (count - 1)) % count
    return "\(form) \(Self.subjects[first]) and \(Self.subjects[second])."
  }

  static let forms = [
    "Write a short story about", "Explain to a beginner how these belong together:", "Write a dialogue about",
    "List facts about", "Write a news report about", "Compare", "Write a letter about",
    "Write a small Python program that has to do with", "Ask and answer five questions about", "Describe a scene with",
    "Write step-by-step instructions that involve", "Summarize what is known about",
  ]

  static let subjects = [
    "a harbour at night", "prime numbers", "the kitchen of a restaurant", "a court of law", "migrating birds",
    "the history of Rome", "a broken bicycle", "vaccines", "a chess tournament", "volcanoes", "a bank account",
    "jazz music", "a parcel at the door", "the planets", "a garden in spring", "computer networks", "a marathon",
    "the price of bread", "a mountain railway", "dreams", "a hospital", "poetry", "a flooded road", "electric motors",
    "a wedding", "the stock exchange", "deep-sea fish", "a school trip", "earthquakes", "a lost dog", "architecture",
    "a night train", "chemistry", "an election", "a football match", "the invention of printing", "a desert",
    "sewing", "a robot", "the weather tomorrow", "a castle", "bees", "a traffic jam", "photography", "a lighthouse",
    "genetics", "a market in Cairo",
  ]
}
