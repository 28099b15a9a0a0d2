// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Compute

/// How keys and values are stored.
struct CacheTypeOptions: ParsableArguments {
  @Option(
    name: .customLong("kv-type"),
    help: ArgumentHelp(
      "Number format of keys and values: q8_0 takes half the memory of f16, q4 a quarter. amxfp4 takes as much as q4, "
        + "and its scales belong to 32 values of one token. (default: f16)", valueName: "type"))
  var chosen: KeyValueType?

  var type: KeyValueType { chosen ?? .f16 }
}

extension KeyValueType: ExpressibleByArgument {}
