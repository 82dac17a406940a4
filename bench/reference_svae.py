#!/usr/bin/env python3
# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""Training steps of the sphere-normed patch autoencoder in PyTorch, timed by bench/compare_svae.

reference_svae.py eager|compiled THREADS: reads lines of a band and a number of steps and answers each with the seconds of
wall clock and of processor time that they took and the last loss. Compiled: by torch.compile (PyTorch from 2.2 on).
The first line it prints names what it runs on.
"""
import os
import sys
import time

import torch

from blas_library import blas_library

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "fixtures"))
from svae_model import Autoencoder

BANDS = {"LOW": (64, 16, 64, 16, 64, 1, 1), "MID": (64, 16, 64, 8, 64, 1, 1), "HIGH": (64, 4, 32, 4, 64, 1, 1)}


def main():
    form, threads = sys.argv[1:]
    if form == "compiled" and not hasattr(torch.nn.Module, "compile"):
        sys.exit(f"reference_svae.py: PyTorch {torch.__version__} compiles no models; please use 2.2 or later")
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    print(f"PyTorch {torch.__version__}, {blas_library()}", flush=True)
    images = torch.randn(128, 3, 64, 64)
    models = {band: Autoencoder(*sizes) for band, sizes in BANDS.items()}
    if form == "compiled":
        for model in models.values():
            model.compile()
    optimisers = {band: torch.optim.Adam(model.parameters(), lr=1e-4) for band, model in models.items()}
    for line in sys.stdin:
        band, steps = line.split()
        model, optimiser = models[band], optimisers[band]
        begin, processor = time.perf_counter(), time.process_time()
        for _ in range(int(steps)):
            optimiser.zero_grad()
            loss = torch.nn.functional.mse_loss(model(images), images)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.cross_attention.parameters(), 0.5)
            optimiser.step()
        print(time.perf_counter() - begin, time.process_time() - processor, loss.item(), flush=True)


main()
