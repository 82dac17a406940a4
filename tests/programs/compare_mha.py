#!/usr/bin/env python3
# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""Do two sets of attention experiments follow one distribution? The test of docs/mha.md.

    scripts/run mha --seed 1 --seeds 16 --json > ours.json
    tests/programs/compare_mha.py ours.json tests/fixtures/mha_reference.csv

Each file is the JSON document of `scripts/run mha` (or of tests/fixtures/make_mha_reference.py), or a CSV file of the
latter. A cell is a configuration and a column of the summary tables: before training, after it, and the change; or the
accuracy. The independent unit is a seed. Three tests, at the 1 % level each:

* means: Welch's t for every cell, Holm's correction over all cells;
* distributions: Kolmogorov and Smirnov's two-sample statistic for every cell, exact, corrected likewise;
* all cells together: the sum of t² over the cells against its distribution when seeds change sides at random, which
  keeps the dependence between the cells of a seed.

Exit status 0 if no test rejects, 1 if one does.
"""
import csv
import functools
import json
import math
import operator
import random
import statistics
import sys

LEVEL = 0.01
SHUFFLES = 999


def read(path):
    """{configuration: {seed: {column: value or None}}}"""
    with open(path) as file:
        if path.endswith(".json"):
            runs = []
            for run in json.load(file)["runs"]:
                values = {f"{phase}.{key}": value for phase in ("pre", "post") for key, value in run[phase].items()}
                runs.append((run["dim"], run["n_heads"], run["seed"], {"acc": run["acc"], **values}))
        else:
            rows = csv.DictReader(line for line in file if not line.startswith("#"))
            runs = [(int(row.pop("dim")), int(row.pop("n_heads")), int(row.pop("seed")),
                     {key: float(value) if value else None for key, value in row.items()}) for row in rows]
    found = {}
    for dim, heads, seed, values in runs:
        for key in [key[4:] for key in values if key.startswith("pre.")]:
            before, after = values[f"pre.{key}"], values.get(f"post.{key}")
            values[f"change.{key}"] = None if before is None or after is None else after - before
        found.setdefault((dim, heads), {})[seed] = values
    return found


def incomplete_beta(a, b, x):
    """The regularised one, by its continued fraction (Lentz)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 1000):
        for step in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + step * d)
            c = 1 + step / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) / a * fraction


def welch(x, y):
    """Two-sided p value that the means are equal."""
    u, v = statistics.variance(x) / len(x), statistics.variance(y) / len(y)
    difference = statistics.fmean(x) - statistics.fmean(y)
    if u + v == 0:
        return float(difference == 0)
    freedom = (u + v) ** 2 / (u**2 / (len(x) - 1) + v**2 / (len(y) - 1))
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + difference**2 / (u + v)))


@functools.lru_cache(None)
def smirnov_tail(n, m, distance):
    """P(max |i m - j n| >= distance) over the ways to merge n and m values; ties make it too large."""
    ways = [1.0] + [0.0] * m
    for i in range(n + 1):
        for j in range(m + 1):
            if abs(i * m - j * n) >= distance:
                ways[j] = 0.0
            elif i == 0:
                ways[j] = 1.0
            else:  # each path's share of all paths to (i, j), so that nothing overflows
                ways[j] = ways[j] * i / (i + j) + (ways[j - 1] * j / (i + j) if j else 0.0)
    return 1 - ways[m]


def smirnov(x, y):
    x, y = sorted(x), sorted(y)
    i = j = worst = 0
    while i < len(x) and j < len(y):
        at = min(x[i], y[j])
        while i < len(x) and x[i] <= at:
            i += 1
        while j < len(y) and y[j] <= at:
            j += 1
        worst = max(worst, abs(i * len(y) - j * len(x)))
    return smirnov_tail(len(x), len(y), worst) if worst else 1.0


def holm(p):
    """Adjusted p values, in the order of p."""
    adjusted, worst = {}, 0.0
    for rank, key in enumerate(sorted(p, key=p.get)):
        worst = max(worst, min(1.0, (len(p) - rank) * p[key]))
        adjusted[key] = worst
    return adjusted


