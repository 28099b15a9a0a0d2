// SPDX-License-Identifier: Apache-2.0

/// Follows a grammar byte by byte: which bytes may come next, and whether a text may end here.
///
/// It is a pushdown automaton that follows all possibilities at once. A possibility is a stack of places in the grammar
/// at which to go on, the top one before a byte. Stacks share their lower parts, and equal ones are stored once. A set
/// of stacks is a state, and states and the steps between them are kept, because a text comes by the same ones over and
/// over: within a string there is but one.
public struct GrammarMatcher: Sendable {
  /// A set of stacks; 0 is the empty one, in which no text goes on.
  public typealias State = Int32

  private struct Node: Sendable, Hashable {
    var place: Int32
    /// The stack below; -1 for none.
    var below: Int32
  }

  private let grammar: Grammar
  private var nodes: [Node] = []
  private var nodeNumbers: [Node: Int32] = [:]
  private var states: [[Int32]] = [[]]
  private var stateNumbers: [[Int32]: State] = [[]: 0]
  /// Steps of the first states, 256 for each; -1 where not known.
  private var steps: [State] = []
  private var visited = Set<Node>()
  private var pending: [Node] = []
  private var found: [Int32] = []
  private var isBeyondLimits = false

  /// The stack of a text that is complete.
  private static let complete = Node(place: -1, below: -1)
  /// States whose steps are kept, a KiB for each.
  private static let mostKeptStates = 4096
  /// Beyond as many stacks in a state the text has no next byte: the grammar has too many readings of it.
  private static let mostStacks = 4096
  /// Places that are looked at for one state, at most, for the same reason.
  private static let mostPlaces = 50_000
  /// Beyond as many states those that are no longer needed are dropped.
  private static let mostStates = 20_000

  /// The state of the empty text.
  public private(set) var start: State = 0

  /// - Parameter grammar: what texts may be.
  public init(_ grammar: Grammar) {
    self.grammar = grammar
    steps = Array(repeating: 0, count: 256)
    begin(grammar.rules[0], below: number(of: Self.complete))
    start = takeState()
  }

  /// Whether a text may be over in a state.
  public func isComplete(_ state: State) -> Bool {
    states[Int(state)].contains { nodes[Int($0)] == Self.complete }
  }

  /// Whether a text can go on in a state.
  public func canGoOn(_ state: State) -> Bool {
    states[Int(state)].contains { nodes[Int($0)] != Self.complete }
  }

  /// The state after another byte; 0 where none may come.
  public mutating func step(_ state: State, _ byte: UInt8) -> State {
    let index = Int(state) * 256 + Int(byte)
    let isKept = index < steps.count
    if isKept, steps[index] >= 0 { return steps[index] }
    for node in states[Int(state)] {
      let (place, below) = (nodes[Int(node)].place, nodes[Int(node)].below)
      guard place >= 0, case .bytes(let set) = grammar.symbols[Int(place)], set.contains(byte) else { continue }
      pending.append(Node(place: place + 1, below: below))
    }
    expand()
    let next = takeState()
    if isKept { steps[index] = next }
    return next
  }

  /// The state after more bytes.
  public mutating func step(_ state: State, _ bytes: some Sequence<UInt8>) -> State {
    var state = state
    for byte in bytes {
      state = step(state, byte)
      if state == 0 { break }
    }
    return state
  }

  /// Drops states that are not needed any more, where there are many. Numbers of states change.
  ///
  /// - Parameter state: the one that is needed.
  /// - Returns: its new number; nil where nothing has changed.
  public mutating func compact(keeping state: State) -> State? {
    guard states.count > Self.mostStates else { return nil }
    let (oldNodes, stacks) = (nodes, states[Int(state)])
    self = GrammarMatcher(grammar)
    var moved: [Int32: Int32] = [-1: -1]
    for stack in stacks {
      var path: [Int32] = []
      var node = stack
      while moved[node] == nil {
        path.append(node)
        node = oldNodes[Int(node)].below
      }
      for node in path.reversed() {
        let old = oldNodes[Int(node)]
        moved[node] = number(of: Node(place: old.place, below: moved[old.below] ?? -1))
      }
    }
    found = stacks.compactMap { moved[$0] }
    return takeState()
  }

  // MARK: Stacks

  private mutating func number(of node: Node) -> Int32 {
    if let number = nodeNumbers[node] { return number }
    let number = Int32(nodes.count)
    nodes.append(node)
    nodeNumbers[node] = number
    return number
  }

  private mutating func begin(_ alternatives: [Int], below: Int32) {
    for place in alternatives { pending.append(Node(place: Int32(place), below: below)) }
    expand()
  }

  /// Follows the places in `pending` until each stands before a byte, which go to `found`.
  private mutating func expand() {
    visited.removeAll(keepingCapacity: true)
    while let node = pending.popLast() {
      guard visited.insert(node).inserted else { continue }
      guard found.count <= Self.mostStacks, visited.count <= Self.mostPlaces else {
        isBeyondLimits = true
        break
      }
      guard node != Self.complete else {
        found.append(number(of: node))
        continue
      }
      switch grammar.symbols[Int(node.place)] {
      case .bytes: found.append(number(of: node))
      case .end: if node.below >= 0 { pending.append(nodes[Int(node.below)]) }
      case .rule(let rule):
        // A rule that stands last returns to where its sequence would.
        let isLast = grammar.symbols[Int(node.place) + 1] == .end
        let below = isLast ? node.below : number(of: Node(place: node.place + 1, below: node.below))
        for place in grammar.rules[rule] { pending.append(Node(place: Int32(place), below: below)) }
      }
    }
    pending.removeAll(keepingCapacity: true)
  }

  private mutating func takeState() -> State {
    defer {
      found.removeAll(keepingCapacity: true)
      isBeyondLimits = false
    }
    guard !isBeyondLimits else { return 0 }
    found.sort()
    if let number = stateNumbers[found] { return number }
    let number = State(states.count)
    states.append(found)
    stateNumbers[found] = number
    if states.count <= Self.mostKeptStates { steps += repeatElement(-1, count: 256) }
    return number
  }
}
