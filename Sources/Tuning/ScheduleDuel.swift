// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Whether a schedule is faster than the standard one, by more than the noise of the measurement.
///
/// The two take turns, so that a change of the machine's speed meets both. Each time of the candidate is compared with
/// those of the standard schedule right before and after it. These two tell the noise.
public struct ScheduleDuel: Sendable, Equatable {
  /// Median of the standard schedule's times, in seconds.
  public let standardSeconds: Double
  /// The candidate's time divided by the standard schedule's, the median of all turns.
  public let ratio: Double
  /// How far that ratio is from the true one, in two of three such measurements no further; 0.01 is one percent.
  public let noise: Double

  /// A gain below this is none, whatever the noise.
  public static let leastGain = 0.01

  /// - Parameters:
  ///   - standard: the standard schedule's times, one before the first turn of the candidate and one after each.
  ///   - candidate: the candidate's times, at least one.
  /// - Returns: nil unless the times are of that number, and positive.
  public init?(standard: [Double], candidate: [Double]) {
    guard !candidate.isEmpty, standard.count == candidate.count + 1, (standard + candidate).allSatisfy({ $0 > 0 })
    else { return nil }
    let pairs = Array(zip(standard, standard.dropFirst()))
    standardSeconds = Self.median(standard)
    ratio = Self.median(zip(candidate, pairs).map { $0 / (($1.0 + $1.1) / 2) })
    // 1.48 median deviations are a standard deviation; that of a median is 1.25 that of a mean. The difference of two
    // times is √2 as noisy as one, and the ratio, which has three of them, √1.5.
    let deviation = 1.4826 * Self.median(pairs.map { abs(log($1 / $0)) })
    noise = deviation / 2.0.squareRoot() * 1.5.squareRoot() * 1.2533 / Double(candidate.count).squareRoot()
  }

  /// Whether the candidate is faster by more than twice the noise, and by more than a percent.
  public var isWon: Bool { 1 - ratio > max(2 * noise, Self.leastGain) }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
