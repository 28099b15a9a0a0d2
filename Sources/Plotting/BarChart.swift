// SPDX-License-Identifier: Apache-2.0

import Images

/// Charts of bars, one below the other, over a shared axis.
public enum BarChart {
  /// One of the charts.
  public struct Series: Sendable, Equatable {
    /// The title of the chart; ASCII.
    public var title: String
    /// Heights of the bars, none negative.
    public var values: [Double]
    /// Texts of the values; ASCII.
    public var texts: [String]

    /// Memberwise; checks nothing.
    public init(title: String, values: [Double], texts: [String]) {
      self.title = title
      self.values = values
      self.texts = texts
    }
  }

  /// - Parameters:
  ///   - series: with as many values as there are `labels`.
  ///   - labels: of the axis below all charts; ASCII.
  ///   - width: columns of the image, in pixels; positive.
  ///   - height: rows of the image, in pixels; positive.
  public static func draw(_ series: [Series], labels: [String], width: Int, height: Int) -> Image {
    var canvas = PlotCanvas(width: max(1, width), height: max(1, height))
    let scale = max(1, min(width / 560, height / 280))
    let line = (BitmapFont.fullHeight + 3) * scale
    let edge = 8 * scale
    let column = (width - 2 * edge) / max(1, labels.count)
    let room = (height - 2 * edge - line) / max(1, series.count)
    let color = HeatScale.color(at: 0.55)
    for (index, series) in series.enumerated() {
      let top = edge + index * room
      let base = top + room - line
      canvas.write(series.title, x: edge, y: top, scale: scale, .black)
      let largest = max(series.values.max() ?? 0, .leastNormalMagnitude)
      for (bar, (value, text)) in zip(series.values, series.texts).enumerated() {
        let left = edge + bar * column
        let length = Int(Double(base - top - 2 * line) * (value / largest))
        canvas.fill(
          x: left + scale, y: base - length, width: max(1, column - 2 * scale), height: length,
          PlotCanvas.Color(color.red, color.green, color.blue))
        canvas.write(text, x: left + scale, y: base - length - line, scale: scale, .grey)
      }
      canvas.fill(x: edge, y: base, width: width - 2 * edge, height: 1, .grey)
    }
    for (bar, label) in labels.enumerated() {
      canvas.write(label, x: edge + bar * column + scale, y: height - edge - line, scale: scale, .grey)
    }
    return canvas.image
  }
}
