// SPDX-License-Identifier: Apache-2.0

/// Parts of a benchmark, in the order of measurement. The raw values are the words of the command line and of reports.
public enum BenchmarkPart: String, Sendable, Codable, CaseIterable {
  /// Time to load the model, with its file in the page cache.
  case load
  /// Bandwidth of memory when all threads read.
  case bandwidth
  /// Rate of prefilling prompts.
  case prefill
  /// Rate of decoding tokens.
  case decode
  /// Time of questions that are read in one batch on top of the same cache, and rate of decoding behind all of them.
  case branches
  /// Rate of the vision tower.
  case vision
  /// Rate of the vision tower where only a share of the image is computed.
  case sparseVision = "sparse-vision"
  /// Rate of a stream end to end: vision tower, and prefill into a full KV cache.
  case ingest
  /// Time of one compression of that KV cache.
  case compression
  /// Time from a question to the first token of its answer.
  case firstToken = "first-token"
  /// Time of a frame and memory of the process in some minutes of a long stream.
  case longStream = "long-stream"
  /// Resident memory of the process at the end.
  case memory
}
