#!/usr/bin/env python3
# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""tests/fuzz/make_seeds.py: writes what the fuzzers begin with, tests/fuzz/seeds/<reader>/*, and their dictionaries."""
import json
import pathlib
import struct

SEEDS = pathlib.Path(__file__).parent / "seeds"
WHOLE, HEADER = b"\0", b"\1"


def write(reader, name, data):
    (SEEDS / reader).mkdir(parents=True, exist_ok=True)
    (SEEDS / reader / name).write_bytes(data)


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors():
    headers = {
        "none": ({}, 0),
        "one": ({"w": entry("F32", [2, 2], 0, 16)}, 16),
        "several": ({"__metadata__": {"format": "pt"}, "b": entry("BF16", [3], 8, 14), "a": entry("I64", [], 0, 8),
                     "c": entry("F8_E4M3", [0, 5], 14, 14), "d": entry("F4", [4], 14, 16)}, 16),
        "text": ({"\u00e4 \u20ac \U0001f600 \"\\": entry("U8", [1], 0, 1), "__metadata__": {"k": "v\n"}}, 1),
        "hole": ({"w": entry("F32", [2], 8, 16)}, 16),
        "overlap": ({"w": entry("U8", [4], 0, 4), "x": entry("U8", [4], 2, 6)}, 6),
        "overflow": ({"w": entry("F64", [2 ** 32, 2 ** 32], 0, 0)}, 0),
        "sizes": ({"w": entry("F16", [3], 0, 8)}, 8),
    }
    for name, (header, size) in headers.items():
        text = json.dumps(header, separators=(",", ":"), ensure_ascii=name == "text").encode()
        write("safetensors", name, HEADER + bytes([size]) + text)
    text = json.dumps(headers["one"][0]).encode()
    text += b" " * (-len(text) % 8)
    write("safetensors", "file", WHOLE + struct.pack("<Q", len(text)) + text + bytes(range(16)))
    write("safetensors", "cut", WHOLE + struct.pack("<Q", len(text)) + text + bytes(15))
    write("safetensors", "long", WHOLE + struct.pack("<Q", 100_000_001) + text)
    write("safetensors", "twice", HEADER + b"\1" + b'{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
                                                   b'"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}')
    types = ("BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ I16 U16 F16 BF16 I32 U32 F32 "
             "C64 F64 I64 U64").split()
    dictionary([json.dumps(t) for t in types] + ['"dtype":', '"shape":', '"data_offsets":', '"__metadata__":', '"a":{',
               "},", "[0,8]", "[8,16]", "18446744073709551615", "4294967296", "-1", "1.0", "1e1", "null", "true", "\\u0000",
               "\\ud800", "\xc2\x85", "[0]", "[]", "{}"], "safetensors")


def npy():
    def dictionary_of(descr, order, shape):
        return f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}".encode() + b" \n"

    for name, text, size in (("floats", dictionary_of("<f4", False, "(2, 2)"), 16),
                             ("columns", dictionary_of(">f8", True, "(2, 1)"), 16),
                             ("number", dictionary_of("|u1", False, "()"), 1),
                             ("empty", dictionary_of("<i8", False, "(0, 3)"), 0),
                             ("halves", dictionary_of("<f2", True, "(2, 3, 1)"), 12),
                             ("objects", dictionary_of("|O", False, "(1,)"), 8)):
        write("npy", name, HEADER + bytes([size]) + text)
    text = dictionary_of("<f4", False, "(4,)")
    text = text[:-1] + b" " * (-(12 + len(text)) % 64) + b"\n"
    write("npy", "second", WHOLE + b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text + bytes(16))
    write("npy", "cut", WHOLE + b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(3))
    dictionary(["'descr':", "'fortran_order':", "'shape':", "True", "False", "'<f4'", "'>f8'", "'|b1'", "'|O'", "'<U3'",
                "(2,)", "()", "(0, 5)", "18446744073709551616", "[('x', '<f4')]", "\x93NUMPY"], "npy")


def dictionary(tokens, reader):
    def quoted(token):
        return '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\' else f"\\x{b:02x}"
                             for b in token.encode("latin-1")) + '"'

    (SEEDS / f"{reader}.dict").write_text("".join(quoted(t) + "\n" for t in tokens))


safetensors()
npy()
