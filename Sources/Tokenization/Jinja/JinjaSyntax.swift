// SPDX-License-Identifier: Apache-2.0

/// An expression of a template.
indirect enum JinjaExpression {
  case literal(JinjaValue)
  case name(String)
  case list([JinjaExpression])
  case map([(key: JinjaExpression, value: JinjaExpression)])
  case member(JinjaExpression, String)
  case element(JinjaExpression, JinjaExpression)
  case slice(JinjaExpression, from: JinjaExpression?, to: JinjaExpression?, step: JinjaExpression?)
  case call(JinjaExpression, JinjaArguments)
  case filter(JinjaExpression, String, JinjaArguments)
  case test(JinjaExpression, String, JinjaArguments)
  case not(JinjaExpression)
  case negative(JinjaExpression)
  case and(JinjaExpression, JinjaExpression)
  case or(JinjaExpression, JinjaExpression)
  case binary(JinjaOperator, JinjaExpression, JinjaExpression)
  case conditional(JinjaExpression, condition: JinjaExpression, otherwise: JinjaExpression?)
}

enum JinjaOperator: String {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "//"
  case remainder = "%"
  case join = "~"
  case equal = "=="
  case unequal = "!="
  case less = "<"
  case greater = ">"
  case atMost = "<="
  case atLeast = ">="
  case contained = "in"
}

struct JinjaArguments {
  var positional: [JinjaExpression] = []
  var named: [(name: String, value: JinjaExpression)] = []
}

/// A piece of a template.
enum JinjaStatement {
  case text(String)
  case output(JinjaExpression)
  /// The first branch whose condition is true or absent.
  case branches([(condition: JinjaExpression?, body: [JinjaStatement])])
  case loop(JinjaLoop)
  case set(name: String, member: String?, JinjaExpression)
  /// A block `set`: the text rendered from the body becomes the value of the name.
  case capture(name: String, body: [JinjaStatement])
  case macro(name: String, JinjaMacro)
  /// A body that is rendered as it is: `{% generation %}`, which only marks a part for training.
  case group([JinjaStatement])
}

struct JinjaLoop {
  let names: [String]
  let items: JinjaExpression
  let filter: JinjaExpression?
  let body: [JinjaStatement]
  let otherwise: [JinjaStatement]
}
