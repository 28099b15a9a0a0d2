/// The shares that steer InfiniPot-V.
public struct InfiniPotVParameters: Sendable, Hashable {
  /// Share of the kept tokens chosen by redundancy in time, the newest frames among them (α).
  public var temporalShare: Double
  /// Share of the held frames that count as the newest and are kept whole (ρ).
  public var recentShare: Double
  /// Share of the room for vision tokens that is filled after a pass (C/M); every policy thins down to it.
  public var keptShare: Double

  public init(temporalShare: Double, recentShare: Double, keptShare: Double) {
    self.temporalShare = temporalShare
    self.recentShare = recentShare
    self.keptShare = keptShare
  }

  /// The published operating point: α = 0.5, ρ = 0.25, 24 frames kept of 32.
  public static let published = InfiniPotVParameters(temporalShare: 0.5, recentShare: 0.25, keptShare: 24.0 / 32.0)

  func validate() throws(CacheError) {
    let shares = [("temporalShare", temporalShare), ("recentShare", recentShare), ("keptShare", keptShare)]
    for (name, value) in shares where !(value >= 0 && value <= 1) {
      throw .invalidParameter(name: name, value: value)
    }
    // A pass that keeps everything would never make room.
    if keptShare == 0 || keptShare == 1 { throw .invalidParameter(name: "keptShare", value: keptShare) }
  }
}
