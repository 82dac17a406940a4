#!/usr/bin/env python3
# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The documented weight battery of a T5 checkpoint in PyTorch and NumPy, timed by bench/compare_weights.

reference_weights.py MODEL documented|lean THREADS: answers a line "run" with the seconds of wall clock and of processor
time that it took, and "figures" with all figures, a name and numbers a line, and "end". The first line it prints names
what it runs on. As documented, singular vectors are computed with the values, elements are counted by role and once more
for the whole model, and each pair of layers has its own norms; the lean form does without.
"""
import json
import math
import sys
import time

import numpy as np
import torch

from blas_library import blas_library

THRESHOLDS = (1e-6, 1e-4, 1e-3, 1e-2, 1e-1)
PERCENTS = (1, 5, 25, 50, 75, 95, 99)
LEAN = sys.argv[2] == "lean"
KINDS = ("SelfAttention.q", "SelfAttention.k", "SelfAttention.v", "DenseReluDense.wi", "DenseReluDense.wo")


def open_model(path):
    """Tensors by name, of a file of floats; nothing is copied."""
    data = np.memmap(path, mode="c")
    length = int.from_bytes(data[:8].tobytes(), "little")
    header = json.loads(data[8:8 + length].tobytes())
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            tensors[name] = torch.from_numpy(data[begin:end].view(np.float32).reshape(entry["shape"]))
    return tensors


def spectrum_figures(s):
    squares = (s ** 2).sum()
    total = np.cumsum(s) / s.sum()
    return [squares / s[0] ** 2, s.sum() ** 2 / squares, (s > 0.01 * s[0]).mean(), np.searchsorted(total, 0.9) + 1, s[0],
            s[-1]]


def tensor_figures(w, spectrum):
    size = w.abs()
    out = [(size < t).sum().item() for t in THRESHOLDS]
    if not spectrum:
        return out
    values = torch.linalg.svdvals(w) if LEAN else torch.linalg.svd(w, full_matrices=False)[1]
    return out + spectrum_figures(values.numpy())


def balance_figures(q, k):
    product = q @ k.T
    stable, participation = spectrum_figures(torch.linalg.svdvals(product).numpy())[:2]
    asymmetry = (torch.norm(product - product.T) / torch.norm(product)).item()
    values = torch.linalg.eigvalsh((product + product.T) / 2).numpy()[::-1]
    return [stable, participation, asymmetry, (values > 0).sum(), (values < 0).sum(), *values[:5]]


def neuron_figures(up, down):
    importance = torch.norm(up, dim=1) * torch.norm(down, dim=0)
    mean = importance.mean()
    return [(importance < 0.01 * mean).sum().item(), (importance < 0.1 * mean).sum().item(), mean.item()]


def layer_figures(layers):
    if not LEAN:
        return [(torch.dot(a.flatten(), b.flatten()) / (torch.norm(a.flatten()) * torch.norm(b.flatten()))).item()
                for a in layers for b in layers]
    rows = torch.stack([w.flatten() for w in layers])
    rows = rows / torch.norm(rows, dim=1, keepdim=True)
    return (rows @ rows.T).flatten().tolist()


def scale_figures(w):
    w = w.numpy()
    return [w.mean(), w.std(), (w > 1.5).sum(), (w < 0.5).sum(), ((w > 0.8) & (w < 1.2)).sum()]


def position_figures(table):
    table, out = table.numpy(), []
    buckets = len(table)
    for bias in table.T:
        steps = np.diff(bias[:buckets // 2])
        out += [bias.min(), bias.max(), (steps <= 0).mean(), np.corrcoef(np.arange(buckets), bias)[0, 1], bias.argmax()]
    return out


def distribution_figures(x):
    return [x.mean(dtype=np.float64), x.std(dtype=np.float64), *np.percentile(x, PERCENTS)]


def embedding_figures(e):
    norms = np.linalg.norm(e, axis=1)
    out = distribution_figures(norms)
    some = e[:5000] / norms[:5000, None]
    cosines = (some @ some.T)[np.triu_indices(len(some), k=1)]
    out += distribution_figures(cosines)
    out += [(np.abs(cosines - x) < 0.01).mean() for x in (0.0, 0.19471, 0.29514, 0.5)]
    centred = e - e.mean(axis=0)
    variances = np.linalg.eigvalsh(centred.T @ centred / len(e))[::-1]
    out.append(variances.sum() ** 2 / (variances ** 2).sum())
    shares = np.cumsum(variances) / variances.sum()
    return out + [np.searchsorted(shares, share) + 1 for share in (0.8, 0.9, 0.95, 0.99)]


def volumes(points):
    """Of simplices, count x 5 x D, by Cayley and Menger."""
    bordered = np.ones((len(points), 6, 6))
    bordered[:, 0, 0] = 0
    for i in range(5):
        bordered[:, i + 1, i + 1] = 0
        for j in range(i + 1, 5):
            bordered[:, i + 1, j + 1] = bordered[:, j + 1, i + 1] = ((points[:, i] - points[:, j]) ** 2).sum(axis=1)
    return np.sqrt(-np.linalg.det(bordered) / (2 ** 4 * math.factorial(4) ** 2))


def volume_figures(e):
    own = volumes(e[6 * np.arange(5000).reshape(1000, 5)])
    normal = np.random.default_rng(1).standard_normal((1000, 5, e.shape[1]), dtype=np.float32)
    by_chance = volumes(normal * e.std())
    return [own.mean(), own.std() / own.mean(), own.mean() / by_chance.mean()]


def battery(path):
    tensors = open_model(path)
    embedding = tensors["shared.weight"].numpy()
    found = {"embedding": embedding_figures(embedding), "volumes": volume_figures(embedding)}
    for name, w in tensors.items():
        linear = "Attention." in name and "bias" not in name or "DenseReluDense" in name
        found["tensor " + name] = tensor_figures(w, linear)
        if "norm" in name:
            found["scales " + name] = scale_figures(w)
        if "relative_attention_bias" in name:
            found["positions " + name] = position_figures(w)
    if not LEAN:  # figures that are there already, for their time
        whole = torch.cat([w.flatten() for w in tensors.values()])
        for t in THRESHOLDS:
            (whole.abs() < t).sum().item()
    for side, last in (("encoder", 1), ("decoder", 2)):
        def of(layer, rest):
            return tensors[f"{side}.block.{layer}.layer.{rest}.weight"]

        for layer in range(6):
            found[f"balance {side} {layer}"] = balance_figures(of(layer, "0.SelfAttention.q"), of(layer, "0.SelfAttention.k"))
            found[f"neurons {side} {layer}"] = neuron_figures(of(layer, f"{last}.DenseReluDense.wi"),
                                                              of(layer, f"{last}.DenseReluDense.wo"))
        for kind in KINDS:
            rest = f"{last if 'Dense' in kind else 0}.{kind}"
            found[f"layers {side} {rest}"] = layer_figures([of(layer, rest) for layer in range(6)])
    return found


def main():
    path = sys.argv[1]
    torch.set_num_threads(int(sys.argv[3]))
    print(f"PyTorch {torch.__version__}, NumPy {np.__version__}, {blas_library()}", flush=True)
    for line in sys.stdin:
        begin, processor = time.perf_counter(), time.process_time()
        found = battery(path)
        wall, processor = time.perf_counter() - begin, time.process_time() - processor
        if line.strip() == "figures":
            for name, numbers in sorted(found.items()):
                print(name + "\t" + " ".join(repr(float(x)) for x in numbers))
            print("end", flush=True)
        else:
            print(wall, processor, 0, flush=True)


main()
