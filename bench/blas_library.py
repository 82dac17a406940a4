# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""Which BLAS libraries this process has loaded."""
import ctypes
import os
import sys

# Debian's library, and that of NumPy's wheels, which has names of its own
CORE_NAMES = [prefix + "openblas_get_corename" + suffix for prefix in ("", "scipy_") for suffix in ("", "64_")]


def named(file):
    library = ctypes.CDLL(file)
    for name in CORE_NAMES:
        core = getattr(library, name, None)
        if core:
            core.restype = ctypes.c_char_p
            return "OpenBLAS core " + core().decode()
    return os.path.basename(file)


def blas_library():
    with open("/proc/self/maps") as maps:
        files = sorted({line.split()[-1] for line in maps if "blas" in line})
    found = [named(file) for file in files if "openblas" in file] or [os.path.basename(file) for file in files]
    if "torch" in sys.modules and sys.modules["torch"].backends.mkl.is_available():
        found.insert(0, "PyTorch's own MKL")  # PyPI's wheels: linked in, so no file shows it; OpenBLAS is then NumPy's
    return ", ".join(dict.fromkeys(found)) or "no BLAS library"
