# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""heads on files made here: planted structure is found, every layout says the same, wrong input gets one line."""
import array
import json
import math
import random
import struct
import unittest

from programs import Programs


def normals(rng, rows, cols):
    return [[rng.gauss(0, 1) for _ in range(cols)] for _ in range(rows)]


def flat(rng, rows, cols, rank):
    basis = [[math.cos(math.pi * (j + 0.5) * (k + 1) / cols) for j in range(cols)] for k in range(rank)]
    inner = normals(rng, rows, rank)
    return [[sum(c * b[j] for c, b in zip(row, basis)) for j in range(cols)] for row in inner]


def side_by_side(heads):
    """Heads, each tokens x dim, as one tokens x features."""
    return [[x for head in heads for x in head[i]] for i in range(len(heads[0]))]


def numbers(rows):
    return array.array("f", (x for row in rows for x in row)).tobytes()


def tensor(rows, shape=None):
    return "F32", shape or [len(rows), len(rows[0])], numbers(rows)


def write_safetensors(path, tensors, metadata=None):
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_npy(path, rows, shape):
    text = str({"descr": "<f4", "fortran_order": False, "shape": tuple(shape)}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + numbers(rows))


QUICK = ["--samples", "500", "--replicates", "32"]
TOKENS, HEADS, DIM = 120, 4, 16


