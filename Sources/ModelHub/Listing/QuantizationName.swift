// SPDX-License-Identifier: Apache-2.0

/// The quantization that a file's name tells, as people write it behind the name of a model.
package enum QuantizationName {
  /// The last word of a path that names a quantization, in capitals: `Q4_K_M`, `UD-Q4_K_XL`, `F16`; nil for none.
  package static func find(in path: String) -> String? {
    let names =
      #/
      (?: ^ | [-._\/] )
      ( (?: UD- )?
        (?: IQ[1-4]_ (?: XXS | XS | NL | [SML] )
          | Q[1-8]_ (?: K_ (?: XXL | XL | XS | [SML] ) | K | [01] )
          | TQ[12]_0 | MXFP4 (?: _MOE )? | NVFP4 | AMXFP4 | DINT4 | SAWB2 | BF16 | FP?16 | FP?32 ) )
      (?= $ | [-.\/] )
      /#
      .ignoresCase()
    guard let last = path.matches(of: names).last else { return nil }
    switch last.1.uppercased() {
    case "FP16": return "F16"
    case "FP32": return "F32"
    case let name: return name
    }
  }

  /// How well a file suits what somebody typed; nil where it does not. The less, the better.
  ///
  /// - Parameters:
  ///   - path: of the file, without its ending.
  ///   - wanted: a quantization in any case, without `UD-` for either, or another part of the name between separators.
  package static func rank(of path: String, for wanted: String) -> Int? {
    let wanted = wanted.uppercased()
    if let name = find(in: path) {
      if name == wanted { return 0 }
      if name == "UD-" + wanted { return 1 }
    }
    // An underscore separates nothing: K_M is no word of Q4_K_M.
    let separators = "-./"
    let text = Array(path.uppercased())
    let word = Array(wanted)
    guard !word.isEmpty, text.count >= word.count else { return nil }
    for start in 0...(text.count - word.count) where Array(text[start..<(start + word.count)]) == word {
      let end = start + word.count
      let beginsWord = start == 0 || separators.contains(text[start - 1])
      let endsWord = end == text.count || separators.contains(text[end])
      if beginsWord && endsWord { return 2 }
    }
    return nil
  }
}
