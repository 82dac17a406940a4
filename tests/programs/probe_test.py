# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""A probe of planted weights says what was planted, in any number of threads, and bad checkpoints are refused."""
import json
import math
import random
import struct
import unittest

from programs import Programs

WIDTH, UNITS, HEADS = 12, 20, 3


def write_safetensors(path, tensors):
    """tensors: name -> (shape, floats)."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        raw = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def t5(layers=2):
    """A T5 encoder with random weights of sd 1, in which things are planted below."""
    draw = random.Random(3)
    matrix = lambda rows, cols: ((rows, cols), [draw.gauss(0, 1) for _ in range(rows * cols)])
    tensors = {"shared.weight": matrix(40, WIDTH)}
    for layer in range(layers):
        block = f"encoder.block.{layer}.layer."
        for name in "qkvo":
            tensors[f"{block}0.SelfAttention.{name}.weight"] = matrix(WIDTH, WIDTH)
        if layer == 0:
            tensors[f"{block}0.SelfAttention.relative_attention_bias.weight"] = matrix(32, HEADS)
        tensors[f"{block}0.layer_norm.weight"] = ((WIDTH,), [1.0] * WIDTH)
        tensors[f"{block}1.DenseReluDense.wi.weight"] = matrix(UNITS, WIDTH)
        tensors[f"{block}1.DenseReluDense.wo.weight"] = matrix(WIDTH, UNITS)
        tensors[f"{block}1.layer_norm.weight"] = ((WIDTH,), [0.4] * WIDTH)
    tensors["encoder.final_layer_norm.weight"] = ((WIDTH,), [2.0] * WIDTH)
    return tensors


class Probe(Programs):
    def probe(self, *arguments):
        return json.loads(self.succeed("probe", *arguments, "--json"))

    def write(self, tensors, name="model.safetensors"):
        write_safetensors(self.at / name, tensors)

    def test_what_is_planted_is_found(self):
        tensors = t5()
        attention = "encoder.block.0.layer.0.SelfAttention."
        tensors[attention + "k.weight"] = tensors[attention + "q.weight"]  # W W': all positive, symmetric
        wi = tensors["encoder.block.0.layer.1.DenseReluDense.wi.weight"][1]
        wi[5 * WIDTH:6 * WIDTH] = [0.0] * WIDTH  # one dead neuron
        tensors["encoder.block.1.layer.1.DenseReluDense.wo.weight"] = \
            tensors["encoder.block.0.layer.1.DenseReluDense.wo.weight"]  # two equal layers
        bias = [0.0] * (32 * HEADS)
        bias[0 * HEADS + 0], bias[31 * HEADS + 1], bias[16 * HEADS + 2] = 9, 9, 9
        tensors[attention + "relative_attention_bias.weight"] = ((32, HEADS), bias)
        rank_two = [a * u + b * v for a, b in zip(range(1, 13), range(12, 0, -1)) for u, v in zip(range(12), [1] * 12)]
        tensors[attention + "v.weight"] = ((WIDTH, WIDTH), [float(x) for x in rank_two])
        nan = tensors["encoder.block.1.layer.0.SelfAttention.o.weight"][1]
        nan[7] = float("nan")
        self.write(tensors)
        out = self.probe(self.at)
        self.assertEqual(out["architecture"]["name"], "t5")
        self.assertEqual(out["parameters"], sum(math.prod(shape) for shape, _ in tensors.values()))
        self.assertEqual(out["measured"] + out["unmeasured"], out["parameters"])
        first, second = out["qk_balance"]
        self.assertEqual((first["positive"], first["negative"]), (WIDTH, 0))
        self.assertLess(first["symmetry_deviation"], 1e-6)
        self.assertGreater(second["symmetry_deviation"], 1)
        self.assertEqual([(n["dead"], n["weak"]) for n in out["neurons"]], [(1, 1), (0, 0)])
        cosines = {line["group"]: line for line in out["layer_correlation"]}
        self.assertAlmostEqual(cosines["encoder mlp_down"]["value"], 1, places=6)
        self.assertLess(abs(cosines["encoder mlp_up"]["z"]), 5)
        position = out["position_bias"][0]
        self.assertEqual((position["local"], position["global"], position["mixed"]), (1, 1, 1))
        entries = {entry["tensor"]: entry for entry in out["entries"]}
        spectrum = entries[attention + "v.weight"]["spectrum"]
        self.assertLess(spectrum["effective_rank"]["value"], 2.1)
        self.assertEqual(spectrum["active_fraction"]["value"], 2 / WIDTH)
        broken = entries["encoder.block.1.layer.0.SelfAttention.o.weight"]
        self.assertEqual(broken["nonfinite"], 1)
        self.assertIsNone(broken["spectrum"]["stable_rank"]["value"])
        self.assertEqual(broken["spectrum"]["stable_rank"]["reason"], "an element is not a finite number")
        self.assertEqual({norm["mean"] for norm in out["norms"]}, {1.0, 2.0, struct.unpack("f", struct.pack("f", 0.4))[0]})
        values = [x for name in "qkvo" for x in tensors[attention + f"{name}.weight"][1]]
        group = {g["group"]: g for g in out["groups"]}["encoder self query"]
        pooled = [x for layer in range(2) for x in tensors[f"encoder.block.{layer}.layer.0.SelfAttention.q.weight"][1]]
        self.assertAlmostEqual(group["sparsity"][3]["value"], sum(abs(x) < 0.1 for x in pooled) / len(pooled))
        text = self.succeed("probe", self.at)
        self.assertIn("1 elements are NaN or infinite", text)

    def test_threads_seeds_and_shards(self):
        tensors = t5()
        self.write(tensors)
        whole = self.succeed("probe", self.at, "--json", "--threads", 1)
        for threads in (2, 5):
            self.assertEqual(self.succeed("probe", self.at, "--json", "--threads", threads), whole)
        self.assertEqual(self.succeed("probe", self.at / "model.safetensors", "--json"), whole)
        self.assertNotEqual(self.succeed("probe", self.at, "--json", "--seed", 7), whole)
        (self.at / "model.safetensors").unlink()
        names = sorted(tensors)
        parts = {"a-00001.safetensors": names[::2], "a-00002.safetensors": names[1::2]}
        for file, members in parts.items():
            self.write({name: tensors[name] for name in members}, file)
        index = {"weight_map": {name: file for file, members in parts.items() for name in members}}
        (self.at / "a.safetensors.index.json").write_text(json.dumps(index))
        sharded, single = self.probe(self.at), json.loads(whole)
        figures = lambda out: {e["tensor"]: (e.get("mean"), e.get("spectrum")) for e in out["entries"]}
        self.assertEqual(figures(sharded), figures(single))
        self.assertEqual(len(sharded["files"]), 2)

        def refused(change, part):
            changed = {"weight_map": dict(index["weight_map"])}
            change(changed["weight_map"])
            (self.at / "a.safetensors.index.json").write_text(json.dumps(changed))
            self.fail_with(1, [part], "probe", self.at)

        refused(lambda m: m.update({names[0]: "../x.safetensors"}), "expected the name of a .safetensors file")
        refused(lambda m: m.update({names[0]: "/etc/x.safetensors"}), "expected the name of a .safetensors file")
        refused(lambda m: m.update({names[0]: "b.safetensors"}), "is missing")
        refused(lambda m: m.update({names[0]: "a-00002.safetensors"}), "the index has it in")
        refused(lambda m: m.pop(names[0]), "is not in the index")
        refused(lambda m: m.update({"more": "a-00001.safetensors"}), "tensors; the index has")
        (self.at / "a.safetensors.index.json").write_text('{"weight_map": {"a": "b.safetensors", "a": "b.safetensors"}}')
        self.fail_with(1, ["twice"], "probe", self.at)

    def test_unknown_names_are_guessed_or_mapped_or_listed(self):
        draw = random.Random(1)
        matrix = lambda: ((8, 8), [draw.gauss(0, 1) for _ in range(64)])
        self.write({"stack.0.query.weight": matrix(), "stack.0.key.weight": matrix(), "strange": matrix(),
                    "evil</script>\u2028": matrix()})
        text = self.succeed("probe", self.at, "--list")
        self.assertNotIn("\u2028", text)
        self.assertIn("by a guess", text)
        out = self.probe(self.at, "--list")
        self.assertEqual(len(out["entries"]), 4)
        roles = {entry["tensor"]: entry["role"] for entry in out["entries"]}
        self.assertEqual(roles["stack.0.query.weight"], "query")
        for entry in out["entries"]:
            if entry["tensor"] == "strange":
                self.assertTrue(entry.get("reason") or entry.get("guessed"))
        self.succeed("probe", self.at)

    def test_wrong_input(self):
        self.fail_with(2, ["PATH"], "probe")
        self.fail_with(1, ["missing"], "probe", "missing")
        self.fail_with(1, ["no weights"], "probe", self.at)
        self.write(t5())
        self.fail_with(2, ["--threads"], "probe", self.at, "--threads", 0)
        self.fail_with(1, ["nowhere.json"], "probe", self.at, "--mapping", "nowhere.json")
        (self.at / "config.json").write_text("[1, 2]")
        self.fail_with(1, ["config.json"], "probe", self.at)
        (self.at / "config.json").write_text("{")
        self.fail_with(1, ["config.json"], "probe", self.at)
        (self.at / "config.json").unlink()
        whole = (self.at / "model.safetensors").read_bytes()
        (self.at / "model.safetensors").write_bytes(whole[:-1])
        self.fail_with(1, ["model.safetensors"], "probe", self.at)
        (self.at / "model.safetensors").write_bytes(whole)
        self.write(t5(), "other.safetensors")
        (self.at / "model.safetensors").rename(self.at / "one.safetensors")
        self.fail_with(1, ["name the one that is meant"], "probe", self.at)


if __name__ == "__main__":
    unittest.main()
