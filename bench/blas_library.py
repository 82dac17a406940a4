# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""Which BLAS library this process has loaded."""
import ctypes
import os


def blas_library():
    with open("/proc/self/maps") as maps:
        files = sorted({line.split()[-1] for line in maps if "blas" in line})
    for file in files:
        if "openblas" in file:
            name = ctypes.CDLL(file).openblas_get_corename
            name.restype = ctypes.c_char_p
            return "OpenBLAS core " + name().decode()
    return ", ".join(map(os.path.basename, files)) or "no BLAS library"
