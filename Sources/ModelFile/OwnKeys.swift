// SPDX-License-Identifier: Apache-2.0

/// Keys that `edgeassist quantize` writes and this program reads; other programs ignore them.
extension GGUFMetadata {
  /// The method by which the channels between the matrices were scaled. LoRA adapters of the original do not fit.
  public static let channelScalingKey = "edgeassist.channel_scaling"
  /// Key-value heads of each layer that the file has weights of, a number for each layer, where some were left out.
  public static let keptHeadsKey = "edgeassist.attention.kept_heads"
  /// The largest magnitude of each layer's output in a calibration, a float for each layer.
  public static let layerMaximaKey = "edgeassist.calibration.layer_maxima"
}
