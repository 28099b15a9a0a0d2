# SPDX-License-Identifier: Apache-2.0

"""Fits the tables of `--nonlinear lut16`, and writes Sources/CKernels/nonlinear/lut16_tables.c.

Reference: torch 2.13.
Run:       python fit_nonlinear_tables.py > ../../Sources/CKernels/nonlinear/lut16_tables.c

Method: NN-LUT (arXiv 2112.02191). A network with one hidden layer of ReLUs approximates a function of one variable.
Between the points where a ReLU begins, the network is a straight line, so it is the same as a table of lines. The
table has 16 lines for the 15 hidden units. Unlike in the paper, training starts from knots whose density is that of the
root of the curvature, and the lines at both ends are those that the function approaches.
"""

import math

import torch

UNITS, STEPS, SAMPLES = 15, 3000, 1024
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
torch.set_num_threads(1)

# name: function, range, and the lines (slope, intercept) it approaches at both ends, or None.
FUNCTIONS = {
    "silu": (torch.nn.functional.silu, -9, 9, ((0, 0), (1, 0))),
    "gelu": (torch.nn.functional.gelu, -4, 4, ((0, 0), (1, 0))),
    "gelu_tanh": (lambda x: torch.nn.functional.gelu(x, approximate="tanh"), -4, 4, ((0, 0), (1, 0))),
    "quick_gelu": (lambda x: x * torch.sigmoid(1.702 * x), -5.5, 5.5, ((0, 0), (1, 0))),
    "sigmoid": (torch.sigmoid, -9, 9, ((0, 0), (0, 1))),
    "exp2": (torch.exp2, 0, 1, None),
    "reciprocal": (torch.reciprocal, 1, 2, None),
    "rsqrt": (torch.rsqrt, 1, 4, None),
}


def knots_by_curvature(function, low, high, count):
    """Knots between which a straight line has the same error everywhere."""
    x = torch.linspace(low, high, 4001, requires_grad=True)
    slope = torch.autograd.grad(function(x).sum(), x, create_graph=True)[0]
    curvature = torch.autograd.grad(slope.sum(), x)[0].abs()
    share = torch.cumsum(curvature.sqrt() + 1e-9, 0)
    wanted = torch.arange(1, count + 1) / (count + 1) * share[-1]
    return x.detach()[torch.searchsorted(share, wanted)]


class Network(torch.nn.Module):
    """y = c0 + c1 x + sum over i of m_i ReLU(n_i x + b_i), with positive n_i; where lines at both ends are given, c0
    and c1 are the first one's, and the last two m follow from the second."""

    def __init__(self, function, low, high, ends):
        super().__init__()
        knots = knots_by_curvature(function, low, high, UNITS)
        edges = torch.cat([torch.tensor([low], dtype=torch.float64), knots, torch.tensor([high], dtype=torch.float64)])
        values = function(edges)
        slopes = (values[1:] - values[:-1]) / (edges[1:] - edges[:-1])
        self.ends = ends
        self.n = torch.nn.Parameter(torch.zeros(UNITS))
        self.b = torch.nn.Parameter(-knots)
        free = UNITS - 2 if ends else UNITS
        self.m = torch.nn.Parameter((slopes[1:] - slopes[:-1])[:free])
        first = ends[0] if ends else (float(slopes[0]), float(values[0] - slopes[0] * low))
        self.c = torch.nn.Parameter(torch.tensor([first[1], first[0]]), requires_grad=ends is None)

    def weights(self):
        n, m = self.n.exp(), self.m
        if self.ends:
            (slope, intercept), (last_slope, last_intercept) = self.ends
            # After the last knot: c1 + sum(m n) = last_slope, c0 + sum(m b) = last_intercept.
            first = last_slope - slope - (m * n[:-2]).sum()
            second = last_intercept - intercept - (m * self.b[:-2]).sum()
            determinant = n[-2] * self.b[-1] - n[-1] * self.b[-2]
            m = torch.cat([m, torch.stack([(first * self.b[-1] - second * n[-1]) / determinant,
                                           (second * n[-2] - first * self.b[-2]) / determinant])])
        return n, self.b, m

    def forward(self, x):
        n, b, m = self.weights()
        return self.c[0] + self.c[1] * x + torch.relu(x[:, None] * n + b) @ m


def fold(network):
    """The bounds, slopes and intercepts of the lines that the network is made of."""
    with torch.no_grad():
        n, b, m = network.weights()
        bounds, order = (-b / n).sort()
        rise, offset = (m * n)[order].cumsum(0), (m * b)[order].cumsum(0)
        zero = torch.zeros(1)
        slopes, intercepts = network.c[1] + torch.cat([zero, rise]), network.c[0] + torch.cat([zero, offset])
        if network.ends:
            # Rounding leaves 1e-17 there, which is not nothing at a large x.
            (slopes[0], intercepts[0]), (slopes[-1], intercepts[-1]) = network.ends
        return bounds, slopes, intercepts


def table_at(x, bounds, slopes, intercepts):
    index = torch.searchsorted(bounds, x, right=True)
    return slopes[index] * x + intercepts[index]


def fit(function, low, high, ends):
    network = Network(function, low, high, ends)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    margin = (high - low) / 8 if ends else 0
    grid = torch.linspace(low - margin, high + margin, 100001)
    truth, best = function(grid), None
    for step in range(STEPS):
        x = low - margin + torch.rand(SAMPLES) * (high - low + 2 * margin)
        loss = (network(x) - function(x)).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 250 == 249:
            table = fold(network)
            errors = (table_at(grid, *table) - truth).abs()
            assert (table_at(grid, *table) - network(grid)).abs().max() < 1e-6, "the table is not the network"
            score = float(errors.mean() + errors.max() / 8)
            if best is None or score < best[0]:
                best = (score, table, float(errors.mean()), float(errors.max()))
    return best[1:]


def row(values):
    numbers = [f"{float(value):.9g}" for value in values]
    numbers = [(number if "." in number or "e" in number else number + ".0") + "f" for number in numbers]
    lines, line = [], "       "
    for number in numbers:
        if len(line) + len(number) + 2 > 118:
            lines.append(line)
            line = "       "
        line += f" {number},"
    return "\n".join(lines + [line])


def main():
    print("// SPDX-License-Identifier: Apache-2.0\n")
    print("// Written by Tests/KernelChecks/fit_nonlinear_tables.py. Errors are those on 100,001 points of the range.")
    print('#include "nonlinear_tables.h"\n')
    print("// clang-format off")
    print("const ck_nonlinear_tables ck_lut16 = {")
    for name, (function, low, high, ends) in FUNCTIONS.items():
        (bounds, slopes, intercepts), mean, largest = fit(function, low, high, ends)
        print(f"    // {low} to {high}: mean error {mean:.1e}, largest {largest:.1e}")
        print(f"    .{name} = {{\n      {{\n{row(bounds)}\n      }},\n      {{\n{row(slopes)}\n      }},")
        print(f"      {{\n{row(intercepts)}\n      }},\n    }},")
    print("};")


main()
