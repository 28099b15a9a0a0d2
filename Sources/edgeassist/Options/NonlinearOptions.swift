// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Compute

/// How nonlinear functions are computed.
struct NonlinearOptions: ParsableArguments {
  @Option(
    name: .customLong("nonlinear"),
    help: ArgumentHelp(
      "exact: exponentials, reciprocals, roots and activation functions are computed. lut16: they are read from tables "
        + "of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default: exact)",
      valueName: "mode"))
  var chosen: NonlinearMode?

  var mode: NonlinearMode { chosen ?? .exact }
}

extension NonlinearMode: ExpressibleByArgument {}
