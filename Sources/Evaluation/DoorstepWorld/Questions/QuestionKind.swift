// SPDX-License-Identifier: Apache-2.0

/// Kind of a question, by its subject. The raw values are used in results.
public enum QuestionKind: String, Sendable, CaseIterable, Codable {
  case now, first, last, after, before, direction, did, count, total, time, scene, describe

  /// The wordings that the embedded model has learnt. {x} is a thing, {a} the thing with its article, {s} its plural.
  var wordings: [String] {
    switch self {
    case .now:
      [
        "What is in view?", "What is in view now?", "What do you see now?", "What is at the door now?",
        "What do you see?",
      ]
    case .first: ["What came first?", "What did you see first?", "Which came first?", "What was the first thing?"]
    case .last: ["What came last?", "What did you see last?", "Which came last?", "What was the last thing?"]
    case .after: ["What came after the {x}?", "What did you see after the {x}?", "What was after the {x}?"]
    case .before: ["What came before the {x}?", "What did you see before the {x}?", "What was before the {x}?"]
    case .direction: ["Which way did the {x} go?", "Where did the {x} go?", "What did the {x} do?"]
    case .did: ["Did {a} appear?", "Was there {a}?", "Did you see {a}?", "Did {a} come?"]
    case .count:
      ["How many {s} passed?", "How many {s} came?", "How many {s} did you see?", "How many {s} were there?"]
    case .total: ["How many things passed?", "How many things came?", "How many things did you see?"]
    case .time: ["What time of day is it?", "Is it day or night?", "Is it day, evening or night?"]
    case .scene: ["Where is the camera?", "What place is this?", "What does the camera watch?"]
    case .describe:
      ["Describe what happened.", "What happened?", "Tell me what happened.", "What has happened so far?"]
    }
  }

  /// How often the kind is asked, relative to the others. Kinds that need no memory are asked less often.
  var weight: Double {
    switch self {
    case .first, .after, .before, .direction, .count, .did, .describe: 1
    case .last, .total: 0.6
    case .now: 0.4
    case .time, .scene: 0.25
    }
  }
}
