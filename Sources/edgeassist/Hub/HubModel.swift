// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ModelHub
import Records

/// Models of the hub as values of `--model` and `--code-model`.
enum HubModel {
  /// The model in the cache that a value such as `hf:OWNER/NAME:Q4_K_M` names. What is in the cache is taken as it is,
  /// and nobody is asked; what is not is downloaded.
  ///
  /// - Parameters:
  ///   - isMappedOnly: the model may be larger than memory.
  ///   - withTower: false leaves the vision tower out of a download.
  /// - Returns: nil for the name of a file.
  /// - Throws: `ReportedError`, or `ExitStatus.interrupted` after a message.
  static func find(_ argument: String, isMappedOnly: Bool, withTower: Bool) throws -> CachedModel? {
    do {
      guard let reference = try ModelReference.named(by: argument) else { return nil }
      let settings = try HubSettings(environment: ProcessInfo.processInfo.environment)
      if let model = settings.cache.model(for: reference), !(withTower && model.isTowerLeftOut) { return model }
      return try ModelDownload(
        reference: reference, settings: settings, withTower: withTower,
        wayRoundMemory: isMappedOnly ? nil : "edgeassist pull \(reference) --force"
      ).run()
    } catch let error as HubError {
      throw ReportedError.modelUnreadable(message: error.message)
    }
  }
}
