// SPDX-License-Identifier: Apache-2.0

import Images
import SessionInterface

/// A plot of what a KV cache retains of a stream: thumbnails over a heat map of temporal patches and layers.
public enum RetentionHeatmap {
  /// - Parameters:
  ///   - map: what is cached.
  ///   - width: columns of the image, in pixels; positive.
  ///   - height: rows of the image, in pixels; positive. Below some 400×200 pixels, parts that find no room are left
  ///     out.
  ///   - title: the first line; ASCII, other characters become boxes.
  public static func draw(
    map: RetentionMap, width: Int, height: Int, title: String = "Retained tokens"
  ) -> Image {
    var drawing = Drawing(map, width: max(1, width), height: max(1, height))
    drawing.drawHead(title)
    drawing.drawThumbnails()
    drawing.drawHeat()
    drawing.drawTimes()
    return drawing.canvas.image
  }
}

private struct Drawing {
  let map: RetentionMap
  var canvas: PlotCanvas
  let axis: RetentionMapColumns
  /// Pixels of the canvas for one of the font.
  let scale: Int
  /// Rows of pixels of a line of text, with what lies between lines.
  let line: Int
  /// The heat map's edges.
  let left: Int
  let right: Int
  let top: Int
  let bottom: Int
  /// The strip of thumbnails, empty where there is no room.
  let strip: Range<Int>

  init(_ map: RetentionMap, width: Int, height: Int) {
    self.map = map
    canvas = PlotCanvas(width: width, height: height)
    scale = max(1, min(width / 560, height / 280))
    line = (BitmapFont.fullHeight + 3) * scale
    let edge = 8 * scale
    left = edge + (BitmapFont.width("layer") + 3) * scale
    right = max(left + 1, width - edge)
    let head = edge + line * 3
    let free = height - head - edge - 2 * line
    strip = head..<max(head, head + free / 4 + 8 * scale)
    top = strip.isEmpty ? head : strip.upperBound + 6 * scale
    bottom = max(top + 1, height - edge - 2 * line - 2 * scale)
    // As many columns as can be told apart by eye.
    axis = RetentionMapColumns(map, columns: max(1, (right - left) / (3 * scale)))
  }

  private func x(_ column: Int) -> Int { left + column * (right - left) / max(1, axis.columns.count) }

  // MARK: Words and scale

  mutating func drawHead(_ title: String) {
    let edge = 8 * scale
    canvas.write(title, x: edge, y: edge, scale: scale, .black)
    // Once more, one pixel on: bold.
    canvas.write(title, x: edge + max(1, scale / 2), y: edge, scale: scale, .black)
    let wordings = RetentionSummary.wordings(map).map { $0.joined(separator: "; ") }
    let summary = wordings.first { BitmapFont.width($0) * scale <= right - edge } ?? wordings.last ?? ""
    canvas.write(summary, x: edge, y: edge + line, scale: scale, .grey)
    drawLegend(after: edge + BitmapFont.width(title) * scale, y: edge)
  }

  /// From right to left. The scale is that of a square root, which the quarter in its middle tells.
  private mutating func drawLegend(after end: Int, y: Int) {
    let bar = 30 * scale
    let height = BitmapFont.height * scale
    let gap = 4 * scale
    let texts = ["cached: 0", "25", "100 %", "evicted"]
    let words = texts.reduce(0) { $0 + (BitmapFont.width($1) + 4) * scale }
    guard words + 2 * bar + 36 * scale <= right - end else { return }
    var cursor = right
    func text(_ text: String) {
      cursor -= BitmapFont.width(text) * scale
      canvas.write(text, x: cursor, y: y, scale: scale, .grey)
      cursor -= gap
    }
    func ramp(_ from: Float, _ to: Float) {
      cursor -= bar
      for column in 0..<bar {
        let color = HeatScale.color(at: from + (to - from) * Float(column) / Float(bar - 1))
        canvas.fill(
          x: cursor + column, y: y, width: 1, height: height, PlotCanvas.Color(color.red, color.green, color.blue))
      }
      cursor -= gap
    }
    text("evicted")
    cursor -= 9 * scale
    canvas.hatch(x: cursor, y: y, width: 9 * scale, height: height, period: 3 * scale, .grey)
    canvas.frame(x: cursor, y: y, width: 9 * scale, height: height, .pale)
    cursor -= 4 * gap
    text("100 %")
    ramp(0.5, 1)
    text("25")
    ramp(0, 0.5)
    text("cached: 0")
  }

