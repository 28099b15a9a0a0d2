// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Testing
import Tokenization

/// A conversation as most families lay it out, with a place in the loop over the messages for more.
private func chatML(_ inLoop: String = "", after: String = "", role: String = "message.role") -> String {
  """
  {%- for message in messages %}\(inLoop)
  {{- '<|im_start|>' + \(role) + '\\n' + message.content + '<|im_end|>\\n' }}
  {%- endfor %}\(after)
  {%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
  """
}

@Suite("A chat template of nobody's known")
struct UnknownTemplateTests {
  private func template(_ source: String) throws -> ChatTemplate {
    try ChatTemplate(tokenizer: templatedTokenizer(source), forVision: true)
  }

  @Test("Is followed if its layout can be found")
  func followed() throws {
    let source = """
      {{- bos_token -}}
      {#- made up -#}
      {%- set names = {'system': 'note', 'user': "asker", 'assistant': 'teller'} %}
      {%- macro turn(message, mark='|') -%}
        {{ mark }}{{ names[message['role']] ~ mark }}{{ message.content | trim }};
      {%- endmacro %}
      {% for message in messages if message.content is string %}
        {{- turn(message) -}}
      {% endfor %}
      {{- '|teller|' if add_generation_prompt else '' }}
      """
    let tokenizer = try templatedTokenizer(source)
    let template = try ChatTemplate(tokenizer: tokenizer)
    #expect(template.notice == nil)
    let tokens = template.opening(system: "S") + template.textStart + template.question(" Q ")
    #expect(tokenizer.decode(tokens) == "|note|S;|asker|Q;|teller|")
  }

  @Test(
    "Is told to the user with the reason, and ChatML stands in for it",
    arguments: [
      ("{{ strftime_now('%Y') }}" + chatML(), "the function “strftime_now” is not known here"),
      (chatML("{% if message.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"), "no system"),
      (chatML("{% if loop.last %}{% set message = {'role': 'user', 'content': ''} %}{% endif %}"), "leaves out"),
      (chatML("{{ loop.index }}"), "depends on the other turns"),
      (chatML("{% if loop.index > 4 %}!{% endif %}"), "depends on the other turns"),
      (chatML(role: "message.role | title"), "the filter “title” is not known here"),
      (chatML("{% include 'other' %}"), "the tag “include” is not known here"),
      (chatML().replacing("message.content", with: "message.content | upper"), "leaves out or repeats words"),
      (chatML().replacing("message.content", with: "message.content.lstrip()"), "changes the words"),
      (chatML("{% if %}"), "an expression is missing"),
      (chatML("{% if true %}"), "the tag “endfor” ends nothing"),
      (chatML("{% endif %}"), "the tag “endif” ends nothing"),
      (chatML(after: "{% if true %}"), "endif is missing"),
      ("{{ 'unfinished", "no end"),
      ("{# unfinished", "no end"),
      ("", "leaves out"),
    ])
  func told(source: String, reason: String) throws {
    let template = try template(source)
    let notice = try #require(template.notice)
    #expect(notice.contains("small.gguf") && notice.contains(reason) && notice.contains("ChatML is used instead"))
    let chatML = try ChatTemplate(tokenizer: templatedTokenizer(nil), forVision: true)
    #expect(template.question("Q") == chatML.question("Q"))
  }

