import Testing

/// Whole screens as a person would read them, looked over by one.
enum GoldenScreens {
  struct Screen: Sendable, CustomTestStringConvertible {
    var columns: Int
    var rows: Int
    var unicode = true
    var text: String
    var testDescription: String { "\(columns)×\(rows)\(unicode ? "" : " in ASCII")" }
  }

  static let all: [Screen] = [
    Screen(columns: 60, rows: 20, text: ""),
    Screen(columns: 80, rows: 24, text: ""),
    Screen(columns: 80, rows: 24, unicode: false, text: ""),
    Screen(columns: 70, rows: 40, text: ""),
    Screen(columns: 120, rows: 40, text: ""),
  ]
}
