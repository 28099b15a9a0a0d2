// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Warnings are errors where the checks run, and only a nuisance on somebody else's newer compiler.
let isChecked = Context.environment["CI"] != nil
let warningsAreErrors: [SwiftSetting] = isChecked ? [.treatAllWarnings(as: .error)] : []
let cWarningsAreErrors: [CSetting] = isChecked ? [.treatAllWarnings(as: .error)] : []

func library(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: warningsAreErrors)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: warningsAreErrors)
}

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

// The order is the direction of the data: a target imports only what stands above it, and declares it.
let package = Package(
  name: "edgeassist",
  products: [.executable(name: "edgeassist", targets: ["edgeassist"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    // C: the system's libraries, the inner loops of each instruction set, what happens between fork and exec.
    .systemLibrary(
      name: "CFFmpeg", pkgConfig: "libavformat libavcodec libswscale libavutil",
      providers: [
        .apt(["libavcodec-dev", "libavformat-dev", "libswscale-dev", "libavutil-dev"])
      ]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(
      name: "CNcurses", cSettings: [.define("_GNU_SOURCE")] + cWarningsAreErrors,
      linkerSettings: [.linkedLibrary("ncursesw")]),
    .target(
      name: "CKernels", exclude: ["README.md"],
      cSettings: [.define("_GNU_SOURCE"), .headerSearchPath(".")] + cWarningsAreErrors),
    .target(name: "CSandbox", cSettings: [.define("_GNU_SOURCE")] + cWarningsAreErrors),

    // Ground floor: know no model.
    library("Platform"),
    library("Records", ["Platform"]),
    library("ModelFile", ["Platform", "Records"]),
    library("Compute", ["CKernels", "Platform", "ModelFile"]),
    library("Quantization", ["Platform", "Records", "ModelFile", "Compute"]),
    library("Tokenization", ["Platform", "ModelFile"]),
    library("ConstrainedDecoding"),
    library("Images"),
    library("Video", ["CFFmpeg", "Platform", "Records", "Images"]),
    library("ModelHub", ["CCurl", "CFFmpeg", "Platform", "Records"], exclude: ["README.md"]),
    library("BoundedCache", ["Platform", "Records", "Compute"]),

    // Engine room: models that run.
    library("Architectures", ["Platform", "ModelFile", "Compute", "Images", "BoundedCache"]),
    library(
      "Inference",
      [
        "Platform", "Records", "ModelFile", "Compute", "Quantization", "Tokenization", "ConstrainedDecoding", "Images",
        "Video", "BoundedCache", "Architectures",
      ], exclude: ["README.md"]),

    library("Tuning", ["Platform", "Records", "ModelFile", "Compute", "Inference"], exclude: ["README.md"]),

    // What is made of them: conversations about a stream, programs.
    library("CodeTasks", ["Platform", "Records"]),
    library("Sandboxing", ["CSandbox", "Platform", "Records", "CodeTasks"], exclude: ["README.md"]),
    library("SessionInterface", ["Platform", "Images", "BoundedCache", "CodeTasks"]),
    library("Plotting", ["Records", "Images", "SessionInterface"]),
    library(
      "CodeAgent",
      [
        "Platform", "Records", "ModelFile", "BoundedCache", "Architectures", "Inference", "Sandboxing", "CodeTasks",
        "SessionInterface",
      ], exclude: ["README.md"]),
    library(
      "Dialogue",
      [
        "Platform", "Records", "Compute", "Tokenization", "ConstrainedDecoding", "Images", "BoundedCache",
        "Architectures", "Inference", "CodeTasks", "SessionInterface",
      ]),
    library(
      "Watching",
      ["Platform", "Records", "Images", "Video", "BoundedCache", "Inference", "Dialogue", "SessionInterface", log],
      exclude: ["README.md"]),
    library(
      "Assistant",
      [
        "Platform", "Records", "Images", "Video", "BoundedCache", "Inference", "CodeTasks", "SessionInterface",
        "CodeAgent", "Dialogue", log,
      ], exclude: ["README.md"]),

    // Beside the assistant: what measures it.
    library(
      "Evaluation",
      [
        "Platform", "Records", "ModelFile", "Compute", "Quantization", "Tokenization", "Images", "Video",
        "BoundedCache", "Architectures", "Inference", "CodeTasks", "SessionInterface", "CodeAgent", "Dialogue",
        "Watching",
      ], exclude: ["README.md"]),
    library(
      "Benchmarking",
      [
        "Platform", "Records", "ModelFile", "Compute", "Quantization", "Tokenization", "Images", "BoundedCache",
        "Architectures", "Inference", "Tuning", "Dialogue",
      ], exclude: ["README.md"]),

    // In front: the terminal and the command line.
    library(
      "Screen",
      ["CNcurses", "Platform", "Records", "Images", "BoundedCache", "CodeTasks", "SessionInterface", "Plotting"]),
    .executableTarget(
      name: "edgeassist",
      dependencies: [
        "Platform", "Records", "ModelFile", "Compute", "Quantization", "Images", "Video", "ModelHub", "BoundedCache",
        "Inference", "Tuning", "Sandboxing", "CodeTasks", "SessionInterface", "Plotting", "CodeAgent", "Dialogue",
        "Watching", "Assistant", "Evaluation", "Benchmarking", "Screen", argumentParser, log, "TOMLKit",
      ],
      swiftSettings: warningsAreErrors),

    // Work for Tests/Benchmarks/instruction_count.sh to count.
    .executableTarget(
      name: "InstructionCount", dependencies: ["Architectures", "BoundedCache", "Dialogue", "Images", "Inference"],
      path: "Tests/Benchmarks/InstructionCount", swiftSettings: warningsAreErrors),

    // Makes the table of times that TuningTests search.
    .executableTarget(
      name: "ScheduleTimes", dependencies: ["Benchmarking", "Compute", "ModelFile", "Tuning"],
      path: "Tests/Benchmarks/ScheduleTimes", swiftSettings: warningsAreErrors),

    // What CKernelsTests and, under emulation, Tests/KernelChecks/aarch64/check.sh run.
    .target(
      name: "KernelChecks", dependencies: ["CKernels"], path: "Tests/KernelChecks", exclude: ["aarch64"],
      cSettings: [.define("_GNU_SOURCE"), .headerSearchPath("../../Sources/CKernels")] + cWarningsAreErrors),
    tests("CKernelsTests", ["CKernels", "KernelChecks"]),

    // A process for SandboxTests to kill.
    .executableTarget(
      name: "SandboxHolder", dependencies: ["Sandboxing", "CodeTasks"], path: "Tests/SandboxHolder",
      swiftSettings: warningsAreErrors),

    // What several test targets use. No product depends on it.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: warningsAreErrors),
    .target(
      name: "InferenceTestSupport", dependencies: ["Inference"], path: "Tests/InferenceTestSupport",
      swiftSettings: warningsAreErrors),

    tests("RecordsTests", ["Platform", "Records", "TestSupport"]),
    tests("PlatformTests", ["Platform", "TestSupport"]),
    tests("ConstrainedDecodingTests", ["ConstrainedDecoding"]),
    tests("ModelFileTests", ["ModelFile", "Platform", "TestSupport"], resources: [.copy("Goldens")]),
    tests("ComputeTests", ["Compute", "ModelFile", "Platform", "TestSupport"], resources: [.copy("Goldens")]),
    tests(
      "QuantizationTests", ["Quantization", "Compute", "ModelFile", "Platform", "TestSupport"],
      resources: [.copy("Goldens")]),
    tests("TokenizationTests", ["Tokenization", "ModelFile"], resources: [.copy("Goldens")]),
    tests("VideoTests", ["Video", "Images", "TestSupport"], resources: [.copy("Goldens"), .copy("Media")]),
    tests("ModelHubTests", ["ModelHub", "Platform", "TestSupport"]),
    tests("BoundedCacheTests", ["BoundedCache", "Compute", "TestSupport"], resources: [.copy("Goldens")]),
    tests(
      "ArchitecturesTests",
      ["Architectures", "BoundedCache", "Compute", "Images", "ModelFile", "TestSupport", "Tokenization"],
      resources: [.copy("Goldens")]),
    tests("PlottingTests", ["Plotting", "Records", "SessionInterface", "Images"]),
    tests(
      "InferenceTests",
      [
        "Architectures", "BoundedCache", "Compute", "Dialogue", "Images", "Inference", "InferenceTestSupport",
        "ModelFile", "Records", "TestSupport",
      ]),
    tests(
      "TuningTests", ["Tuning", "Compute", "ModelFile", "Inference", "TestSupport"], resources: [.copy("Tables")]),
    tests("CodeTasksTests", ["CodeTasks", "TestSupport"]),
    tests("SessionInterfaceTests", ["Platform", "SessionInterface"]),
    tests(
      "CodeAgentTests",
      [
        "CodeAgent", "CodeTasks", "Inference", "ModelFile", "Platform", "Records", "SessionInterface", "TestSupport",
      ]),
    tests(
      "DialogueTests",
      [
        "Architectures", "Benchmarking", "BoundedCache", "CodeTasks", "Compute", "ConstrainedDecoding", "Dialogue",
        "Images", "Inference", "InferenceTestSupport", "Platform", "Records", "SessionInterface", "TestSupport",
      ],
      resources: [.copy("Goldens")]),
    tests(
      "WatchingTests",
      ["Dialogue", "Images", "Inference", "InferenceTestSupport", "Platform", "TestSupport", "Video", "Watching"]),
    tests(
      "AssistantTests",
      [
        "Assistant", "CodeAgent", "CodeTasks", "Dialogue", "Inference", "InferenceTestSupport", "ModelFile", "Platform",
        "Records", "SessionInterface", "TestSupport", "Video", log,
      ]),
    tests(
      "EvaluationTests",
      [
        "Architectures", "BoundedCache", "Compute", "Evaluation", "Images", "Inference", "ModelFile", "Platform",
        "Quantization", "Records", "TestSupport", "Watching",
      ]),
    tests(
      "BenchmarkingTests",
      ["Benchmarking", "Inference", "Architectures", "BoundedCache", "Images", "Platform", "TestSupport"]),
    tests("SandboxTests", ["Sandboxing", "CodeTasks", "SandboxHolder", "TestSupport"]),
    tests(
      "ScreenTests",
      [
        "Screen", "BoundedCache", "CodeTasks", "SessionInterface", "Platform", "Plotting", "Images", "TestSupport",
      ]),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "Platform", "Records", "ModelFile", "Compute", "Tokenization", "Images", "Video", "BoundedCache",
        "Architectures", "Inference", "CodeTasks", "Dialogue", "TestSupport",
      ],
      exclude: ["Media", "under-address-sanitizer.sh"], swiftSettings: warningsAreErrors),
    tests("RepositoryTests", ["TestSupport"]),
    tests("CommandLineTests", ["edgeassist", "ModelFile", "ModelHub", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
