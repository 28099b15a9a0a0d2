// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite("The folder of reference files")
struct ReferenceFolderTests {
  @Test(
    "holds files where the variable names one",
    .enabled(if: ReferenceFiles.isFolderNamed, "\(ReferenceFiles.variable) is not set"))
  func isThere() {
    #expect(!ReferenceFiles(ending: ".gguf", script: "").names.isEmpty)
  }
}
