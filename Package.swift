// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors where the checks run, and only a nuisance on somebody else's newer compiler.
let warningsAreErrors: [SwiftSetting] = Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: warningsAreErrors)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: warningsAreErrors)
}

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

// The order is the direction of the data: a target imports only what stands above it.
let package = Package(
  name: "edgeassist",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "edgeassist", targets: ["edgeassist"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    .systemLibrary(name: "CFFmpeg"),
    .target(
      name: "CNcurses", cSettings: [.define("_GNU_SOURCE")], linkerSettings: [.linkedLibrary("ncursesw")]),
    .target(name: "CKernels", cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "CSandbox", cSettings: [.define("_GNU_SOURCE")]),

    library("ModelFile"),
    library("Compute", ["CKernels", "ModelFile"]),
    library("Quantization", ["Compute", "ModelFile"]),
    library("Tokenization", ["ModelFile"]),
    library("Pictures"),
    library("Video", ["CFFmpeg", "Pictures"]),
    library("BoundedCache", ["Compute"]),
    library("Models", ["Compute", "ModelFile", "BoundedCache", "Pictures"]),
    library("Sandboxing", ["CSandbox"]),
    library("SessionInterface", ["Pictures"]),
    library("Plotting", ["Pictures", "SessionInterface"]),
    library("CodeAgent", ["SessionInterface", "Sandboxing"]),
    library(
      "Assistant",
      ["Models", "Tokenization", "Video", "BoundedCache", "SessionInterface", "Sandboxing", "CodeAgent", log]),
    library(
      "Evaluation",
      ["Assistant", "BoundedCache", "CodeAgent", "Compute", "Pictures", "Plotting", "SessionInterface", "Video"]),
    library(
      "Benchmarking",
      ["Assistant", "BoundedCache", "Compute", "ModelFile", "Models", "Pictures", "Quantization", "Tokenization"]),
    library("Screen", ["CNcurses", "Pictures", "SessionInterface", "Plotting"]),
    .executableTarget(
      name: "edgeassist",
      dependencies: [
        "Assistant", "Benchmarking", "CodeAgent", "Evaluation", "Plotting", "Quantization", "Sandboxing", "Screen",
        argumentParser, log,
        "TOMLKit",
      ],
      swiftSettings: warningsAreErrors),

    // Work for Tests/Benchmarks/instructions.sh to count.
    .executableTarget(
      name: "FixedJob", dependencies: ["Assistant", "BoundedCache", "Models", "Pictures"],
      path: "Tests/Benchmarks/FixedJob", swiftSettings: warningsAreErrors),

    tests("ModelFileTests", ["ModelFile"], resources: [.copy("Goldens")]),
    tests("ComputeTests", ["Compute"], resources: [.copy("Goldens")]),
    tests("QuantizationTests", ["Quantization"], resources: [.copy("Goldens")]),
    tests("TokenizationTests", ["Tokenization"], resources: [.copy("Goldens")]),
    tests("VideoTests", ["Video"], resources: [.copy("Goldens"), .copy("Media")]),
    tests("BoundedCacheTests", ["BoundedCache"], resources: [.copy("Goldens")]),
    tests("ModelsTests", ["Models"], resources: [.copy("Goldens")]),
    tests("PlottingTests", ["Plotting", "SessionInterface", "Pictures"]),
    tests("CodeAgentTests", ["CodeAgent", "SessionInterface"]),
    tests("AssistantTests", ["Assistant"], resources: [.copy("Goldens")]),
    tests("EvaluationTests", ["Evaluation", "Assistant", "BoundedCache", "Pictures"]),
    tests("BenchmarkingTests", ["Benchmarking", "Assistant", "ModelFile", "Models", "BoundedCache"]),
    tests("SandboxTests", ["Sandboxing"]),
    tests("ScreenTests", ["Screen", "SessionInterface", "Plotting", "Pictures"]),
    .testTarget(
      name: "FuzzTests", dependencies: ["Assistant", "Models", "ModelFile", "Compute"],
      exclude: ["under-address-sanitizer.sh"], swiftSettings: warningsAreErrors),
    tests("ArchitectureTests", []),
    tests("CommandLineTests", ["edgeassist"]),
  ],
  swiftLanguageModes: [.v6]
)
