import Pictures
import SessionInterface

/// A frame held in equal part by every layer.
func frame(_ number: Int, _ share: Float = 0.5, layers: Int = 4, thumbnail: Picture? = nil) -> RetentionMap.Frame {
  RetentionMap.Frame(
    number: number, time: Double(number), shares: Array(repeating: share, count: layers), thumbnail: thumbnail)
}

func flatPicture(width: Int, height: Int, red: UInt8) -> Picture {
  Picture(
    width: width, height: height, pixels: (0..<width * height).flatMap { _ -> [UInt8] in [red, 0, 0] })
}

extension RetentionMap {
  static func of(_ frames: [Frame], seen: Int, layers: Int = 4) -> RetentionMap {
    RetentionMap(layers: layers, framesSeen: seen, startTime: 0, frames: frames)
  }
}
