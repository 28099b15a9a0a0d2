# SPDX-License-Identifier: Apache-2.0

"""The embedded coder: a small base for programming tasks and four adapters, one a role."""
