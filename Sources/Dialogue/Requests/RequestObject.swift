// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// The JSON object of a request, decoded once. The id is there also where other members are wrong, so that a refusal
/// can name it.
struct RequestObject: Decodable {
  /// A string, or the digits of a whole number; else what is wrong with it.
  let id: Result<String, IdentifierFault>
  let members: Result<Members, any Error>

  /// The members besides the id. They are decoded in this order, and the first that is wrong is reported.
  struct Members: Decodable {
    var video: String?
    /// One path, or several.
    var images: [String]
    var ask: String?
    var at: Double?
    var turns: [BatchRequest.Turn]?
    var independent: Bool?
    var code: Code?
    /// GBNF.
    var grammar: String?
    var hasSchema: Bool
    var overrides: BatchOverrides

    private enum CodingKeys: String, CodingKey {
      case video, image, ask, at, turns, independent, code, grammar, schema
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      video = try members.decodeIfPresent(String.self, forKey: .video)
      if let paths = try? members.decodeIfPresent([String].self, forKey: .image) {
        images = paths
      } else if let path = try? members.decodeIfPresent(String.self, forKey: .image) {
        images = [path]
      } else if members.contains(.image), try !members.decodeNil(forKey: .image) {
        throw DecodingError.dataCorruptedError(
          forKey: .image, in: members, debugDescription: "is neither a path nor a list of paths, each a string")
      } else {
        images = []
      }
      ask = try members.decodeIfPresent(String.self, forKey: .ask)
      at = try members.number(forKey: .at)
      turns = try members.decodeIfPresent([BatchRequest.Turn].self, forKey: .turns)
      independent = try members.decodeIfPresent(Bool.self, forKey: .independent)
      code = try members.decodeIfPresent(Code.self, forKey: .code)
      grammar = try members.decodeIfPresent(String.self, forKey: .grammar)
      hasSchema = try members.contains(.schema) && !members.decodeNil(forKey: .schema)
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
      id = .success(text)
    } else if let number = try? object.decode(Int.self, forKey: .id) {
      id = .success(String(number))
    } else {
      id = .failure(Self.fault(object))
    }
    members = Result { try Members(from: decoder) }
  }

  private static func fault(_ object: KeyedDecodingContainer<CodingKeys>) -> IdentifierFault {
    guard object.contains(.id) else { return IdentifierFault("“id” is missing; give each request an id of its own") }
    if (try? object.decodeNil(forKey: .id)) == true {
      return IdentifierFault("“id” is null; give each request its own")
    }
    guard let number = try? object.decode(Double.self, forKey: .id) else {
      return IdentifierFault("“id” is neither a string nor a whole number")
    }
    return IdentifierFault(
      number.rounded() == number
        ? "“id” is too large for a number; write it in quotes" : "“id” has a fraction; write it in quotes")
  }

  /// Error of an id.
  struct IdentifierFault: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }
}
