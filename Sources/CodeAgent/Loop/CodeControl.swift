import Synchronization

/// By which others stop the work on a task, from any thread.
public final class CodeControl: Sendable {
  private enum Wish: Int {
    case goOn, cancel, accept
  }

  private let wish = Atomic<Int>(Wish.goOn.rawValue)

  public init() {}

  /// Stop; the best program so far is the result.
  public func cancel() { wish.store(Wish.cancel.rawValue, ordering: .relaxed) }
  /// Stop; the program written last is the result.
  public func accept() { wish.store(Wish.accept.rawValue, ordering: .relaxed) }

  public var isCancelled: Bool { wish.load(ordering: .relaxed) == Wish.cancel.rawValue }
  public var isAccepted: Bool { wish.load(ordering: .relaxed) == Wish.accept.rawValue }
  var isStopping: Bool { wish.load(ordering: .relaxed) != Wish.goOn.rawValue }
}
