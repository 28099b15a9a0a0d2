// SPDX-License-Identifier: Apache-2.0

import Compute

extension LanguageModel {
  /// How products are divided; nil for the standard way. Results are the same.
  public var schedules: ScheduleTable? {
    get { engine.schedules }
    set { engine.schedules = newValue }
  }

  /// Writes down the products that the model computes, if set.
  public var productRecorder: ProductRecorder? {
    get { engine.productRecorder }
    set { engine.productRecorder = newValue }
  }
}

extension VisionTower {
  /// How products are divided; nil for the standard way. Results are the same.
  public var schedules: ScheduleTable? {
    get { engine.schedules }
    set { engine.schedules = newValue }
  }

  /// Writes down the products that the tower computes, if set.
  public var productRecorder: ProductRecorder? {
    get { engine.productRecorder }
    set { engine.productRecorder = newValue }
  }
}
