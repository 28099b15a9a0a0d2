import ArgumentParser
import Assistant
import Foundation

/// Which model, and how many threads it may use.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Language model (GGUF). Left out: the small embedded model.", valueName: "file"))
  var model: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Its vision tower (mmproj GGUF). Left out: found beside the model.", valueName: "file"))
  var vision: String?

  @Option(name: .long, help: ArgumentHelp("Worker threads. Left out: one for each processor.", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads must be between 1 and 256, not \(threads)")
    }
  }

  func load() throws(AssistantError) -> LoadedModel {
    let paths = try ModelPaths.resolve(languageModel: model, vision: vision)
    return try LoadedModel(paths: paths, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
  }
}