def together(cells, left, right):
    """P value of the sum of t² over the cells; each cell is the values of the left, then of the right seeds."""
    count, half = left + right, left
    sums = [(sum(x), sum(v * v for v in x)) for x in cells]

    def statistic(pick):
        total = 0.0
        for x, (whole, whole_squares) in zip(cells, sums):
            part = sum(pick(x))
            rest = whole - part
            within = whole_squares - part * part / half - rest * rest / (count - half)
            if within > 1e-12 * whole_squares:
                total += (part / half - rest / (count - half)) ** 2 / within
        return total

    found = statistic(operator.itemgetter(*range(half)))
    shuffle = random.Random(1)
    places = list(range(count))
    larger = 0
    for _ in range(SHUFFLES):
        shuffle.shuffle(places)
        larger += statistic(operator.itemgetter(*places[:half])) >= found
    return (larger + 1) / (SHUFFLES + 1)


def compare(ours, reference):
    """The verdict: p values of the three tests, and the cells behind them. Configurations of `ours` are compared."""
    means, shapes, everything = {}, {}, []
    for configuration, runs in ours.items():
        if configuration not in reference:
            continue
        others = reference[configuration]
        for column in next(iter(others.values())):
            x = [values[column] for values in runs.values() if values[column] is not None]
            y = [values[column] for values in others.values() if values[column] is not None]
            cell = (*configuration, column)
            if len(x) < 2 or len(y) < 2:
                means[cell] = shapes[cell] = float(len(x) < 2 and len(y) < 2)
                continue
            means[cell], shapes[cell] = welch(x, y), smirnov(x, y)
    sides = [sorted(set.intersection(*(set(runs) for key, runs in side.items() if key in ours and key in reference)))
             for side in (ours, reference)]
    for dim, heads, column in means:
        x = [side[dim, heads][seed][column] for side, seeds in zip((ours, reference), sides) for seed in seeds]
        if None not in x:
            everything.append(x)
    return {"cells": len(means), "seeds": [len(seeds) for seeds in sides], "means": means, "shapes": shapes,
            "means_p": min(holm(means).values()), "shapes_p": min(holm(shapes).values()),
            "together_p": together(everything, *map(len, sides))}


def rejects(found):
    return min(found["means_p"], found["shapes_p"], found["together_p"]) < LEVEL


def report(found, ours, reference):
    lines = [f"{found['cells']} cells, {found['seeds'][0]} seeds against {found['seeds'][1]}"]
    for name, cells, p in (("means, Welch's t", found["means"], found["means_p"]),
                           ("distributions, Kolmogorov-Smirnov", found["shapes"], found["shapes_p"])):
        below = sum(value < 0.05 for value in cells.values())
        lines.append(f"{name}: {below} of {len(cells)} cells below 0.05 by themselves; smallest after Holm {p:.3g}")
    lines.append(f"all cells together: p = {found['together_p']:.3g} ({SHUFFLES} shuffles of the seeds)")
    lines.append("the five cells that differ most:")
    for cell in sorted(found["means"], key=found["means"].get)[:5]:
        sides = []
        for side in (ours, reference):
            values = [run[cell[2]] for run in side[cell[:2]].values() if run[cell[2]] is not None]
            sides.append(f"{statistics.fmean(values):.4f} +- {statistics.stdev(values):.4f}" if len(values) > 1 else "-")
        lines.append(f"  D {cell[0]}, {cell[1]} heads, {cell[2]}: {sides[0]} against {sides[1]}, "
                     f"p = {found['means'][cell]:.3g}")
    return "\n".join(lines)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    ours, reference = map(read, sys.argv[1:])
    if not set(ours) & set(reference):
        sys.exit("compare_mha.py: the files have no configuration in common")
    found = compare(ours, reference)
    print(report(found, ours, reference))
    print("one distribution is rejected" if rejects(found) else "no difference found")
    sys.exit(int(rejects(found)))


if __name__ == "__main__":
    main()
