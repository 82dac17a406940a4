# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""One checkpoint against another: what is planted between them is found, chance is called chance, and what has no
partner is listed."""
import json
import math
import random
import unittest

from probe_test import UNITS, WIDTH, t5, write_safetensors
from programs import Programs

ATTENTION = "encoder.block.0.layer.0.SelfAttention."


def matrix(draw, rows, cols):
    return (rows, cols), [draw.gauss(0, 1) for _ in range(rows * cols)]


def rotation(draw, size):
    """Rows orthonormalised one after the other."""
    rows = []
    while len(rows) < size:
        row = [draw.gauss(0, 1) for _ in range(size)]
        for other in rows:
            product = sum(x * y for x, y in zip(row, other))
            row = [x - product * y for x, y in zip(row, other)]
        norm = math.sqrt(sum(x * x for x in row))
        rows.append([x / norm for x in row])
    return rows


def times(values, cols, other):
    rows = [values[i:i + cols] for i in range(0, len(values), cols)]
    return [sum(x * line[j] for x, line in zip(row, other)) for row in rows for j in range(len(other[0]))]


class Against(Programs):
    def write(self, folder, tensors):
        (self.at / folder).mkdir(exist_ok=True)
        write_safetensors(self.at / folder / "model.safetensors", tensors)
        return self.at / folder

    def against(self, a, b, *arguments):
        return json.loads(self.succeed("probe", a, "--against", b, "--json", *arguments))

    def pairs(self, out):
        return {pair["a"]: pair for pair in out["pairs"]}

    def test_a_model_against_itself_and_a_rotated_copy(self):
        a = t5()
        b = t5()
        draw = random.Random(9)
        turn = rotation(draw, WIDTH)
        shape, values = b[ATTENTION + "q.weight"]
        b[ATTENTION + "q.weight"] = shape, times(values, WIDTH, turn)
        shape, values = b[ATTENTION + "k.weight"]
        rows = [values[i:i + WIDTH] for i in range(0, len(values), WIDTH)]
        draw.shuffle(rows)  # permuted from the left, which no rotation from the right undoes
        b[ATTENTION + "k.weight"] = shape, [x for row in rows for x in row]
        out = self.against(self.write("a", a), self.write("b", b))
        self.assertEqual((out["schema"], out["schema_version"], out["seed"]), ("geolip.probe.against", 1, 42))
        pairs = self.pairs(out)
        self.assertEqual(set(pairs), {name for name, (shape, _) in a.items() if len(shape) == 2})
        for name, pair in pairs.items():
            with self.subTest(name):
                same = name not in (ATTENTION + "q.weight", ATTENTION + "k.weight")
                self.assertAlmostEqual(pair["spectral_correlation"]["value"], 1, places=9)
                self.assertAlmostEqual(pair["ceiling"], 1, places=9)
                if same:
                    self.assertAlmostEqual(pair["cosine"]["value"], 1, places=6)
                if pair["rows"] >= pair["cols"] and same:
                    self.assertLess(pair["rotation"]["value"], 1e-3)
        turned = pairs[ATTENTION + "q.weight"]
        self.assertAlmostEqual(turned["aligned_cosine"]["value"], 1, places=6)
        self.assertLess(turned["cosine"]["value"], 0.9)
        self.assertAlmostEqual(turned["gain"], 1 - turned["cosine"]["value"], places=6)
        self.assertLess(turned["residual"], 1e-2)
        expected = math.sqrt(1 - sum(turn[i][i] for i in range(WIDTH)) / WIDTH)
        self.assertAlmostEqual(turned["rotation"]["value"], expected, places=4)
        self.assertGreater(turned["aligned_cosine"]["matched_z"], 4)
        permuted = pairs[ATTENTION + "k.weight"]
        self.assertLess(permuted["aligned_cosine"]["value"], 0.95)
        self.assertLess(abs(permuted["aligned_cosine"]["matched_z"]), 5)
        wide = pairs["encoder.block.0.layer.1.DenseReluDense.wo.weight"]
        self.assertIn("not unique", wide["rotation"]["reason"])
        projection = out["projections"][0]
        self.assertAlmostEqual(projection["cosine"]["value"], 1, places=6)
        self.assertAlmostEqual(projection["relational_pearson"]["value"], 1, places=6)
        self.assertEqual([line["reason"] for line in out["unaligned"]["a"]], 
                         ["a vector"] * sum(len(shape) == 1 for shape, _ in a.values()))
        text = self.succeed("probe", "a", "--against", "b")
        self.assertIn("encoder self query", text)

    def test_another_seed_is_chance_in_any_number_of_threads(self):
        for seed in (1, 2):
            self.succeed("make_checkpoint", "--arch", "t5-small", "--scale", "tiny", "--seed", seed, f"seed{seed}")
        whole = self.succeed("probe", "seed1", "--against", "seed2", "--layers", "--json", "--threads", 1)
        for threads in (2, 5):
            self.assertEqual(
                self.succeed("probe", "seed1", "--against", "seed2", "--layers", "--json", "--threads", threads), whole)
        out = json.loads(whole)
        self.assertEqual(out["all"]["undefined"], 0)
        self.assertEqual([len(file["header_sha256"]) for file in out["a"]["files"]], [64])
        for figure in ("cosine", "aligned_cosine", "aligned_cosine_matched", "rotation"):
            self.assertLess(abs(out["all"][figure]["z"]), 4, figure)
            for role in out["roles"]:
                if role[figure]["z"] is not None:
                    self.assertLess(abs(role[figure]["z"]), 4.5, (figure, role["group"]))
        self.assertLess(abs(out["projections"][0]["cosine"]["z"]), 4)
        self.assertLess(abs(out["projections"][0]["relational_pearson"]["z"]), 4)
        for group in out["layers"]:
            size = len(group["layers"])
            self.assertEqual([len(row) for row in group["residual"]], [size] * size)
            pairs = [pair for pair in out["pairs"] if pair["place"].startswith(group["group"] + " ")]
            for i, pair in enumerate(pairs):
                self.assertAlmostEqual(group["residual"][i][i], pair["residual"], places=6)
                self.assertEqual(group["spectral_correlation"][i][i], pair["spectral_correlation"]["value"])
        self.succeed("probe", "seed1", "--against", "seed2", "--layers", "--json", "out.json")
        self.assertEqual((self.at / "out.json").read_text(), whole)
        other = json.loads(self.succeed("probe", "seed1", "--against", "seed2", "--json", "--seed", 5))
        self.assertNotEqual(other["all"]["aligned_cosine"]["null"], out["all"]["aligned_cosine"]["null"])
        self.assertIn("Residual after alignment", self.succeed("probe", "seed1", "--against", "seed2", "--layers"))

    def test_embeddings_of_other_widths(self):
        draw = random.Random(4)
        rows, narrow = 150, 7
        small = t5(1)
        small["shared.weight"] = matrix(draw, rows, narrow)
        wide = t5(1)
        # The narrow one, rotated into more dimensions, and a little noise; more rows, of which nothing is known.
        turn = rotation(draw, WIDTH)[:narrow]
        values = times(small["shared.weight"][1], narrow, turn)
        wide["shared.weight"] = ((rows + 10, WIDTH), [x + 0.05 * draw.gauss(0, 1) for x in values] +
                                 [draw.gauss(0, 1) for _ in range(10 * WIDTH)])
        a, b = self.write("wide", wide), self.write("narrow", small)
        for first, second in ((a, b), (b, a)):
            found = self.against(first, second)["projections"][0]
            self.assertEqual((found["rows"], found["components"]), (rows, narrow))
            self.assertGreater(found["cosine"]["value"], 0.98)
            self.assertGreater(found["cosine"]["z"], 10)
            self.assertGreater(found["relational_pearson"]["value"], 0.95)
            kept = (found["variance_kept_a"], found["variance_kept_b"])
            self.assertEqual(max(kept), 1)
            self.assertGreater(min(kept), 0.97)
            self.assertLess(found["worst"][0]["cosine"], found["best"][0]["cosine"])
            self.assertLess(max(line["row"] for line in found["worst"] + found["best"]), rows)
        lines = [values[i:i + WIDTH] for i in range(0, len(values), WIDTH)]
        draw.shuffle(lines)
        wide["shared.weight"] = (rows, WIDTH), [x for line in lines for x in line]
        lost = self.against(self.write("wide", wide), b)["projections"][0]
        self.assertLess(abs(lost["cosine"]["z"]), 4.5)
        self.assertLess(lost["cosine"]["value"], 0.5)

    def test_what_cannot_be_aligned_is_listed(self):
        a, b = t5(3), t5(2)
        draw = random.Random(6)
        prefix = "encoder.block.1.layer.1.DenseReluDense."
        b[prefix + "wi.weight"] = matrix(draw, UNITS + 1, WIDTH)
        b[prefix + "wo.weight"] = matrix(draw, WIDTH, UNITS + 1)
        b[prefix + "strange"] = ((3,), [1.0] * 3)
        b[ATTENTION + "q.weight"][1][5] = float("nan")
        b[ATTENTION + "k.weight"] = (WIDTH, WIDTH), [0.0] * WIDTH**2
        a[ATTENTION + "v.weight"] = matrix(draw, 1, WIDTH)
        b[ATTENTION + "v.weight"] = matrix(draw, 1, WIDTH)
        out = self.against(self.write("a", a), self.write("b", b))
        pairs = self.pairs(out)
        self.assertEqual(pairs[ATTENTION + "q.weight"]["reason"], "an element is not a finite number")
        self.assertEqual(pairs[ATTENTION + "k.weight"]["reason"], "all elements are zero")
        self.assertEqual(out["all"]["undefined"], 2)
        row = pairs[ATTENTION + "v.weight"]
        self.assertAlmostEqual(row["aligned_cosine"]["value"], 1, places=9)
        self.assertEqual((row["aligned_cosine"]["null"]["sd"], row["aligned_cosine"]["z"]), (0, None))
        self.assertEqual(row["spectral_correlation"]["reason"], "fewer than two different singular values")
        reasons = {line["tensor"]: line["reason"] for line in out["unaligned"]["a"]}
        self.assertEqual(reasons["encoder.block.2.layer.0.SelfAttention.q.weight"], "B has none in this layer")
        self.assertEqual(reasons[prefix + "wi.weight"], f"{UNITS} x {WIDTH}, in B {UNITS + 1} x {WIDTH}")
        there = {line["tensor"]: line["reason"] for line in out["unaligned"]["b"]}
        self.assertEqual(there[prefix + "wi.weight"], f"{UNITS + 1} x {WIDTH}, in A {UNITS} x {WIDTH}")
        self.assertIn(prefix + "strange", there)
        # Every tensor of both is a pair, a projection or listed.
        for side, tensors in (("a", a), ("b", b)):
            seen = {pair[side] for pair in out["pairs"]} | {line[side] for line in out["projections"]} | \
                   {line["tensor"] for line in out["unaligned"][side]}
            self.assertEqual(seen, set(tensors))
        text = self.succeed("probe", "a", "--against", "b")
        self.assertIn("an element is not a finite number", text)
        self.assertIn("B has none in this layer", text)
        self.succeed("make_checkpoint", "--arch", "sd15-vae", "--scale", "tiny", "vae")
        out = self.against("a", "vae")
        self.assertEqual((out["pairs"], out["projections"]), ([], []))
        self.assertEqual({line["tensor"] for line in out["unaligned"]["a"]}, set(a))
        self.assertIn("No two weights", self.succeed("probe", "a", "--against", "vae"))

    def test_wrong_input(self):
        a = self.write("a", t5(1))
        self.fail_with(1, ["missing"], "probe", a, "--against", "missing")
        self.fail_with(2, ["--against"], "probe", a, "--layers")
        self.fail_with(2, ["--list"], "probe", a, "--against", a, "--list")
        self.fail_with(2, ["--only"], "probe", a, "--against", a, "--only", "norms")
        self.fail_with(2, ["model.safetensors"], "probe", a, "--against", "b/model.safetensors", "--json",
                       self.write("b", t5(1)) / "model.safetensors")
        (self.at / "empty").mkdir()
        self.fail_with(1, ["no weights"], "probe", a, "--against", "empty")
        whole = (a / "model.safetensors").read_bytes()
        (self.at / "cut.safetensors").write_bytes(whole[:-1])
        self.fail_with(1, ["cut.safetensors"], "probe", a, "--against", "cut.safetensors")


if __name__ == "__main__":
    unittest.main()