  @Test(
    "Cannot make the program hang, grow or crash",
    arguments: [
      chatML(
        "{% for a in messages %}{% for b in messages %}{% for c in messages %}{% for d in messages %}"
          + "{% for e in messages %}{% for f in messages %}{% for g in messages %}{% for h in messages %}x"
          + String(repeating: "{% endfor %}", count: 8)),
      "{% set ns = namespace(t='x', l=[1]) %}"
        + String(repeating: "{% set ns.t = ns.t + ns.t %}", count: 60) + chatML("{{ ns.t }}"),
      "{% set ns = namespace(l=[1]) %}" + String(repeating: "{% set ns.l = ns.l + ns.l %}", count: 60) + chatML(),
      "{% set ns = namespace(l=[1]) %}" + String(repeating: "{% set ns.l = [ns.l, ns.l] %}", count: 5000) + chatML(),
      "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}" + chatML(),
      "{% set ns = namespace() %}{% set ns.self = ns %}" + chatML("{{ ns.self.self == ns }}{{ ns }}"),
      "{{ " + String(repeating: "(", count: 100_000) + "}}" + chatML(),
      "{{ " + String(repeating: "not ", count: 50_000) + "}}" + chatML(),
      "{{ messages" + String(repeating: "[0]", count: 50_000) + "}}" + chatML(),
      String(repeating: "{% if true %}", count: 20_000) + chatML(),
      "{{ 99999999999999999999 }}" + chatML(),
      "{{ 1 // 0 }}{{ 1 % 0 }}" + chatML(),
      "{{ (0 - 9223372036854775807 - 1) // (0 - 1) }}" + chatML(),
      "{{ messages[9223372036854775807] }}{{ messages[-9223372036854775807] }}{{ messages[::2] }}" + chatML(),
      "{{ 'a'.split('') }}" + chatML(),
      String(repeating: "x", count: 300_000) + chatML(),
    ])
  func hostile(source: String) throws {
    #expect(try template(source).notice != nil)
  }

  /// 64 KiB of a letter under the name of that letter.
  private static func long(_ letter: Character) -> String {
    "{% set \(letter) = '\(String(repeating: letter, count: 16))' %}"
      + String(repeating: "{% set \(letter) = \(letter) ~ \(letter) %}", count: 12)
  }

  @Test(
    "Pays for the work of a step, not for the step alone",
    arguments: [
      String(repeating: "{% set r = a.strip(b ~ 'a') %}", count: 50),
      String(repeating: "{% set r = (b ~ 'a') in a %}", count: 50),
      String(repeating: "{% set r = a.split(a[1:] ~ 'b') %}", count: 50),
      String(repeating: "{% set r = a.split('a') %}", count: 50),
      String(repeating: "{% set r = a | length %}", count: 50),
      String(repeating: "{% set r = a | upper %}", count: 50),
      String(repeating: "{% set r = a == a %}", count: 50),
      String(repeating: "{% set r = a.endswith(a) %}", count: 50),
      String(repeating: "{% set r = [a, b] | join %}", count: 50),
      String(repeating: "{% set r = {a: 1}[a] %}", count: 50),
      "{% for x in a %}{% set r = a | list %}{% endfor %}",
      "{% for x in a %}{% for y in a if false %}{% endfor %}{% endfor %}",
      (0..<4900).map { "{% set a\($0) = a ~ \($0) %}" }.joined(),
    ])
  func work(source: String) throws {
    let notice = try #require(try template(Self.long("a") + Self.long("b") + source + chatML()).notice)
    #expect(notice.contains("it takes too much work") || notice.contains("it takes a part of what is no list"))
  }

  @Test(
    "Cannot nest without end in what is evaluated",
    arguments: [
      "{% macro m(x=m()) %}{% endmacro %}{{ m() }}",
      "{% macro m(x=n()) %}{% endmacro %}{% macro n(x=m()) %}{% endmacro %}{{ m() }}",
      "{% macro m() %}{% set x %}{{ m() }}{% endset %}{% endmacro %}{{ m() }}",
      "{% macro m() %}" + String(repeating: "{% if true %}", count: 28) + "{{ " + String(repeating: "not ", count: 120)
        + "m() }}" + String(repeating: "{% endif %}", count: 28) + "{% endmacro %}{{ m() }}",
    ])
  func nesting(source: String) throws {
    #expect(try template(source + chatML()).notice?.contains("it nests too deeply") == true)
  }

