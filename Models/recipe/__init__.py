# SPDX-License-Identifier: Apache-2.0

"""Recipe of the tiny doorstep model (a small world, a tokenizer, a training run) and, in `coder`, of the coder."""
