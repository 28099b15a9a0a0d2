// SPDX-License-Identifier: Apache-2.0

/// Why a model could not be got from the hub or from the cache: a reason for programs, and one line for people that
/// says what to do.
public struct HubError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Tells errors apart.
  public enum Reason: Sendable, Equatable {
    /// The text names no repository.
    case badReference
    /// A variable such as `HF_ENDPOINT` holds something else than it should.
    case badSetting
    /// The hub may not be asked, and the cache does not have the model.
    case offline
    /// No connection to the hub.
    case unreachable
    /// There is no such repository or file, or it is private.
    case notFound
    /// The repository wants its terms accepted first, or the token was refused.
    case gated
    /// The repository has no GGUF file of a model.
    case noModel
    /// No file has the quantization.
    case unknownQuantization
    /// The hub's list of files cannot be read.
    case malformedListing
    /// A file's name would lead out of the cache.
    case unsafeName
    /// A redirect that is not followed.
    case badRedirect
    /// An answer that no request of ours asks for.
    case badAnswer
    /// The connection broke too many times.
    case cut
    /// The file is not the one that the list names.
    case changed
    /// The server sent more than the file has.
    case oversized
    /// All bytes came, and they are not the file's.
    case wrongChecksum
    /// The cache cannot be written.
    case disk
    /// Another program downloads the same file.
    case inUse
    /// The cache has no such model.
    case notInCache
    /// The user stopped the work.
    case stopped
  }

  /// The kind of error, for programs to compare.
  public let reason: Reason
  /// One line for a person, without the program's name.
  public let message: String

  /// Memberwise.
  public init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  public var description: String { message }

  static let stopped = HubError(.stopped, "interrupted; what has been downloaded is kept, and the same command goes on")
}
