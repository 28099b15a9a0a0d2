// SPDX-License-Identifier: Apache-2.0

/// Seconds as `0:12`, `1:30` or `1:02:03`; `-:--` for what is no time.
package func clock(_ seconds: Double) -> String {
  guard seconds.isFinite, abs(seconds) < 1e12 else { return "-:--" }
  let total = Int(max(0, seconds))
  let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
  let padded = rest < 10 ? "0\(rest)" : "\(rest)"
  guard hours > 0 else { return "\(minutes):\(padded)" }
  return "\(hours):\(minutes < 10 ? "0\(minutes)" : "\(minutes)"):\(padded)"
}

/// A number rounded to a fixed count of decimals; `-` for what is no number.
package func decimal(_ value: Double, places: Int) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "-" }
  var unit = 1
  for _ in 0..<places { unit *= 10 }
  let scaled = Int((abs(value) * Double(unit)).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard places > 0 else { return "\(sign)\(scaled)" }
  let fraction = String(scaled % unit)
  return "\(sign)\(scaled / unit)." + String(repeating: "0", count: places - fraction.count) + fraction
}

/// Bytes in the unit that leaves a small number: `512 B`, `1.2 MiB`.
///
/// - Parameter isLeast: rounds up, for a size that must not be undershot.
package func memorySize(_ bytes: Int, isLeast: Bool = false) -> String {
  var value = Double(max(0, bytes))
  var unit = "B"
  // A size that would round to 1024.0 is written in the next unit.
  for larger in ["KiB", "MiB", "GiB", "TiB"] where value >= 1023.95 {
    value /= 1024
    unit = larger
  }
  let places = unit == "B" || value >= 99.95 ? 0 : 1
  let steps = places == 0 ? 1.0 : 10.0
  if isLeast { value = (value * steps).rounded(.up) / steps }
  return "\(decimal(value, places: places)) \(unit)"
}

/// A text cut after `count` characters, with an ellipsis in place of what is left out.
package func clipped(_ text: String, to count: Int) -> String {
  // A character can be made of any number of scalars: accents upon accents.
  let most = text.unicodeScalars.prefix(8 * count)
  let isWhole = most.endIndex == text.endIndex
  let piece = isWhole ? Substring(text) : Substring(most)
  guard let end = piece.index(piece.startIndex, offsetBy: count, limitedBy: piece.endIndex) else {
    return isWhole ? text : piece + "…"
  }
  return isWhole && end == piece.endIndex ? text : piece[..<end] + "…"
}

/// A count with its thousands apart: `12 345`.
package func count(_ value: Int) -> String {
  let digits = String(max(0, value))
  var result = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { result += " " }
    result.append(digit)
  }
  return result
}

/// `1 plan`, `2 plans`.
package func counted(_ number: Int, _ word: String) -> String {
  "\(count(number)) \(word)\(number == 1 ? "" : "s")"
}
