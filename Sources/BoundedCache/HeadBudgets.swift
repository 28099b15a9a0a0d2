public struct HeadBudgets: Sendable { let groups: [[HeadIndex]]; func tokens(forUniform n: Int) -> [Int] { [] } }
