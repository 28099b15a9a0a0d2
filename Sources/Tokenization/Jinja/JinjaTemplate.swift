// SPDX-License-Identifier: Apache-2.0

/// A chat template as model files carry it: as much of Jinja as such templates use to lay out a conversation.
///
/// Equal to what `transformers` renders, for templates that keep to this subset; anything else is an error, never a
/// guess. What a branch holds that is not taken (the layout of tools, for one) need only be well formed. Time, memory
/// and depth are bounded whatever the template says: see `JinjaMeter`.
struct JinjaTemplate {
  private let statements: [JinjaStatement]

  /// Bytes that a template may have; the longest of the known families' has about 8,000.
  private static let mostBytes = 1 << 18

  init(_ source: String) throws(JinjaError) {
    guard source.utf8.count <= Self.mostBytes else { throw JinjaError("it is longer than 256 KiB") }
    statements = try JinjaParser.statements(of: source)
  }

  /// - Parameter meter: pays for the rendering.
  func render(_ context: [String: JinjaValue], meter: inout JinjaMeter) throws(JinjaError) -> String {
    meter.beginRendering()
    var renderer = JinjaRenderer(context, meter: meter)
    defer {
      renderer.release()
      meter = renderer.meter
    }
    try renderer.render(statements)
    return renderer.output
  }
}
