// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import ConstrainedDecoding
import Dialogue
import Records
import SessionInterface
import Testing

@Suite("Requests of a batch")
struct BatchRequestTests {
  private func refusal(_ line: String) -> BatchRequestError? {
    do throws(BatchRequestError) {
      _ = try BatchRequest(line: line, number: 7)
      return nil
    } catch {
      return error
    }
  }

  @Test("A request may hold one question or several turns")
  func forms() throws {
    let one = try BatchRequest(line: #"{"id":"a","video":"c.mp4","ask":"What?"}"#, number: 1)
    #expect(one.turns == [BatchRequest.Turn(at: nil, ask: "What?")])
    let many = try BatchRequest(
      line: #"{"id":"b","video":"c.mp4","turns":[{"at":1.5,"ask":"Now?"},{"ask":"And then?"}]}"#, number: 2)
    #expect(many.turns == [BatchRequest.Turn(at: 1.5, ask: "Now?"), BatchRequest.Turn(at: nil, ask: "And then?")])
  }

  @Test("Independent turns are answered at once where they are asked at the same time")
  func independent() throws {
    let turns = #""turns":[{"at":1,"ask":"a"},{"at":1,"ask":"b"},{"at":2,"ask":"c"},{"ask":"d"},{"ask":"e"}]"#
    func groups(_ members: String) throws -> [Range<Int>] {
      let request = try BatchRequest(line: #"{"id":"a","video":"v",\#(members)}"#, number: 1)
      return request.turns.indices.map(request.turnsAtOnce)
    }
    #expect(try groups(turns) == (0..<5).map { $0..<$0 + 1 })
    #expect(try groups(#""independent":true,\#(turns)"#) == [0..<2, 1..<2, 2..<3, 3..<5, 4..<5])
    #expect(try groups(#""independent":false,\#(turns)"#) == (0..<5).map { $0..<$0 + 1 })
    let some = #""turns":[{"ask":"a","independent":true},{"ask":"b","independent":true},{"ask":"c"}]"#
    #expect(try groups(some) == [0..<2, 1..<2, 2..<3])
    let others = #""turns":[{"ask":"a"},{"ask":"b","independent":false},{"ask":"c"}]"#
    #expect(try groups(#""independent":true,\#(others)"#) == [0..<1, 1..<2, 2..<3])
    #expect(try groups(#""independent":true,"ask":"a""#) == [0..<1])
  }

  @Test(
    "What is not true or false is no “independent”",
    arguments: [
      (#"{"id":"a","ask":"x","independent":1}"#, "“independent” is not true or false"),
      (#"{"id":"a","ask":"x","independent":"yes"}"#, "“independent” is not true or false"),
      (#"{"id":"a","turns":[{"ask":"x","independent":[]}]}"#, "“turns.0.independent” is not true or false"),
      (#"{"id":"a","code":{"task":"x"},"independent":true}"#, "“independent” is about “turns”, not about “code”"),
      (#"{"id":"a","ask":"x","independent":True}"#, "“independent”: True is not valid JSON"),
    ])
  func notIndependent(line: String, reason: String) { #expect(refusal(line)?.reason.hasPrefix(reason) == true) }

  @Test("A schema's properties keep their order; a grammar is GBNF")
  func grammar() throws {
    func schema(_ properties: String) throws -> BatchRequest {
      try BatchRequest(line: #"{"id":"a","ask":"x","schema":{"properties":{\#(properties)}}}"#, number: 1)
    }
    let (one, other) = (#""b":{"type":"null"},"a":{}"#, #""a":{},"b":{"type":"null"}"#)
    #expect(try schema(one).overrides.grammar == Grammar(jsonSchema: #"{"properties":{\#(one)}}"#))
    #expect(try schema(one).overrides.grammar != schema(other).overrides.grammar)
    let gbnf = try BatchRequest(line: #"{"id":"a","ask":"x","grammar":"root ::= \"a\""}"#, number: 1)
    #expect(try gbnf.overrides.grammar == Grammar(gbnf: "root ::= \"a\""))
    #expect(try BatchRequest(line: #"{"id":"a","ask":"x","schema":null}"#, number: 1).overrides.grammar == nil)
  }

  @Test(
    "What no answer can be held to is refused",
    arguments: [
      (#"{"id":"a","ask":"x","schema":{"type":"strin"}}"#, "“schema”: “type” of the schema is strin"),
      (#"{"id":"a","ask":"x","schema":3}"#, "“schema”: “type” of the schema is missing"),
      (#"{"id":"a","ask":"x","grammar":"root ::= b"}"#, "“grammar”: the grammar uses a rule b"),
      (#"{"id":"a","ask":"x","grammar":3}"#, "“grammar” is not"),
      (#"{"id":"a","ask":"x","grammar":"root ::= \"a\"","schema":{}}"#, "“schema” and “grammar” exclude each other"),
      (#"{"id":"a","code":{"task":"x"},"schema":{}}"#, "“schema” and “grammar” are about answers, not about “code”"),
    ])
  func noGrammar(line: String, reason: String) {
    #expect(refusal(line)?.reason.hasPrefix(reason) == true, "\(refusal(line)?.reason ?? "")")
  }

  @Test("An image is one path or several")
  func images() throws {
    #expect(try BatchRequest(line: #"{"id":"a","image":"a.jpg","ask":"x"}"#, number: 1).images == ["a.jpg"])
    let several = try BatchRequest(line: #"{"id":"a","image":["a.jpg","b.png"],"ask":"x"}"#, number: 1)
    #expect(several.images == ["a.jpg", "b.png"])
    #expect(try BatchRequest(line: #"{"id":"a","ask":"x"}"#, number: 1).images.isEmpty)
    #expect(
      refusal(#"{"id":"a","image":7,"ask":"x"}"#)?.reason
        == "“image” is neither a path nor a list of paths, each a string")
    #expect(refusal(#"{"id":"a","image":"a.jpg","ask":"x","at":3}"#)?.reason.contains("no “video”") == true)
    #expect(refusal(#"{"id":"a","image":["a.jpg",""],"ask":"x"}"#)?.reason == "a path of “image” is empty")
    let many = String(repeating: #""a","#, count: 1000) + #""a""#
    #expect(refusal(#"{"id":"a","image":[\#(many)],"ask":"x"}"#)?.reason.contains("1000 at most") == true)
  }

  @Test("What a request sets for itself is read")
  func overrides() throws {
    let request = try BatchRequest(
      line: #"{"id":"a","ask":"x","kv_budget":512,"kv_policy":"uniform","fps":1.5,"max_tokens":9,"seed":3}"#, number: 1)
    #expect(request.overrides.kvBudget == 512)
    #expect(request.overrides.kvPolicy == "uniform")
    #expect(request.overrides.framesPerSecond == 1.5)
    #expect(request.overrides.maximumTokens == 9)
    #expect(request.overrides.seed == 3)
  }

  @Test("A number serves as an id, and fields of others are left alone")
  func lenience() throws {
    #expect(try BatchRequest(line: #"{"id":12,"ask":"x","expected":"y"}"#, number: 1).id == "12")
  }

  @Test(
    "What is wrong with a line is said with its number",
    arguments: [
      ("{\"id\":\"a\",", "not valid JSON"),
      ("[1,2]", "not a JSON object"),
      (#"{"ask":"x"}"#, "“id” is missing"),
      (#"{"id":null,"ask":"x"}"#, "“id” is null"),
      (#"{"id":1.5,"ask":"x"}"#, "“id” has a fraction"),
      (#"{"id":1e40,"ask":"x"}"#, "“id” is too large"),
      (#"{"id":true,"ask":"x"}"#, "“id” is neither a string nor a whole number"),
      (#"{"id":[1],"ask":"x"}"#, "“id” is neither a string nor a whole number"),
      (#"{"id":{},"ask":"x"}"#, "“id” is neither a string nor a whole number"),
      (#"{"id":01,"ask":"x"}"#, "“id”: 01 is not valid JSON"),
      (#"{"id":"a","ask":"x","seed":01}"#, "“seed”: 01 is not valid JSON"),
      (#"{"id":"a","ask":"x","fps":.5}"#, "“fps”: .5 is not valid JSON"),
      (#"{"id":"a","ask":"x","temperature":NaN}"#, "“temperature”: NaN is not valid JSON"),
      (#"{"id":"a","ask":'x'}"#, "“ask”: 'x' is not valid JSON"),
      (#"{"id":"a \" :01 b","video":"v","turns":[{"at":+1,"ask":"x"}]}"#, "“at”: +1 is not valid JSON"),
      (#"{"id":"a","ask":"\ud83d"}"#, "a \\u… in it is no letter"),
      (#"{"id":"a","ask":"x","seed":-1}"#, "“seed” has a value out of range"),
      (#"{"id":"a","ask":"x","seed":1.5}"#, "“seed” is not a whole number"),
      (#"{"id":"a","ask":"x","max_tokens":1e40}"#, "“max_tokens” has a value out of range"),
      (#"{"id":"a","ask":"x","kv_budget":true}"#, "“kv_budget” is not a whole number"),
      (#"{"id":"a","ask":"x","kv_policy":7}"#, "“kv_policy” is not a string"),
      (#"{"id":"a","ask":"x","system":[]}"#, "“system” is not a string"),
      (#"{"id":"a","ask":"x","video":{}}"#, "“video” is not a string"),
      (#"{"id":"a","ask":"x","image":["a",7]}"#, "“image” is neither a path nor a list"),
      (#"{"id":"a","turns":"x"}"#, "“turns” is not a list"),
      (#"{"id":"a","turns":[5]}"#, "“turns.0” is not an object"),
      (#"{"id":"a","video":"v","turns":[{"at":"5","ask":"x"}]}"#, "“turns.0.at” is not a number"),
      (#"{"id":"a"}"#, "neither “ask” nor “turns”"),
      (#"{"id":"a","ask":"x","turns":[]}"#, "exclude each other"),
      (#"{"id":"a","turns":[]}"#, "“turns” is empty"),
      (#"{"id":"a","ask":"  "}"#, "is empty"),
      (#"{"id":"a","ask":5}"#, "“ask” is not a string"),
      (#"{"id":"a","turns":[{"at":1}]}"#, "“turns.0.ask” is missing"),
      (#"{"id":"a","ask":"x","kv_budget":"big"}"#, "“kv_budget” is not a whole number"),
      (#"{"id":"a","ask":"x","fps":1e999}"#, "“fps” has a value out of range"),
      (#"{"id":"a","ask":"x","temperature":-1e999}"#, "“temperature” has a value out of range"),
      (#"{"id":"a","video":"v","ask":"x","at":1e999}"#, "“at” has a value out of range"),
      (#"{"id":"a","video":"v","turns":[{"at":1e999,"ask":"x"}]}"#, "“turns.0.at” has a value out of range"),
      (#"{"id":"a","ask":"x","at":3}"#, "no “video”"),
      (#"{"id":"a","video":"v","turns":[{"at":-1,"ask":"x"}]}"#, "0 or more"),
      (#"{"id":"a","video":"v","turns":[{"at":5,"ask":"x"},{"at":4,"ask":"y"}]}"#, "before the turn above"),
    ])
  func refusals(line: String, reason: String) throws {
    let error = try #require(refusal(line))
    #expect(error.message.hasPrefix("line 7: "))
    #expect(error.message.contains(reason), "\(error.message)")
  }

  @Test(
    "A refused line still tells its id where there is one",
    arguments: [
      (#"{"id":"cam-3","ask":5}"#, "cam-3"), (#"{"id":3,"turns":[]}"#, "3"), (#"{"id":true,"ask":"x"}"#, nil),
      (#"{"id":"a""#, nil),
    ])
  func refusedID(line: String, id: String?) throws {
    let error = try #require(refusal(line))
    #expect(error.id == id)
  }

  @Test("A line that was skipped for its length is refused with its number")
  func tooLong() throws {
    let error = try #require(throws: BatchRequestError.self) {
      _ = try BatchRequest(LineReader.Line(number: 7, text: nil))
    }
    #expect(error == BatchRequestError(line: 7, id: nil, reason: "it is longer than 16.0 MiB and was skipped"))
  }

  @Test("A task for the coding assistant is recognized")
  func code() throws {
    let request = try BatchRequest(
      line: #"{"id":"c","code":{"task":"t","language":"c","examples":[{"input":"1","output":"2"}]}}"#, number: 1)
    #expect(
      request.code?.task == CodeTask(statement: "t", language: .c, examples: [CodeExample(input: "1", output: "2")]))
    #expect(request.code?.id == "c" && request.turns.isEmpty)
  }
}
