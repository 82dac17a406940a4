#!/usr/bin/env python3
# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The products of bench_kernel's linear/... in float through NumPy on one thread: billions of operations a second of
processor time, best of 15."""
import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")

import numpy

from blas_library import blas_library

SHAPES = ((500, 256, 768), (500, 256, 256), (4000, 256, 768), (2048, 768, 64), (32768, 48, 64), (500, 251, 131),
          (62, 256, 10))


def rate(operations, product):
    times = max(1, int(2e8 / operations))
    best = 1e9
    for _ in range(15):
        begin = time.process_time()
        for _ in range(times):
            product()
        best = min(best, (time.process_time() - begin) / times)
    return operations / best / 1e9


print(f"NumPy {numpy.__version__}, {blas_library()}\n{'rows x in x out':24}{'y':>8}{'dx':>8}{'dw':>8}")
for rows, inputs, outputs in SHAPES:
    draw = numpy.random.default_rng(1).standard_normal
    x, y, w = (draw(shape, dtype=numpy.float32) for shape in ((rows, inputs), (rows, outputs), (outputs, inputs)))
    products = (lambda: x @ w.T, lambda: y @ w, lambda: y.T @ x)
    print(f"{f'{rows} x {inputs} x {outputs}':24}" +
          "".join(f"{rate(2 * rows * inputs * outputs, product):8.1f}" for product in products))
