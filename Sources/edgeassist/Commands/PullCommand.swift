// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ModelHub
import Records

/// `edgeassist pull REPO[:QUANT]`: a model of the Hugging Face hub, downloaded into the cache.
struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Download a model and its vision tower from the Hugging Face hub.",
    discussion: """
      edgeassist pull ggml-org/SmolVLM2-500M-Video-Instruct-GGUF:Q8_0
      edgeassist pull Qwen/Qwen3-VL-2B-Instruct-GGUF
      edgeassist --model hf:Qwen/Qwen3-VL-2B-Instruct-GGUF --video cam.mp4

      Without a quantization it is Q4_K_M, else Q4_0, else Q8_0, else the first. Of several vision towers (mmproj) it \
      is the one in Q8_0, else F16: the tower computes in Q8_0 unless --vision-precision says exact, for which F16 is \
      better. The headers come first: a model that needs more memory than there is, or cannot be run, is refused \
      before the rest. A download that was interrupted goes on where it ended. SHA-256 is checked. The paths of the \
      files are printed on standard output.

      Variables: HF_TOKEN (or the token file of Hugging Face's tools) for private and gated models, HF_ENDPOINT for \
      another hub, HF_HUB_OFFLINE=1 for the cache alone. Models are kept in edgeassist/models in $XDG_CACHE_HOME or \
      ~/.cache; `edgeassist models` lists and removes them.
      """)

  @Argument(
    help: ArgumentHelp(
      "A repository on the hub, and a quantization: OWNER/NAME or OWNER/NAME:QUANT.", valueName: "model"))
  var model: String

  @Option(
    name: .customLong("mmproj-type"),
    help: ArgumentHelp("Type of the vision tower's file, such as F16. (default: Q8_0, else F16)", valueName: "type"))
  var mmprojType: String?

  @Flag(name: .long, help: "Download a model that does not fit this machine, or cannot be run, all the same.")
  var force = false

  @Flag(name: .shortAndLong, help: "Write errors only, and the paths of the files.")
  var quiet = false

  func run() throws {
    do {
      let reference = try ModelReference(model)
      let settings = try HubSettings(environment: ProcessInfo.processInfo.environment)
      let found = try pull(reference, settings)
      if !quiet {
        let name = "\(found.repository):\(found.quantization)"
        StandardStreams.report("\(name) is in the cache (\(memorySize(found.byteCount))); use it: --model hf:\(name)")
      }
      try StandardStreams.print([found.languageModel, found.mmproj].compactMap(\.self).joined(separator: "\n"))
    } catch let error as HubError {
      throw StartFailure.report(error.message)
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    }
  }

  private func pull(_ reference: ModelReference, _ settings: HubSettings) throws -> CachedModel {
    if settings.isOffline, let model = settings.cache.model(for: reference) { return model }
    return try ModelDownload(
      reference: reference, settings: settings, mmprojType: mmprojType, wayRoundMemory: force ? nil : "--force",
      isQuiet: quiet
    ).run()
  }
}
