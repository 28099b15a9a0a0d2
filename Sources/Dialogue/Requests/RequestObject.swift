// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// The JSON object of a request, decoded once. The id is there also where other members are wrong, so that a refusal
/// can name it.
struct RequestObject: Decodable {
  /// A string, or the digits of a whole number.
  let id: String?
  let members: Result<Members, any Error>

  /// The members besides the id. They are decoded in this order, and the first that is wrong is reported.
  struct Members: Decodable {
    var video: String?
    /// One path, or several.
    var images: [String]
    var ask: String?
    var at: Double?
    var turns: [BatchRequest.Turn]?
    var code: Code?
    var overrides: BatchOverrides

    private enum CodingKeys: String, CodingKey { case video, image, ask, at, turns, code }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      video = try members.decodeIfPresent(String.self, forKey: .video)
      if let paths = try? members.decodeIfPresent([String].self, forKey: .image) {
        images = paths
      } else {
        images = try members.decodeIfPresent(String.self, forKey: .image).map { [$0] } ?? []
      }
      ask = try members.decodeIfPresent(String.self, forKey: .ask)
      at = try members.number(forKey: .at)
      turns = try members.decodeIfPresent([BatchRequest.Turn].self, forKey: .turns)
      code = try members.decodeIfPresent(Code.self, forKey: .code)
      overrides = try BatchOverrides(from: decoder)
    }
  }

  /// A programming task in any of the layouts that task files have.
  struct Code: Decodable {
    var problem: CodeProblem
    init(from decoder: any Decoder) throws { problem = try .decoded(from: decoder) }
  }

  private enum CodingKeys: String, CodingKey { case id }

  init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: CodingKeys.self)
    if let text = try? object.decode(String.self, forKey: .id) {
      id = text
    } else {
      id = (try? object.decode(Int.self, forKey: .id)).map { String($0) }
    }
    members = Result { try Members(from: decoder) }
  }
}

/// What is wrong with the JSON of a request, as a sentence for a person.
func jsonFault(_ error: any Error) -> String {
  // The text was JSON before its members were looked at. Then only numbers fail with an error of the decoder's own.
  guard let error = error as? DecodingError else { return "a number in it is out of range" }
  let path = { (context: DecodingError.Context, last: String?) in
    (context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue } + (last.map { [$0] } ?? []))
      .joined(separator: ".")
  }
  switch error {
  case .typeMismatch(let type, let context):
    let member = path(context, nil)
    return member.isEmpty ? "it is not a JSON object" : "“\(member)” is not \(name(of: type))"
  case .valueNotFound(_, let context):
    let member = path(context, nil)
    return member.isEmpty ? "it is not a JSON object" : "“\(member)” is null"
  case .keyNotFound(let key, let context): return "“\(path(context, key.stringValue))” is missing"
  case .dataCorrupted(let context):
    let member = path(context, nil)
    if member.hasPrefix("code") { return "“\(member)”: \(context.debugDescription)" }
    return member.isEmpty ? "it is not valid JSON" : "“\(member)” has a value out of range"
  @unknown default: return "it is not valid JSON"
  }
}

private func name(of type: any Any.Type) -> String {
  switch type {
  case is String.Type: "a string"
  case is Double.Type: "a number"
  case is Int.Type, is UInt64.Type: "a whole number"
  case is [Any].Type: "a list"
  default: "of the expected kind"
  }
}
