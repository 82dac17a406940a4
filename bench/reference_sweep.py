#!/usr/bin/env python3
# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The documented sweep's estimator in PyTorch, timed by bench/compare_reference on points of the default grid.

reference_sweep.py THREADS: reads lines of items, answers each with the seconds of wall clock and of processor time
that it took and the mean CV. The first line it prints names what it runs on.
"""
import sys
import time

import torch

from blas_library import blas_library

SAMPLES = 300
VERTICES = 5
POOL = 512


def squared_volumes(simplices):
    """Of five points each, by the bordered determinant of their squared distances."""
    products = simplices @ simplices.transpose(1, 2)
    squares = products.diagonal(dim1=1, dim2=2)
    distances = torch.relu(squares[:, :, None] + squares[:, None, :] - 2 * products)
    bordered = torch.zeros(len(simplices), VERTICES + 1, VERTICES + 1)
    bordered[:, 0, 1:] = 1
    bordered[:, 1:, 0] = 1
    bordered[:, 1:, 1:] = distances
    return torch.linalg.det(bordered) / -9216  # (-1)^5 / (2^4 (4!)^2)


def coefficient_of_variation(rows):
    rows = rows[:POOL]
    chosen = torch.stack([torch.randperm(len(rows))[:VERTICES] for _ in range(SAMPLES)])
    squares = squared_volumes(rows[chosen])
    volumes = squares[squares > 1e-20].sqrt()
    return (volumes.std() / (volumes.mean() + 1e-8)).item() if len(volumes) >= 10 else None


torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(42)
print(f"PyTorch {torch.__version__}, {blas_library()}", flush=True)
with torch.no_grad():
    for line in sys.stdin:
        values = []
        begin, processor = time.perf_counter(), time.process_time()
        for item in map(int, line.split()):
            vocab, dim = 8 * (item // 256 + 1), 8 * (item % 256 + 1)
            values.append(coefficient_of_variation(torch.randn(vocab, dim)))
        wall, processor = time.perf_counter() - begin, time.process_time() - processor
        values = [value for value in values if value is not None]
        print(wall, processor, sum(values) / max(1, len(values)), flush=True)
