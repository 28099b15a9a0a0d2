// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

@Suite("A head budget profile as a file")
struct HeadBudgetProfileFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("is read as it was written")
  func roundTrip() throws {
    let profile = try HeadBudgetTests.profile([[1, 9], [0, 2], [4, 4]])
    let path = folder.path("profile.json")
    try profile.write(to: path)
    let back = try HeadBudgetProfile(path: path)
    #expect(back.model == profile.model)
    #expect(back.origin == profile.origin)
    #expect(zip(back.ratios.joined(), profile.ratios.joined()).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test("replaces a profile of another version, which cannot be read")
  func replacesOtherVersion() throws {
    let path = try folder.write("{\n  \"format\" : \"edgeassist head budgets 1\"\n}\n", to: "profile.json")
    #expect(throws: HeadBudgetProfileError.self) { _ = try HeadBudgetProfile(path: path) }
    try HeadBudgetTests.profile([[1, 9], [0, 2], [4, 4]]).write(to: path)
    #expect(throws: Never.self) { _ = try HeadBudgetProfile(path: path) }
  }

  @Test("is refused by name when it is damaged")
  func refusesDamage() throws {
    let profile = try HeadBudgetTests.profile([[1, 9], [0, 2], [4, 4]])
    let whole = folder.path("profile.json")
    try profile.write(to: whole)
    let text = try String(contentsOfFile: whole, encoding: .utf8)
    for length in stride(from: 0, to: text.count - 2, by: 37) {
      let path = try folder.write(String(text.prefix(length)), to: "damaged.json")
      #expect(throws: HeadBudgetProfileError.self) { _ = try HeadBudgetProfile(path: path) }
    }
    let foreign = try folder.write("{\"format\": \"something else\", \"profile\": 3}", to: "foreign.json")
    #expect(throws: HeadBudgetProfileError.self) { _ = try HeadBudgetProfile(path: foreign) }
    #expect(throws: HeadBudgetProfileError.self) { _ = try HeadBudgetProfile(path: "/nonexistent/profile.json") }
  }

  @Test("invalid values are refused with their table, layer and head")
  func refusesInvalidValues() throws {
    #expect(throws: HeadBudgetProfileError.invalidValue(table: "ratios", at: HeadIndex(layer: 1, head: 0), value: -1)) {
      _ = try HeadBudgetTests.profile([[1, 9], [-1, 2], [4, 4]])
    }
    #expect(throws: HeadBudgetProfileError.self) { _ = try HeadBudgetTests.profile([[1, 9], [.nan, 2], [4, 4]]) }
    #expect(throws: HeadBudgetProfileError.self) {
      _ = try HeadBudgetTests.profile([[1, 9], [.infinity, 2], [4, 4]])
    }
    #expect(throws: HeadBudgetProfileError.wrongShape(table: "ratios", layers: 3, heads: 2)) {
      _ = try HeadBudgetTests.profile([[1, 9], [1, 2]])
    }
    #expect(throws: HeadBudgetProfileError.nothingDemanded) {
      _ = try HeadBudgetTests.profile([[0, 0], [0, 0], [0, 0]])
    }
  }

  @Test("belongs to the model it was measured on")
  func belongsToItsModel() throws {
    let profile = try HeadBudgetTests.profile([[1, 9], [0, 2], [4, 4]])
    try profile.check(ModelFingerprint(name: "renamed", shape: HeadBudgetTests.shape, digest: "0123"))
    #expect(throws: HeadBudgetProfileError.self) {
      try profile.check(ModelFingerprint(name: "test", shape: HeadBudgetTests.shape, digest: "4567"))
    }
  }
}
