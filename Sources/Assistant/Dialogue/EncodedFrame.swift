import BoundedCache
import Models
import Pictures

/// A temporal patch as the vision tower saw it: made once, it may be read into any number of dialogues.
public struct EncodedFrame: Sendable {
  /// A row for each vision token.
  let vectors: EmbeddingBlock
  let grid: FrameGrid
  let thumbnail: Picture
  /// Stream time of the middle of its pictures, in seconds.
  public private(set) var time: Double
  /// When its last picture was taken.
  public private(set) var end: Double
  /// How long it lasts, in seconds.
  let seconds: Double
  let pictures: Int

  /// The same frame at another time of the stream.
  func moved(by seconds: Double) -> EncodedFrame {
    var frame = self
    frame.time += seconds
    frame.end += seconds
    return frame
  }
}

/// Makes temporal patches of pictures as they come, the way a dialogue over a stream does.
public struct FrameEncoder {
  private let model: LoadedModel
  /// Those that are complete.
  public private(set) var frames: [EncodedFrame] = []
  private var pending: (picture: Picture, time: Double)?
  /// Seconds that the last patch of two pictures lasted.
  private var patchSeconds = 1.0

  public init(model: LoadedModel) {
    self.model = model
  }

  /// Takes the next sampled picture, seen at a stream time in seconds.
  ///
  /// - Throws: `AssistantError.visionMissing`, or `computation` for a picture that the tower does not take.
  public mutating func add(_ picture: Picture, at time: Double) throws(AssistantError) {
    if model.vision?.configuration.picturesPerPatch == 1 {
      return try encode(picture, picture, from: time, to: time, pictures: 1)
    }
    guard let first = pending, first.picture.width == picture.width, first.picture.height == picture.height else {
      try finish()
      pending = (picture, time)
      return
    }
    pending = nil
    patchSeconds = max(0, time - first.time) * 2
    try encode(first.picture, picture, from: first.time, to: time, pictures: 2)
  }

  /// Lets the stream go on with what has been seen so far, over and over, until it has lasted so long: a way to hours
  /// of stream that the tower need not look at. The tower's vectors are shared.
  ///
  /// - Parameter end: stream time in seconds; frames that would end after it are left out.
  public mutating func repeatUntil(_ end: Double) {
    guard let first = frames.first, let last = frames.last else { return }
    let round = last.time - first.time + patchSeconds
    let once = frames
    guard round > 0 else { return }
    var shift = round
    while first.end + shift <= end {
      for frame in once where frame.end + shift <= end { frames.append(frame.moved(by: shift)) }
      shift += round
    }
  }

  /// A picture that waits for its second is taken twice.
  public mutating func finish() throws(AssistantError) {
    guard let first = pending else { return }
    pending = nil
    try encode(first.picture, first.picture, from: first.time, to: first.time, pictures: 1)
  }

  private mutating func encode(
    _ first: Picture, _ second: Picture, from start: Double, to end: Double, pictures: Int
  ) throws(AssistantError) {
    guard let tower = model.vision else { throw .visionMissing(of: model) }
    var vectors = EmbeddingBlock()
    do { try tower.encode(first, second, into: &vectors) } catch { throw AssistantError(error) }
    frames.append(
      EncodedFrame(
        vectors: vectors, grid: tower.configuration.frameGrid(of: first),
        thumbnail: FrameGallery.thumbnail(of: first), time: (start + end) / 2, end: end,
        seconds: patchSeconds, pictures: pictures))
  }
}

extension VisionConfiguration {
  /// The merged tokens of one temporal patch of such pictures.
  func frameGrid(of picture: Picture) -> FrameGrid {
    let size = tokenGrid(width: picture.width, height: picture.height)
    return FrameGrid(frames: 1, height: size.rows, width: size.columns)
  }
}

extension AssistantError {
  static func visionMissing(of model: LoadedModel) -> AssistantError {
    .visionMissing(message: "\(model.name) has no vision tower; name its mmproj file with --vision FILE")
  }
}
