#!/usr/bin/env python3
# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""One training epoch of the documented attention classifier in PyTorch, timed by bench/compare_mha.

reference_mha.py THREADS: reads lines of a number of epochs and answers each with the seconds of wall clock and of
processor time that they took and the last loss. The first line it prints names what it runs on.
"""
import sys
import time

import torch
from torch import nn

from blas_library import blas_library

VOCABULARY, FEATURES, HEADS, TOKENS, CLASSES, SAMPLES = 256, 256, 8, 8, 10, 500


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(VOCABULARY, FEATURES)
        self.pos = nn.Parameter(0.02 * torch.randn(1, TOKENS, FEATURES))
        self.mha = nn.MultiheadAttention(FEATURES, HEADS, batch_first=True)
        self.norm = nn.LayerNorm(FEATURES)
        self.head = nn.Linear(FEATURES, CLASSES)

    def forward(self, tokens):
        h = self.emb(tokens) + self.pos
        h = self.norm(h + self.mha(h, h, h, need_weights=False)[0])
        return self.head(h.mean(dim=1))


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.manual_seed(1)
    print(f"PyTorch {torch.__version__}, {blas_library()}", flush=True)
    tokens = torch.randint(0, VOCABULARY, (SAMPLES, TOKENS))
    labels = torch.arange(SAMPLES) % CLASSES
    model = Classifier()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for line in sys.stdin:
        begin, processor = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(model(tokens), labels)
            loss.backward()
            optimiser.step()
        print(time.perf_counter() - begin, time.process_time() - processor, loss.item(), flush=True)


main()
