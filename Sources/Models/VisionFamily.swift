/// The vision towers that are known, by the models they belong to.
public enum VisionFamily: String, Sendable, CaseIterable {
  case qwen2VL
  case qwen25VL
  case qwen3VL
  case llavaOneVision
}
