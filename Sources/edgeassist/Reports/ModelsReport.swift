// SPDX-License-Identifier: Apache-2.0

import ModelHub
import Records

/// The report of `edgeassist models`, as a table or as JSON.
struct ModelsReport {
  /// The folder of the cache.
  var folder: String
  var models: [CachedModel]
  var incomplete: [IncompleteFile]

  // MARK: Table

  func text(style: ReportStyle) -> String {
    if models.isEmpty, incomplete.isEmpty {
      return "No models in \(visible(folder)). Download one: edgeassist pull OWNER/NAME"
    }
    var table = TextTable(numeric: [1])
    table.add("model", "size", "reads")
    for model in models {
      table.add(Self.name(model), memorySize(model.byteCount), model.mmproj == nil ? "text" : "text and video")
    }
    for file in incomplete {
      let whole = file.wholeByteCount.map { " of \(memorySize($0))" } ?? ""
      table.add("\(file.repository)/\(file.file)", memorySize(file.byteCount) + whole, "not complete: pull it again")
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    let total = models.reduce(0) { $0 + $1.byteCount } + incomplete.reduce(0) { $0 + $1.byteCount }
    lines += ["", "\(memorySize(total)) in \(visible(folder))"]
    return lines.joined(separator: "\n")
  }

  private static func name(_ model: CachedModel) -> String { "\(model.repository):\(model.quantization)" }

  // MARK: JSON

  var json: String {
    SnakeCaseJSON.text(
      of: Contents(
        folder: folder,
        models: models.map {
          Model(
            model: Self.name($0), repository: $0.repository, quantization: $0.quantization, bytes: $0.byteCount,
            languageModel: $0.languageModel, mmproj: $0.mmproj)
        },
        incomplete: incomplete.map {
          Incomplete(repository: $0.repository, file: $0.file, bytes: $0.byteCount, bytesInAll: $0.wholeByteCount)
        }))
  }

  private struct Contents: Encodable {
    var folder: String
    var models: [Model]
    var incomplete: [Incomplete]
  }

  private struct Model: Encodable {
    var model: String
    var repository: String
    var quantization: String
    var bytes: Int
    var languageModel: String
    var mmproj: String?
  }

  private struct Incomplete: Encodable {
    var repository: String
    var file: String
    var bytes: Int
    var bytesInAll: Int?
  }
}