  // MARK: The map

  mutating func drawHeat() {
    let rows = bottom - top
    let steps = max(1, min(map.layers, rows))
    for column in axis.columns.indices {
      let (start, end) = (x(column), x(column + 1))
      guard case .cached = axis.columns[column] else {
        canvas.hatch(x: start, y: top, width: end - start, height: rows, period: 3 * scale, .pale)
        continue
      }
      for step in 0..<steps {
        let layers = step * map.layers / steps..<max(step + 1, (step + 1) * map.layers / steps)
        let share = axis.share(column: column, layers: layers) ?? 0
        let color = HeatScale.color(at: HeatScale.position(of: share))
        let first = top + step * rows / steps
        canvas.fill(
          x: start, y: first, width: end - start, height: top + (step + 1) * rows / steps - first,
          share > 0 ? PlotCanvas.Color(color.red, color.green, color.blue) : .nothing)
      }
    }
    canvas.frame(x: left - 1, y: top - 1, width: right - left + 2, height: rows + 2, .grey)
    drawLayers(steps: steps)
  }

  private mutating func drawLayers(steps: Int) {
    guard map.layers > 0 else { return }
    let rows = bottom - top
    canvas.write("layer", x: 8 * scale, y: top - line, scale: scale, .grey)
    // Every layer where there is room, else each second, fourth, …
    var step = 1
    while step < map.layers, rows * step / map.layers < line { step *= 2 }
    for layer in stride(from: 0, to: map.layers, by: step) {
      let text = String(layer)
      let middle = top + (2 * layer + 1) * rows / (2 * map.layers)
      canvas.write(
        text, x: left - (BitmapFont.width(text) + 4) * scale, y: middle - BitmapFont.height * scale / 2,
        scale: scale, .grey)
    }
  }

  mutating func drawTimes() {
    let cell = Double(right - left) / Double(max(1, axis.columns.count))
    let labels = axis.labels(room: axis.columns.count) { text in
      Int((Double(BitmapFont.width(text) * scale) / cell).rounded(.up))
    }
    for label in labels {
      let mark = (x(label.mark) + x(label.mark + 1)) / 2
      canvas.fill(x: mark, y: bottom + 1, width: scale, height: 4 * scale, .grey)
      canvas.write(label.text, x: x(label.column), y: bottom + 6 * scale, scale: scale, .black)
    }
    let title = axis.isEven ? "stream time" : "stream time; evicted stretches are drawn shorter"
    let titleLeft = (left + right - BitmapFont.width(title) * scale) / 2
    canvas.write(title, x: max(8 * scale, titleLeft), y: bottom + 6 * scale + line, scale: scale, .grey)
  }

  // MARK: Thumbnails

  mutating func drawThumbnails() {
    guard let shape = map.temporalPatches.lazy.compactMap(\.thumbnail).first else { return }
    let gap = 4 * scale
    let size = fittedSize(
      width: shape.width, height: shape.height, maximumWidth: right - left, maximumHeight: strip.count - 8 * scale)
    guard size.width > 0 else { return }
    let stretches = max(1, (right - left + gap) / (size.width + gap))
    for (stretch, moment) in axis.moments(stretches: stretches).enumerated() {
      guard let moment, let thumbnail = map.temporalPatches[moment.index].thumbnail else { continue }
      let fitted = fittedSize(
        width: thumbnail.width, height: thumbnail.height, maximumWidth: size.width, maximumHeight: size.height)
      let start = left + stretch * (right - left + gap) / stretches
      let end = left + (stretch + 1) * (right - left + gap) / stretches - gap
      let middle = (x(moment.column) + x(moment.column + 1)) / 2
      let imageLeft = max(start, min(middle - fitted.width / 2, end - fitted.width))
      canvas.put(scaled(thumbnail, width: fitted.width, height: fitted.height), x: imageLeft, y: strip.lowerBound)
      canvas.frame(
        x: imageLeft - 1, y: strip.lowerBound - 1, width: fitted.width + 2, height: fitted.height + 2, .grey)
      canvas.line(
        fromX: imageLeft + fitted.width / 2, y: strip.lowerBound + fitted.height + 1, toX: middle, y: top - 2,
        thickness: max(1, scale / 2), .grey)
    }
  }
}
