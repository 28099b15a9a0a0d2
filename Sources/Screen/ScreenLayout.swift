// SPDX-License-Identifier: Apache-2.0

import Images

/// Where everything stands. Pure arithmetic on the size; nothing overlaps.
package struct ScreenLayout: Equatable, Sendable {
  /// Less than this cannot be used.
  package static let smallest = ScreenSize(columns: 60, rows: 20)
  /// From this width on the image and the conversation have room beside each other at every height.
  private static let wide = 80
  /// The line being typed grows to this many rows.
  package static let mostInputRows = 3

  /// Name of the source and of the model.
  package var header: Rectangle
  /// nil where there is no stream, or no room.
  package var image: Rectangle?
  /// The retention map: in place of the image, or under it where there is room for both.
  package var retention: Rectangle?
  /// Position in the stream, under the image.
  package var timeline: Rectangle?
  /// The figures of the KV cache; where there is no room, the last status row tells the same.
  package var cachePanel: Rectangle?
  /// Empty where the coding pane is in its place.
  package var conversation: Rectangle
  /// The coding pane: beside the conversation, or in its place.
  package var codingPane: Rectangle?
  /// The line being typed, with its prompt.
  package var input: Rectangle
  /// Figures in one or two rows.
  package var status: Rectangle
  /// The last row: keys or a hint.
  package var help: Rectangle
  /// Rows of one line each, drawn between areas.
  package var horizontalRules: [Rectangle] = []
  /// Columns of one line each, drawn between areas.
  package var verticalRules: [Rectangle] = []

  /// Columns of the input that hold text: the prompt stands before them.
  package var inputTextColumns: Int { input.columns - 2 }

  /// - Parameters:
  ///   - imageShape: width and height of what is shown; nil leaves no room for an image.
  ///   - inputRows: rows that the line being typed would like.
  ///   - showsRetention: whether the retention map is shown.
  ///   - hasCodingPane: whether the coding pane is open.
  ///   - isCodingPaneInFront: whether it is the one to be seen where there is room for one of pane and conversation.
  /// - Returns: nil when the terminal is too small.
  package init?(
    size: ScreenSize, imageShape: (width: Int, height: Int)?, inputRows: Int = 1, showsRetention: Bool = false,
    hasCodingPane: Bool = false, isCodingPaneInFront: Bool = false
  ) {
    guard size.columns >= ScreenLayout.smallest.columns, size.rows >= ScreenLayout.smallest.rows else { return nil }
    let fitted = { (statusRows: Int) in
      ScreenLayout(
        fitting: size, imageShape: imageShape, inputRows: inputRows, showsRetention: showsRetention,
        hasCodingPane: hasCodingPane, isCodingPaneInFront: isCodingPaneInFront, statusRows: statusRows)
    }
    // A cache panel tells what the second status row would.
    let withPanel = fitted(1)
    self = withPanel.cachePanel != nil ? withPanel : fitted(2)
  }

  private init(
    fitting size: ScreenSize, imageShape: (width: Int, height: Int)?, inputRows: Int, showsRetention: Bool,
    hasCodingPane: Bool, isCodingPaneInFront: Bool, statusRows: Int
  ) {
    let columns = size.columns
    let inputHeight = min(ScreenLayout.mostInputRows, max(1, inputRows))
    func row(_ index: Int, rows: Int = 1, margin: Int = 0) -> Rectangle {
      Rectangle(column: margin, row: index, columns: columns - 2 * margin, rows: rows)
    }

    header = row(0, margin: 1)
    help = row(size.rows - 1, margin: 1)
    status = row(size.rows - 1 - statusRows, rows: statusRows, margin: 1)
    let ruleAboveStatus = size.rows >= 24 ? 1 : 0
    let inputRow = status.row - ruleAboveStatus - inputHeight
    input = row(inputRow, rows: inputHeight, margin: 1)
    var body = row(2, rows: inputRow - 1 - 2)
    horizontalRules = [row(1), row(inputRow - 1)]
    if ruleAboveStatus == 1 { horizontalRules.append(row(status.row - 1)) }

    let hasImage = imageShape.map { $0.width > 0 && $0.height > 0 } ?? false
    conversation = ScreenLayout.inset(body)
    let isBeside = hasCodingPane && ScreenLayout.hasRoomForCodingPane(body, hasImage: hasImage)
    if isBeside { splitCodingPane(off: &body) }
    let isInFront = hasCodingPane && isCodingPaneInFront && !isBeside
    let stacks = body.columns < ScreenLayout.wide && body.rows >= ScreenLayout.rowsForStack
    if isInFront, hasImage, !stacks {
      showOnlyCodingPane()
      return
    }
    conversation = ScreenLayout.inset(body)
    if let shape = imageShape, hasImage {
      if stacks {
        stack(shape, in: body, showsRetention: showsRetention)
      } else if showsRetention {
        placeRetentionBeside(shape, in: body)
      } else {
        placeBeside(shape, in: body)
      }
    }
    if isInFront { showOnlyCodingPane() }
  }

  /// In place of the conversation.
  private mutating func showOnlyCodingPane() {
    codingPane = conversation
    conversation.rows = 0
  }

  private static func inset(_ area: Rectangle) -> Rectangle {
    Rectangle(column: area.column + 1, row: area.row, columns: area.columns - 2, rows: area.rows)
  }

  private static func codingColumns(of body: Rectangle) -> Int { max(46, body.columns * 48 / 100) }

  /// Whether the conversation, and the image above or beside it, keep enough room next to the coding pane.
  private static func hasRoomForCodingPane(_ body: Rectangle, hasImage: Bool) -> Bool {
    let rest = body.columns - codingColumns(of: body) - 1
    return rest >= (hasImage && body.rows < rowsForStack ? 64 : 40)
  }

  private mutating func splitCodingPane(off body: inout Rectangle) {
    let columns = ScreenLayout.codingColumns(of: body)
    let pane = Rectangle(column: body.endColumn - columns, row: body.row, columns: columns, rows: body.rows)
    verticalRules.append(Rectangle(column: pane.column - 1, row: body.row, columns: 1, rows: body.rows))
    body.columns -= columns + 1
    codingPane = ScreenLayout.inset(pane)
  }

  private mutating func stack(_ shape: (width: Int, height: Int), in body: Rectangle, showsRetention: Bool) {
    let fitted = fittedSize(
      width: shape.width, height: shape.height, maximumWidth: body.columns - 2,
      maximumHeight: 2 * (body.rows * 9 / 20))
    let rows = showsRetention ? body.rows / 2 : (fitted.height + 1) / 2
    if showsRetention {
      retention = Rectangle(column: body.column + 1, row: body.row, columns: body.columns - 2, rows: rows + 1)
    } else {
      image = Rectangle(column: body.column + 1, row: body.row, columns: body.columns - 2, rows: rows)
      timeline = Rectangle(column: body.column + 1, row: body.row + rows, columns: body.columns - 2, rows: 1)
    }
    horizontalRules.append(Rectangle(column: body.column, row: body.row + rows + 1, columns: body.columns, rows: 1))
    conversation = Rectangle(
      column: body.column + 1, row: body.row + rows + 2, columns: body.columns - 2, rows: body.rows - rows - 2)
  }

  /// The most columns for what stands beside the conversation.
  private static func mostColumns(of body: Rectangle) -> Int {
    body.columns * (body.columns >= 100 ? 55 : body.columns >= ScreenLayout.wide ? 48 : 42) / 100
  }

  private mutating func placeRetentionBeside(_ shape: (width: Int, height: Int), in body: Rectangle) {
    let columns = ScreenLayout.mostColumns(of: body)
    var pane = Rectangle(column: body.column + 1, row: body.row, columns: columns - 2, rows: body.rows)
    if body.rows >= ScreenLayout.rowsForImageAndRetention, body.columns >= 100 {
      let fitted = fittedSize(
        width: shape.width, height: shape.height, maximumWidth: pane.columns, maximumHeight: 2 * (body.rows * 2 / 5))
      let rows = (fitted.height + 1) / 2
      image = Rectangle(column: pane.column, row: pane.row, columns: pane.columns, rows: rows)
      timeline = Rectangle(column: pane.column, row: pane.row + rows, columns: pane.columns, rows: 1)
      pane.row += rows + 2
      pane.rows -= rows + 2
    }
    retention = pane
    divide(body, after: columns)
  }

  private mutating func divide(_ body: Rectangle, after columns: Int) {
    verticalRules.append(
      Rectangle(column: body.column + columns, row: body.row, columns: 1, rows: body.rows))
    conversation = Rectangle(
      column: body.column + columns + 2, row: body.row, columns: body.columns - columns - 3, rows: body.rows)
  }

  private mutating func placeBeside(_ shape: (width: Int, height: Int), in body: Rectangle) {
    let most = ScreenLayout.mostColumns(of: body)
    let imageRows = body.rows - 1
    let natural = fittedSize(
      width: shape.width, height: shape.height, maximumWidth: most - 2, maximumHeight: imageRows * 2)
    let columns = min(most, max(natural.width + 2, min(most, 30)))
    let usedRows = (natural.height + 1) / 2
    let spare = body.rows - usedRows - 1
    image = Rectangle(column: body.column + 1, row: body.row, columns: columns - 2, rows: imageRows)
    timeline = Rectangle(column: body.column + 1, row: body.endRow - 1, columns: columns - 2, rows: 1)
    if spare >= ScreenLayout.cachePanelRows, columns >= 38 {
      image?.rows = usedRows
      timeline?.row = body.row + usedRows
      cachePanel = Rectangle(
        column: body.column + 1, row: body.row + usedRows + 2, columns: columns - 2,
        rows: min(ScreenLayout.mostCachePanelRows, spare - 2))
    } else if spare > 0 {
      image?.rows = usedRows
      timeline?.row = body.row + usedRows
    }
    divide(body, after: columns)
  }

  /// From this height on a narrow body has room for the image above the conversation.
  private static let rowsForStack = 24
  /// From this height on image and retention map have room above each other.
  private static let rowsForImageAndRetention = 28
  /// The title and the figures, with two blank rows above them.
  private static let cachePanelRows = 8
  /// With the graph of the last minutes.
  private static let mostCachePanelRows = 14
}

extension ScreenLayout {
  /// The layout of a state.
  package init?(_ state: ScreenState) {
    // Until the first image has come, room for the commonest shape is kept.
    let shape = state.image.map { ($0.width, $0.height) } ?? (16, 9)
    let textColumns = max(1, state.size.columns - 4)
    self.init(
      size: state.size, imageShape: state.hasStream ? shape : nil,
      inputRows: InputLayout(state.editor, width: textColumns).rows.count, showsRetention: state.showsRetention,
      hasCodingPane: state.coding.isOpen, isCodingPaneInFront: state.coding.isFocused)
  }
}
