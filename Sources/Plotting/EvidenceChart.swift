// SPDX-License-Identifier: Apache-2.0

import Images
import Records

/// Evidence over time, a chart for each question, one below the other: with the threshold, and the times at which it
/// was so.
public enum EvidenceChart {
  /// What was known at one time.
  public struct Point: Sendable, Equatable {
    /// Stream time, in seconds.
    public var time: Double
    /// In spreads of what is usual.
    public var evidence: Double
    /// Whether it was so.
    public var isOn: Bool

    /// Memberwise; checks nothing.
    public init(time: Double, evidence: Double, isOn: Bool) {
      (self.time, self.evidence, self.isOn) = (time, evidence, isOn)
    }
  }

  /// One of the charts.
  public struct Series: Sendable, Equatable {
    public var title: String
    /// The oldest first.
    public var points: [Point]
    public var threshold: Double

    /// Memberwise; checks nothing.
    public init(title: String, points: [Point], threshold: Double) {
      (self.title, self.points, self.threshold) = (title, points, threshold)
    }
  }

  /// Evidence beyond which a chart is cut off, in spreads.
  private static let limit = 20.0

  /// - Parameters:
  ///   - series: with points at the same times.
  ///   - width: columns of the image, in pixels; positive.
  ///   - height: rows of the image, in pixels; positive.
  public static func draw(_ series: [Series], width: Int, height: Int) -> Image {
    var canvas = PlotCanvas(width: max(1, width), height: max(1, height))
    let line = BitmapFont.fullHeight + 5
    let edge = 8
    let room = (height - 2 * edge - line) / max(1, series.count)
    for (index, series) in series.enumerated() {
      draw(
        series, on: &canvas, left: edge, top: edge + index * room + line, width: width - 2 * edge,
        height: room - 2 * line)
    }
    let times = series.first?.points.map(\.time) ?? []
    if let first = times.first, let last = times.last {
      let end = clock(last)
      canvas.write(clock(first), x: edge, y: height - edge - line + 4, scale: 1, .grey)
      canvas.write(end, x: width - edge - BitmapFont.width(end), y: height - edge - line + 4, scale: 1, .grey)
    }
    return canvas.image
  }

  private static func draw(
    _ series: Series, on canvas: inout PlotCanvas, left: Int, top: Int, width: Int, height: Int
  ) {
    canvas.write(String(series.title.prefix(80)), x: left, y: top - 12, scale: 1, .black)
    guard let first = series.points.first?.time, let last = series.points.last?.time, last > first, height > 0 else {
      return
    }
    let bounded = series.points.map { min(max($0.evidence, -limit), limit) }
    let low = min(bounded.min() ?? 0, 0) - 0.5
    let high = max(bounded.max() ?? 0, series.threshold) + 0.5
    func row(_ value: Double) -> Int { top + height - 1 - Int((value - low) / (high - low) * Double(height - 1)) }
    func column(_ time: Double) -> Int { left + Int((time - first) / (last - first) * Double(width - 1)) }
    for (point, next) in zip(series.points, series.points.dropFirst()) where point.isOn {
      let x = column(point.time)
      canvas.fill(x: x, y: top, width: max(1, column(next.time) - x), height: height, .nothing)
    }
    for x in stride(from: left, to: left + width, by: 6) {
      canvas.fill(x: x, y: row(series.threshold), width: 3, height: 1, .grey)
    }
    canvas.fill(x: left, y: row(0), width: width, height: 1, .pale)
    let heat = HeatScale.color(at: 0.55)
    let color = PlotCanvas.Color(heat.red, heat.green, heat.blue)
    for (index, (point, next)) in zip(series.points, series.points.dropFirst()).enumerated() {
      let (from, to) = (row(bounded[index]), row(bounded[index + 1]))
      let x = column(point.time)
      canvas.fill(x: x, y: from, width: max(1, column(next.time) - x), height: 2, color)
      canvas.fill(x: column(next.time), y: min(from, to), width: 2, height: abs(to - from) + 2, color)
    }
  }
}
