// SPDX-License-Identifier: Apache-2.0

/// Describes the error in the JSON of a request, as a sentence for a person.
func jsonFault(_ error: any Error) -> String {
  // The text was JSON before its members were looked at. Then only numbers and escaped letters fail with an error of
  // the decoder's own.
  guard let error = error as? DecodingError else {
    return "a number in it is out of range, or a \\u… in it is no letter"
  }
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
    if !member.isEmpty { return "“\(member)” \(context.debugDescription)" }
    return "it is not valid JSON"
  @unknown default: return "it is not valid JSON"
  }
}

private func name(of type: any Any.Type) -> String {
  switch type {
  case is String.Type: "a string"
  case is Bool.Type: "true or false"
  case is Double.Type: "a number"
  case is Int.Type, is UInt64.Type: "a whole number"
  case is [Any].Type: "a list"
  case is [String: Any].Type: "an object"
  default: "of the expected kind"
  }
}
