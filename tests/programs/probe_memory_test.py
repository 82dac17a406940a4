# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""A probe works in four times its largest operands and 64 MiB, whatever the threads and however large the file is."""
import json
import os
import resource
import struct
import unittest

from programs import Programs

MIB = 2**20
SLACK = 64 * MIB


def header_of(tensors):
    """tensors: name -> (dtype, shape, bytes). The first bytes of a safetensors file, and how many follow."""
    header, end = {}, 0
    for name, (dtype, shape, size) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text, end


def random_bfloat16(count):
    """Numbers of magnitude 1/128 to 1/32, either sign, as bytes."""
    values = bytearray(os.urandom(2 * count))
    values[1::2] = bytes(values[1::2]).translate(bytes(0x3c if code < 128 else 0xbc for code in range(256)))
    return bytes(values)


def within(limit):
    """What a process does before it starts a program: memory that it may write, mapped files not counted, is limited."""
    def limit_memory():
        resource.setrlimit(resource.RLIMIT_STACK, (MIB // 2, MIB // 2))  # of every thread
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    return limit_memory


class ProbeMemory(Programs):
    def probe_within(self, limit, *arguments):
        status, out, err = self.run_program("probe", *arguments, preexec_fn=within(limit))
        self.assertEqual((status, err), (0, ""), arguments)
        return out

    def test_any_number_of_threads_works_in_the_same_memory(self):
        width, layers = 512, 6
        tensors = {f"encoder.block.{layer}.layer.0.SelfAttention.{name}.weight": ("BF16", (width, width), 2 * width**2)
                   for layer in range(layers) for name in "qkvo"}
        header, size = header_of(tensors)
        (self.at / "model.safetensors").write_bytes(header + random_bfloat16(size // 2))
        operands = 2 * 4 * width**2  # queries and keys, as floats
        reports = {self.probe_within(4 * operands + SLACK, self.at, "--json", "--threads", threads)
                   for threads in (1, 24)}
        self.assertEqual(len(reports), 1)
        self.assertEqual(len(json.loads(reports.pop())["qk_balance"]), layers)

    def test_alignment(self):
        width = 1024
        header, size = header_of({"encoder.block.0.layer.0.SelfAttention.q.weight": ("BF16", (width, width), 2 * width**2)})
        for name in ("a", "b"):
            (self.at / name).mkdir()
            (self.at / name / "model.safetensors").write_bytes(header + random_bfloat16(size // 2))
        # A program needs a few MiB itself; so this is less than what is allowed.
        out = json.loads(self.probe_within(4 * 2 * 4 * width**2 + SLACK // 4, self.at / "a", "--against", self.at / "b",
                                           "--json", "--threads", 24))
        self.assertEqual(out["pairs"][0]["rows"], width)
        self.assertLess(abs(out["pairs"][0]["rotation"]["value"] - 1), 0.01)

    def sparse_model(self, shards, each, rows, cols):
        """Shards of `each` tensors of zeros, which take no room on the disk; but one element is 1."""
        weights = {}
        for shard in range(shards):
            file = f"model-{shard:05}.safetensors"
            tensors = {f"layers.{shard * each + i}.mlp.up_proj.weight": ("F32", (rows, cols), 4 * rows * cols)
                       for i in range(each)}
            header, size = header_of(tensors)
            with open(self.at / file, "wb") as out:
                out.write(header)
                out.truncate(len(header) + size)
                if shard == shards - 1:
                    out.seek(-4, os.SEEK_END)
                    out.write(struct.pack("<f", 1))
            weights.update({name: file for name in tensors})
        (self.at / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weights}))
        return shards * each * rows * cols

    def test_a_file_much_larger_than_memory(self):
        # 1.5 GiB of tensors of 16 MiB.
        elements = self.sparse_model(3, 32, 2048, 2048)
        limit = 4 * 16 * MIB + SLACK
        listed = json.loads(self.probe_within(limit, self.at, "--list", "--json"))
        self.assertEqual((listed["parameters"], len(listed["files"])), (elements, 3))
        out = json.loads(self.probe_within(limit, self.at, "--json", "--only", "sparsity", "--threads", 8))
        self.assertEqual(out["only"], ["sparsity"])
        self.assertEqual(out["sparsity"][0]["value"], (elements - 1) / elements)
        self.assertNotIn("spectrum", out["entries"][0])
        self.assertEqual((out["qk_balance"], out["neurons"], out["layer_correlation"]), ([], [], []))

    def test_parts(self):
        self.sparse_model(1, 2, 8, 8)
        self.fail_with(2, ["--only", "'sparsty'", "embeddings, with commas"], "probe", self.at, "--only", "sparsty")
        self.fail_with(2, ["'norms' twice"], "probe", self.at, "--only", "norms,spectra,norms")
        self.fail_with(2, ["''"], "probe", self.at, "--only", "norms,")
        everything = json.loads(self.succeed("probe", self.at, "--json"))
        self.assertNotIn("only", everything)
        parts = "sparsity,spectra,balance,neurons,layers,positions,norms,filters,embeddings"
        self.assertEqual(json.loads(self.succeed("probe", self.at, "--json", "--only", parts)), everything)
        layers = json.loads(self.succeed("probe", self.at, "--json", "--only", "layers,balance"))
        self.assertEqual(layers["only"], ["balance", "layers"])
        self.assertEqual(layers["layer_correlation"], everything["layer_correlation"])
        self.assertNotIn("sparsity", layers["entries"][0])
        spectra = json.loads(self.succeed("probe", self.at, "--json", "--only", "spectra"))
        self.assertEqual(spectra["entries"], everything["entries"])
        self.assertEqual(spectra["layer_correlation"], [])


if __name__ == "__main__":
    unittest.main()
