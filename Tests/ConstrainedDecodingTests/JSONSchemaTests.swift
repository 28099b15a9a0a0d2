// SPDX-License-Identifier: Apache-2.0

import ConstrainedDecoding
import Foundation
import Testing

@Suite("JSON Schema")
struct JSONSchemaTests {
  private static let event = """
    {"title": "Event", "type": "object", "additionalProperties": false, "required": ["count", "kind"], "properties": {
      "what": {"type": "string", "maxLength": 5}, "count": {"type": "integer", "minimum": 0, "maximum": 20},
      "sure": {"type": "boolean"}, "kind": {"enum": ["cat", "do\\"g", null]},
      "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
      "share": {"type": "number", "minimum": 0, "maximum": 1}}}
    """
  private static let list = """
    {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "object", "required": ["v"], "properties": {
      "v": {"type": ["integer", "null"]}, "next": {"$ref": "#/$defs/a~1b"}}}}}
    """

  @Test(
    "A text matches where the schema describes it",
    arguments: [
      (
        event,
        [
          #"{"count":3, "kind":"cat"}"#, #"{"what": "abc", "count": 20, "sure": true, "kind": null}"#,
          #"{"count":0,"kind":"do\"g","tags":["a", "b\u00e9"]}"#, #"{"count":0,"kind":null,"share":0.25}"#,
        ],
        [
          "{}", #"{"count":21,"kind":"cat"}"#, #"{"kind":"cat","count":2}"#, #"{"count":2,"kind":"dog"}"#,
          #"{"what":"abcdef","count":2,"kind":"cat"}"#, #"{"count":1,"kind":"cat","tags":["a","b","c"]}"#,
          #"{"count":1,"kind":"cat","share":1.2}"#, #"{"count":1,"kind":"cat",}"#, #"{"count":1,"kind":"cat","x":1}"#,
        ]
      ),
      (list, [#"{"v":1}"#, #"{"v":null,"next":{"v":-20,"next":{"v":0}}}"#], [#"{"next":{"v":1}}"#, #"{"v":1.5}"#]),
      (
        "{}", ["1", "-0.5e10", #""a\n""#, #"[1, [2,{}],{"a":[]}]"#, "null", #""\\\"🙂""#],
        ["01", "[1,]", "{a:1}", "\"\n\"", "nul", "1.", #""\x""#]
      ),
      (
        #"{"type": "array", "prefixItems": [{"const": "é"}, {"type": "number"}]}"#, [#"["é", -1.5]"#],
        [#"["é"]"#, #"["e", 1]"#]
      ),
      (
        #"{"type": "object", "additionalProperties": {"type": "integer"}}"#, ["{}", #"{"a":1, "b": -2}"#],
        [#"{"a":"b"}"#]
      ),
      (#"{"anyOf": [{"type": "string", "minLength": 2}, {"type": "null"}]}"#, ["null", #""ab""#], [#""a""#]),
      (
        #"{"type": "integer", "minimum": -3, "maximum": 9000}"#, ["-3", "0", "12", "9000"], ["-4", "9001", "012", "-"]
      ),
      (
        #"{"properties": {"é": {"const": 1}, "e\u0301": {"const": 2}}, "required": ["é"]}"#, [#"{"é":1}"#],
        [#"{"é":2}"#]
      ),
      (#"{"type": "array", "minItems": 2}"#, ["[1, 2]", "[1,2,3]"], ["[]", "[1]"]),
    ])
  func matches(schema: String, good: [String], bad: [String]) throws {
    let grammar = try Grammar(jsonSchema: schema)
    for text in good {
      #expect(grammar.matches(text), "\(text)")
      _ = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }
    for text in bad { #expect(!grammar.matches(text), "\(text)") }
  }

  private static let long = #"{"type": "string", "maxLength": 9999}"#

  @Test(
    "What cannot be held to is refused, and the message names the keyword",
    arguments: [
      ("{", "not valid JSON"), ("[]", "a schema is an object"), (#"{"type": "strin"}"#, "strin"),
      (#"{"type": "string", "pattern": "a"}"#, "“pattern”"),
      (#"{"properties": {"a": {"type": "object", "patternProperties": {}}}}"#, "“patternProperties”"),
      (#"{"$ref": "http://x"}"#, "“$ref”"), (##"{"$ref": "#/a"}"##, "#/a"), (##"{"$ref": "#"}"##, "no text can match"),
      (#"{"enum": []}"#, "“enum”"), (#"{"type": "integer", "minimum": 5}"#, "“minimum”"),
      (#"{"type": "string", "minLength": 5, "maxLength": 2}"#, "“maxLength”"),
      (#"{"required": ["a"], "type": "object"}"#, "“required” of the schema names a"),
      (#"{"type": "string", "maxLength": 1e999}"#, "“maxLength”"), (#"{"enum": ["\ud800"]}"#, "half a character"),
      (#"{"type": "integer", "minimum": -9e18, "maximum": 9e18}"#, "“maximum”"),
      (String(repeating: "[", count: 100_000), "nested"), (#"{"type": "value"}"#, "is value, which is none"),
      (#"{"type": "string", "enum": ["a", 5]}"#, "“enum” of the schema has 5"),
      (#"{"type": "string", "anyOf": [{"const": 5}]}"#, "“type” of the schema is not supported here"),
      (#"{"const": 5, "anyOf": [{"const": 6}]}"#, "“anyOf” of the schema is not supported here"),
      (#"{"prefixItems": ["# + long + String(repeating: "," + long, count: 9) + "]}", "too large"),
    ])
  func refused(schema: String, message: String) throws {
    let error = #expect(throws: GrammarError.self) { _ = try Grammar(jsonSchema: schema) }
    #expect(error.map { "\($0)".contains(message) } == true, "\(error.map { "\($0)" } ?? "")")
  }
}