class Heads(Programs):
    def setUp(self):
        super().setUp()
        self.rng = random.Random(7)

    def heads_of(self, count=HEADS, rows=TOKENS, dim=DIM):
        return [normals(self.rng, rows, dim) for _ in range(count)]

    def read(self, *arguments):
        return json.loads(self.succeed("heads", *arguments, *QUICK, "--json"))

    def wide(self, rows, cols, rank=None):
        """One head for each of q, k and v; the keys of that rank."""
        made = {name: tensor(normals(self.rng, rows, cols)) for name in "qv"}
        made["k"] = tensor(normals(self.rng, rows, cols) if rank is None else flat(self.rng, rows, cols, rank))
        return made

    def test_planted_structure_is_found(self):
        layers = {"a0": self.wide(400, 64), "a2": self.wide(400, 64, rank=8), "a10": self.wide(400, 8),
                  "a11": self.wide(400, 200)}
        layers["a11"]["v"] = tensor([[1.0] * 16] * 400)
        layers["a0"]["q"] = tensor(normals(self.rng, 100, 64) * 4)  # each row four times
        write_safetensors(self.at / "m.safetensors",
                          {f"{layer}.attn.{name}": t for layer, ts in layers.items() for name, t in ts.items()})
        d = self.read("m.safetensors")
        self.assertEqual([l["layer"] for l in d["layers"]], ["a0.attn", "a2.attn", "a10.attn", "a11.attn"])
        a0, a2, a10, a11 = (l["heads"][0] for l in d["layers"])
        self.assertEqual(a0["class"], "in_band")
        self.assertEqual(a0["q"]["rows"], {"all": 400, "distinct": 100, "nonfinite": 0})
        self.assertGreater(a0["q"]["of_all_rows"]["counts"]["duplicate"], 0)
        self.assertEqual(a0["q"]["of_distinct_rows"]["counts"]["duplicate"], 0)
        self.assertLess(abs(a0["qk_ratio"]["value"] - 1), 3 * a0["qk_ratio"]["standard_error"])
        self.assertEqual((a2["class"], a2["q"]["class"], a2["k"]["class"]), ("collapsing", "in_band", "collapsing"))
        self.assertLess(a2["k"]["equivalent_dimension"]["low"], 8)
        self.assertGreater(a2["k"]["equivalent_dimension"]["high"], 8)
        self.assertLess(a2["qk_ratio"]["z"], -5)
        self.assertEqual((a10["class"], a10["q"]["dimension"]), ("volatile", 8))
        self.assertAlmostEqual(a10["q"]["law"], 0.6094, delta=1e-4)
        self.assertEqual((a11["q"]["class"], a11["v"]["class"]), ("narrow", "collapsing"))
        self.assertIsNone(a11["v"]["cv"])
        self.assertEqual(d["summary"]["collapsing"], 2)
        self.assertEqual(d["summary"]["volatile"], 1)
        table = self.succeed("heads", "m.safetensors", *QUICK)
        self.assertIn("collapsing (2): a2.attn: 0; a11.attn: 0\n", table)
        self.assertIn("volatile (1): a10.attn: 0\n", table)
        self.assertIn("By head_dim 8 alone, of random rows, CV is 0.6094: volatile.\n", table)

    def test_layouts_and_files_are_one(self):
        parts = {name: self.heads_of() for name in "qkv"}
        features = {name: tensor(side_by_side(heads)) for name, heads in parts.items()}
        write_safetensors(self.at / "tf.safetensors", features)
        expected = self.read("tf.safetensors", "--heads", HEADS)["layers"]
        write_safetensors(self.at / "thd.safetensors",
                          {n: (t[0], [2, TOKENS // 2, HEADS, DIM], t[2]) for n, t in features.items()})
        self.assertEqual(self.read("thd.safetensors", "--layout", "tokens,heads,dim")["layers"], expected)
        write_safetensors(self.at / "htd.safetensors",
                          {n: tensor([row for h in heads for row in h], [HEADS, TOKENS, DIM])
                           for n, heads in parts.items()})
        self.assertEqual(self.read("htd.safetensors", "--layout", "heads,tokens,dim")["layers"], expected)
        batches = {n: [row for b in (0, 1) for h in heads for row in h[b * TOKENS // 2:(b + 1) * TOKENS // 2]]
                   for n, heads in parts.items()}
        write_safetensors(self.at / "bhtd.safetensors",
                          {n: tensor(rows, [2, HEADS, TOKENS // 2, DIM]) for n, rows in batches.items()},
                          {"layout": "heads,tokens,dim"})
        self.assertEqual(self.read("bhtd.safetensors")["layers"], expected)
        for n, heads in parts.items():
            write_npy(self.at / f"{n}.npy", side_by_side(heads), [TOKENS, HEADS * DIM])
        self.assertEqual(self.read("q.npy", "v.npy", "k.npy", "--heads", HEADS)["layers"], expected)

    def test_names(self):
        made = self.wide(30, 8)
        for names, options, layers in (
                (("3.self.query", "3.self.key", "3.self.value"), [], ["3.self"]),
                (("h.2.q_proj", "h.2.k_proj", "h.2.v_proj"), [], ["h.2"]),
                (("act_Q_h1", "act_K_h1", "act_V_h1"),
                 ["--queries", "act_Q_h*", "--keys", "act_K_h*", "--values", "act_V_h*"], ["1"]),
                (("x.one", "x.two", "x.three"), ["--queries", "one", "--keys", "two", "--values", "three"], ["x"]),
                (("q", "k", "v"), [], [""])):
            write_safetensors(self.at / "n.safetensors", {**dict(zip(names, made.values())), "other": made["q"]})
            self.assertEqual([l["layer"] for l in self.read("n.safetensors", *options)["layers"]], layers)

    def test_grouped_queries(self):
        write_safetensors(self.at / "g.safetensors", {"q": tensor(side_by_side(self.heads_of(6))),
                                                      "k": tensor(side_by_side(self.heads_of(2))),
                                                      "v": tensor(side_by_side(self.heads_of(2)))})
        heads = self.read("g.safetensors", "--heads", "6")["layers"][0]["heads"]  # 2 by the shapes
        self.assertEqual([h["kv_head"] for h in heads], [0, 0, 0, 1, 1, 1])
        self.assertEqual(heads[0]["k"], heads[2]["k"])
        self.assertNotEqual(heads[0]["k"], heads[3]["k"])
        self.assertEqual(self.read("g.safetensors", "--heads", "6", "--kv-heads", "2")["layers"][0]["heads"], heads)

    def test_rows_that_are_not_numbers_are_counted(self):
        q = normals(self.rng, 100, 8)
        q[3][1] = math.nan
        q[70][0] = math.inf
        write_safetensors(self.at / "n.safetensors", {**self.wide(100, 8), "q": tensor(q)})
        head = self.read("n.safetensors")["layers"][0]["heads"][0]
        self.assertEqual(head["q"]["rows"], {"all": 100, "distinct": 98, "nonfinite": 2})
        self.assertGreater(head["q"]["of_all_rows"]["counts"]["nonfinite"], 0)
        self.assertIsNotNone(head["q"]["cv"])

    def test_the_same_bytes_again(self):
        write_safetensors(self.at / "m.safetensors", self.wide(50, 16))
        for arguments in ([], ["--json"], ["--law", "sphere"]):
            self.assertEqual(self.succeed("heads", "m.safetensors", *QUICK, *arguments),
                             self.succeed("heads", "m.safetensors", *QUICK, *arguments))

    def test_no_value_at_all_is_status_2(self):
        write_safetensors(self.at / "m.safetensors", self.wide(50, 3))
        status, out, err = self.run_program("heads", "m.safetensors", "--json")
        self.assertEqual(status, 2)
        self.assertRegex(err, r"\Aheads: no head has a value: dimension below the simplex order; [^\n]+\n\Z")
        self.assertEqual(json.loads(out)["layers"][0]["heads"][0]["class"], "undefined")

    def test_names_of_strangers_stay_on_their_line(self):
        made = self.wide(50, 8)
        write_safetensors(self.at / "m.safetensors", {"a\u202e\u2028b." + n: t for n, t in made.items()})
        out = self.succeed("heads", "m.safetensors", *QUICK)
        self.assertIn("a\\u202e\\u2028b", out)
        self.assertNotIn("\u202e", out)
        write_safetensors(self.at / "m.safetensors", {"\u202e": made["q"]})
        self.fail_with(2, ["\\u202e"], "heads", "m.safetensors")

    def test_wrong_input(self):
        made = self.wide(50, 12)
        write_safetensors(self.at / "m.safetensors", made)
        heads = lambda *arguments: ("heads", "m.safetensors", *arguments)
        for arguments, parts in (
                (["--heads", "0"], ["--heads", "from 1"]), (["--heads", "x"], ["--heads"]),
                (["--layout", "dim"], ["--layout", "tokens,features"]), (["--samples", "1"], ["--samples"]),
                (["--band", "0.3:0.1"], ["--band", "LO:HI"]), (["--band", "0.3:0.3"], ["--band", "LO < HI"]),
                (["--deviations", "-1"], ["--deviations"]), (["--deviations", "nan"], ["--deviations"]),
                (["--collapse", "2"], ["--collapse", "from 0"]), (["--law", "x"], ["--law", "sphere"]),
                (["--queries", "q"], ["all three"]), (["--nonsense"], ["--nonsense"]),
                (["--queries", "a*b*", "--keys", "k", "--values", "v"], ["a*b*", "one *"]),
                (["--queries", "none", "--keys", "k", "--values", "v"], ["'none'", "'q'"]),
                (["--queries", "q", "--keys", "none", "--values", "v"], ["'q'", "no keys", "'none'"])):
            self.fail_with(2, parts, *heads(*arguments))
        self.fail_with(2, ["FILES"], "heads")
        self.fail_with(2, ["m.txt", ".safetensors or .npy"], "heads", "m.txt")
        self.fail_with(1, ["none.npy", "No such file"], "heads", "none.npy")
        self.fail_with(2, ["'q'", "two of the files"], "heads", "m.safetensors", "m.safetensors")
        self.fail_with(1, ["queries of 50 x 12 for 5 heads", "'q' of 50 x 12"], *heads("--heads", "5"))
        self.fail_with(1, ["too few axes", "tokens,heads,dim"], *heads("--layout", "tokens,heads,dim"))
        whole = (self.at / "m.safetensors").read_bytes()
        for name, content in (("cut", whole[:-5]), ("short", whole[:40]), ("empty", b""), ("text", b"not tensors" * 9)):
            (self.at / f"{name}.safetensors").write_bytes(content)
            self.fail_with(1, [f"{name}.safetensors", "expected"], "heads", f"{name}.safetensors")
        (self.at / "bad.npy").write_bytes(b"\x93NUMPY\x01\x00")
        self.fail_with(1, ["bad.npy"], "heads", "bad.npy")
        for changes, arguments, parts in (
                ({"k": tensor(normals(self.rng, 50, 10))}, [], ["head_dim 12", "head_dim 10", "'k' of 50 x 10"]),
                ({"k": tensor(normals(self.rng, 50, 9))}, ["--heads", "4"], ["'k' of 50 x 9"]),
                ({"v": tensor(normals(self.rng, 40, 12))}, [], ["keys of 50 x 12", "values of 40 x 12"]),
                ({"k": tensor(normals(self.rng, 50, 12)), "q": tensor(normals(self.rng, 50, 18))},
                 ["--heads", "3", "--kv-heads", "2"], ["3 heads of queries and 2 of keys"]),
                ({"k": tensor(normals(self.rng, 50, 12), [50, 2, 6])}, ["--layout", "tokens,heads,dim"], ["axes"]),
                ({"q": ("C64", [50, 6], bytes(2400))}, [], ["'q'", "C64"])):
            write_safetensors(self.at / "w.safetensors", {**made, **changes})
            self.fail_with(1 if "C64" not in parts else 2, parts, "heads", "w.safetensors", *arguments)
        write_safetensors(self.at / "w.safetensors", made, {"heads": "many"})
        self.fail_with(2, ["metadata heads", "many"], "heads", "w.safetensors")
        for key in "heads", "layout":  # nothing that a terminal obeys
            write_safetensors(self.at / "w.safetensors", made, {key: "\x1b[31m\n"})
            self.fail_with(2, ["metadata " + key, r"\u001b[31m\n"], "heads", "w.safetensors")
        with open("/dev/full", "w") as full:
            self.fail_with(1, ["standard output"], *heads(*QUICK), stdout=full)


if __name__ == "__main__":
    unittest.main()