  @Test(
    "Computes with numbers as Python does",
    arguments: [
      ("7 // -2", "-4"), ("-7 // 2", "-4"), ("-7 // -2", "3"), ("7 % -3", "-2"), ("-7 % 3", "2"), ("-6 % 3", "0"),
      ("9223372036854775806 % 9223372036854775807", "9223372036854775806"),
      ("-1 % (-9223372036854775807 - 1)", "-1"), ("(-9223372036854775807 - 1) // 3", "-3074457345618258603"),
      ("(-9223372036854775807 - 1) % -1", "0"), ("[1][-9223372036854775807 - 1]", ""),
      ("[1, 2][-9223372036854775807 - 1:9223372036854775807] | join", "12"),
    ])
  func numbers(expression: String, value: String) throws {
    let tokenizer = try templatedTokenizer("{{ \(expression) }};" + chatML())
    let template = try ChatTemplate(tokenizer: tokenizer)
    #expect(template.notice == nil)
    #expect(tokenizer.decode(template.opening(system: nil)).hasPrefix("\(value);"))
  }

  @Test(
    "Is not followed where its numbers are larger than ours",
    arguments: [
      "9223372036854775807 + 1", "-(-9223372036854775807 - 1)", "4611686018427387904 * 2", "-9223372036854775807 - 2",
      "(-9223372036854775807 - 1) // -1",
    ])
  func largeNumbers(expression: String) throws {
    #expect(try template("{{ \(expression) }}" + chatML()).notice?.contains("a number is too large") == true)
  }

  @Test("Tells members apart by their bytes")
  func members() throws {
    let source = "{% set m = {'e\u{301}': 'two', '\u{E9}': 'one'} %}{{ m['e\u{301}'] }}{{ m['\u{E9}'] }};" + chatML()
    let tokenizer = try templatedTokenizer(source)
    #expect(try tokenizer.decode(ChatTemplate(tokenizer: tokenizer).opening(system: nil)).hasPrefix("twoone;"))
  }

  @Test("Has a reason that fits a line, whatever it says")
  func reason() throws {
    let source = "{{ raise_exception('a" + String(repeating: "\u{301}", count: 30_000) + "') }}"
    #expect(try #require(try template(source + chatML()).notice).utf8.count < 1000)
  }

  @Test("Needs its markers in the vocabulary")
  func missingMarkers() throws {
    let source = chatML().replacing("<|im_start|>", with: "<|turn|>")
    #expect(throws: TokenizerError.missingSpecialTokens(path: "small.gguf", tokens: ["<|turn|>"])) {
      try template(source)
    }
  }

  @Test("Takes white space as the tags' signs and Jinja's settings for chat templates say")
  func whiteSpace() throws {
    let source =
      "{%- for message in messages %}\n  {% if true %}\n[{{+ message.role -}}  ] {{- '' }}\n{{ '' -}}\n\n"
      + "{{ message.content }}\n  {%+ if true %}.{% endif +%}\n  {% endif %}\n  {#- note #}\n{% endfor %}\n>\n"
    let tokenizer = try templatedTokenizer(source)
    let template = try ChatTemplate(tokenizer: tokenizer)
    #expect(template.notice == nil)
    #expect(tokenizer.decode(template.opening(system: nil)) == "[user]")
    #expect(tokenizer.decode(template.question("Q")) == "\nQ\n  .\n>")
  }
}

@Suite("A prompt's first token")
struct BeginningTests {
  @Test("Is the one that the file asks for, once", arguments: [chatML(), "{{ bos_token }}" + chatML(), nil])
  func beginning(source: String?) throws {
    let beginning = try templatedTokenizer(nil).specialToken("<|endoftext|>")
    for (isAsked, count) in [(true, 1), (false, source?.hasPrefix("{{ bos") == true ? 1 : 0)] {
      let tokenizer = try templatedTokenizer(source, addsBeginning: isAsked)
      let opening = try ChatTemplate(tokenizer: tokenizer).opening(system: "S")
      #expect(opening.prefix { $0 == beginning }.count == count)
    }
  }
}
