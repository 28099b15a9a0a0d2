// SPDX-License-Identifier: Apache-2.0

import Images
import Inference

extension LoadedModel {
  /// The frame size of a plan, with sides that the vision tower takes, in pixels. A tower that reads one size alone has
  /// that, whatever the plan says.
  func frameSize(_ plan: BenchmarkPlan) -> ImageSize {
    if let side = vision?.configuration.fixedImageSide { return ImageSize(width: side, height: side) }
    let multiple = vision?.configuration.sideMultiple ?? 28
    func suitable(_ side: Int) -> Int { max(side / multiple, 1) * multiple }
    if let size = plan.imageSize {
      return ImageSize(width: suitable(size.width), height: suitable(size.height))
    }
    let side = suitable(squareFrameSide)
    return ImageSize(width: side, height: side)
  }
}
