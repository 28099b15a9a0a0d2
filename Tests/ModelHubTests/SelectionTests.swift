// SPDX-License-Identifier: Apache-2.0

import ModelHub
import Testing

@Suite("Choosing among a repository's files")
struct SelectionTests {
  private func selection(
    _ names: [String], _ quantization: String? = nil, mmprojType: String? = nil
  ) throws -> ModelSelection {
    try ModelSelection(
      files: names.map { RemoteFile(path: $0, byteCount: 1) }, repository: "o/n", quantization: quantization,
      mmprojType: mmprojType)
  }

  private func paths(_ selection: ModelSelection) -> [String] { selection.files.map(\.path) }

  @Test(
    "A name tells its quantization",
    arguments: [
      ("SmolVLM2-500M-Video-Instruct-Q8_0.gguf", "Q8_0"), ("Qwen3-VL-2B-Instruct-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"),
      ("mmproj-Qwen2-VL-2B-Instruct-f16.gguf", "F16"), ("model.Q4_K_M-00001-of-00003.gguf", "Q4_K_M"),
      ("model_iq4_xs.gguf", "IQ4_XS"), ("BF16/model-BF16.gguf", "BF16"), ("model-fp16.gguf", "F16"),
      ("gpt-oss-20b-MXFP4.gguf", "MXFP4"), ("model-Q5_K.gguf", "Q5_K"), ("model.gguf", nil),
      ("model-Q4_0_4_4.gguf", nil), ("seq2seq8_0.gguf", nil),
    ])
  func quantization(name: String, expected: String?) {
    #expect(QuantizationName.find(in: name) == expected)
  }

  @Test("Without a wish it is Q4_K_M, else Q4_0, else Q8_0, else the first")
  func standard() throws {
    let all = ["m-Q2_K.gguf", "m-Q4_0.gguf", "m-Q4_K_M.gguf", "m-Q8_0.gguf", "m-F16.gguf"]
    #expect(try paths(selection(all)) == ["m-Q4_K_M.gguf"])
    #expect(try paths(selection(["m-Q2_K.gguf", "m-Q4_0.gguf", "m-Q8_0.gguf"])) == ["m-Q4_0.gguf"])
    #expect(try paths(selection(["m-Q2_K.gguf", "m-Q8_0.gguf"])) == ["m-Q8_0.gguf"])
    #expect(try paths(selection(["m-Q6_K.gguf", "m-Q2_K.gguf"])) == ["m-Q2_K.gguf"])
    #expect(try paths(selection(["m-UD-Q4_K_M.gguf", "m-Q8_0.gguf"])) == ["m-UD-Q4_K_M.gguf"])
    #expect(try paths(selection(["README.md", "whole.GGUF"])) == ["whole.GGUF"])
  }

  @Test(
    "A wish is met in any case, with UD- before it or not, and is never half a name",
    arguments: [
      ("q4_k_m", "m-Q4_K_M.gguf"), ("Q4_K_XL", "m-UD-Q4_K_XL.gguf"), ("ud-q4_k_xl", "m-UD-Q4_K_XL.gguf"),
      ("f16", "m-F16.gguf"), ("Q4_K", nil), ("Q4", nil), ("K_M", nil), ("m", "m-F16.gguf"), ("Q9_0", nil),
    ])
  func wish(wanted: String, expected: String?) throws {
    let names = ["m-Q4_K_M.gguf", "m-UD-Q4_K_XL.gguf", "m-F16.gguf"]
    guard let expected else {
      let error = #expect(throws: HubError.self) { try selection(names, wanted) }
      #expect(error?.reason == .unknownQuantization)
      #expect(error?.message.contains("F16, Q4_K_M, UD-Q4_K_XL") == true, "\(error?.message ?? "")")
      return
    }
    #expect(try paths(selection(names, wanted)) == [expected])
  }

  @Test("A split model has all its parts, in order")
  func parts() throws {
    let names = ["Q8_0/m-Q8_0-00002-of-00002.gguf", "m-Q4_0.gguf", "Q8_0/m-Q8_0-00001-of-00002.gguf"]
    #expect(
      try paths(selection(names, "Q8_0")) == ["Q8_0/m-Q8_0-00001-of-00002.gguf", "Q8_0/m-Q8_0-00002-of-00002.gguf"])
    let error = #expect(throws: HubError.self) { try selection(Array(names.prefix(2)), "Q8_0") }
    #expect(error?.message.contains("of the 2 parts of Q8_0/m-Q8_0 it has 1") == true)
  }

  @Test("The vision tower is the one in Q8_0, else F16, else BF16, else F32, unless one is asked for")
  func tower() throws {
    let model = "m-Q4_K_M.gguf"
    let towers = ["mmproj-m-BF16.gguf", "mmproj-m-F32.gguf", "mmproj-m-f16.gguf", "mmproj-m-Q8_0.gguf"]
    #expect(try selection([model] + towers).mmproj?.path == "mmproj-m-Q8_0.gguf")
    #expect(try selection([model] + towers.dropLast()).mmproj?.path == "mmproj-m-f16.gguf")
    #expect(try selection([model] + towers.prefix(2)).mmproj?.path == "mmproj-m-BF16.gguf")
    #expect(try selection([model] + towers, mmprojType: "F16").mmproj?.path == "mmproj-m-f16.gguf")
    #expect(try selection([model]).mmproj == nil)
    for (files, type) in [([model], "F16"), ([model] + towers, "Q2_K")] {
      let error = #expect(throws: HubError.self) { try selection(files, mmprojType: type) }
      #expect(error?.reason == .unknownQuantization && error?.message.contains("mmproj") == true)
    }
  }

  @Test("Of several vision towers it is the one of the model's folder and name")
  func towerOfTheModel() throws {
    let names = ["a-2B-Q8_0.gguf", "a-7B-Q4_0.gguf", "mmproj-a-2B-F16.gguf", "mmproj-a-7B-F16.gguf"]
    #expect(try paths(selection(names, "7B-Q4_0")) == ["a-7B-Q4_0.gguf", "mmproj-a-7B-F16.gguf"])
    #expect(try paths(selection(names, "q8_0")) == ["a-2B-Q8_0.gguf", "mmproj-a-2B-F16.gguf"])
    let folders = ["x/m-Q8_0.gguf", "x/mmproj-F16.gguf", "mmproj-F16.gguf"]
    #expect(try paths(selection(folders)) == ["x/m-Q8_0.gguf", "x/mmproj-F16.gguf"])
    #expect(try selection(["m-Q8_0.gguf", "mmproj-model-f16.gguf"]).mmproj?.path == "mmproj-model-f16.gguf")
  }

  @Test("A repository without a model says what it has")
  func noModel() {
    let error = #expect(throws: HubError.self) {
      try selection(["a.safetensors", "b.safetensors", "config.json", "LICENSE", "imatrix.gguf"])
    }
    #expect(error?.reason == .noModel)
    #expect(error?.message.contains("2 .safetensors, 1 .gguf, 1 .json, 1 without an ending") == true)
    let towers = #expect(throws: HubError.self) { try selection(["mmproj-F16.gguf"]) }
    #expect(towers?.message.contains("vision towers (mmproj) only") == true)
    #expect(throws: HubError.self) { try selection([]) }
  }
}
