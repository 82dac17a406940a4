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

    def test_heads_of_grouped_keys_and_trends(self):
        width, dim, heads, groups, layers = 24, 4, 4, 2, 4
        draw = random.Random(8)
        matrix = lambda rows, cols: ((rows, cols), [draw.gauss(0, 1) for _ in range(rows * cols)])
        tensors = {"model.embed_tokens.weight": matrix(30, width), "lm_head.weight": matrix(30, width),
                   "model.norm.weight": ((width,), [1.0] * width)}
        size = dim * width
        for layer in range(layers):
            at = f"model.layers.{layer}.self_attn."
            tensors[at + "q_proj.weight"], tensors[at + "k_proj.weight"] = matrix(heads * dim, width), matrix(groups * dim, width)
            tensors[at + "v_proj.weight"], tensors[at + "o_proj.weight"] = matrix(groups * dim, width), matrix(width, heads * dim)
            q, k = tensors[at + "q_proj.weight"][1], tensors[at + "k_proj.weight"][1]
            # A growing share of head 3, whose keys are head 1 of the groups, are its own keys: attraction rises.
            for i in range(size):
                q[3 * size + i] += 3 * layer * k[size + i]
        k = tensors["model.layers.2.self_attn.k_proj.weight"][1]
        tensors["model.layers.2.self_attn.q_proj.weight"][1][size:2 * size] = k[:size]  # head 1 of group 0
        self.write(tensors)
        (self.at / "config.json").write_text(json.dumps({
            "model_type": "llama", "num_attention_heads": heads, "num_key_value_heads": groups, "head_dim": dim}))
        out = self.probe(self.at)
        lines = out["qk_heads"]
        self.assertEqual([(l["heads"], l["key_heads"], l["head_dim"]) for l in lines], [(heads, groups, dim)] * layers)
        self.assertEqual([h["key_head"] for h in lines[0]["by_head"]], [0, 0, 1, 1])
        for layer, line in enumerate(lines):
            for head in line["by_head"]:
                planted = (layer, head["head"]) == (2, 1)
                self.assertEqual((head["positive"], head["negative"]), (dim, 0) if planted else (dim, dim))
                self.assertEqual(head["zero"], width - head["positive"] - head["negative"])
        self.assertAlmostEqual(lines[2]["by_head"][1]["signed_energy"], 1, places=6)
        self.assertEqual(lines[0]["null_positive_fraction"]["value"], dim / width)
        trends = {t["figure"]: t for t in out["qk_trends"]}
        self.assertEqual(trends["signed energy of heads"]["layers"], layers)
        self.assertGreater(trends["signed energy of heads"]["slope"]["value"], 0)
        self.assertAlmostEqual(trends["signed energy of heads"]["spearman"]["null"]["sd"], 3 ** -0.5)
        self.assertNotIn("positive fraction", trends)  # the documented product has other shapes on its sides
        head = out["output_heads"][0]
        self.assertFalse(head["equal"])
        self.assertLess(abs(head["cosine"]["mean"]["value"]), 0.2)
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
        self.write(tensors)
        head = self.probe(self.at)["output_heads"][0]
        self.assertTrue(head["equal"])
        self.assertEqual(head["relative_difference"], 0)
        self.assertEqual({norm["starts_at"] for norm in out["norms"]}, {1})
        (self.at / "config.json").unlink()
        self.assertIn("config.json", self.probe(self.at)["qk_heads"][0]["reason"])
        self.assertIn("Heads in the residual stream", self.succeed("probe", self.at))

    def test_filters_and_positions(self):
        draw = random.Random(5)
        filters = [draw.gauss(0, 1) for _ in range(16 * 8 * 9)]
        filters[3 * 72:4 * 72] = [1e-5] * 72
        filters[7 * 72:8 * 72] = [0.05] * 72
        tensors = t5()
        tensors["stem.conv1.weight"] = ((16, 8, 3, 3), filters)
        self.write(tensors)
        (self.at / "mapping.json").write_text(json.dumps({"rules": [
            {"pattern": "stem.conv1.weight", "role": "convolution"},
            {"pattern": "*relative_attention_bias.weight", "role": "position_bias"}]}))
        out = self.probe(self.at, "--mapping", self.at / "mapping.json")
        line, = out["filters"]
        self.assertEqual((line["filters"], line["size"], line["dead"], line["weak"]), (16, 72, 1, 2))
        self.assertLess(line["null_weak"]["value"], 1e-20)
        self.assertLess(line["active_fraction"]["value"], 1)
        table = tensors["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"][1]
        for head, found in enumerate(out["position_bias"][0]["by_head"]):
            column = table[head::HEADS]
            self.assertEqual(found["peak"], column.index(max(column)))
            self.assertAlmostEqual(found["largest"], max(column), places=6)
            self.assertAlmostEqual(found["falling"], sum(b <= a for a, b in zip(column[:15], column[1:16])) / 15)
        self.assertEqual(out["embeddings"], [])

    def plant_digits(self):
        """A T5 whose embedding has the digits on an arc, at tokens 10 to 19, and three colours in one place."""
        tensors = t5()
        rows = tensors["shared.weight"][1]
        for digit in range(10):
            rows[(10 + digit) * WIDTH:(11 + digit) * WIDTH] = \
                [math.cos(digit / 8), math.sin(digit / 8)] + [0.0] * (WIDTH - 2)
        for colour in range(3):
            rows[(30 + colour) * WIDTH:(31 + colour) * WIDTH] = [10 + draw for draw in (colour, 0, 1)] * (WIDTH // 3)
        self.write(tensors)

    def test_tokens(self):
        self.plant_digits()
        self.assertIn("no tokenizer.json", self.probe(self.at)["tokens"]["reason"])
        self.assertIn("none, no tokenizer.json", self.succeed("probe", self.at))
        words = {**{f"\u2581{d}": 10 + d for d in range(10)}, "3": 5, "\u2581red": 30, "\u2581blue": 31,
                 "\u2581green": 32, "dog": 8}

        def check(out):
            line, = out["tokens"]["embeddings"]
            digits = line["digits"]
            self.assertEqual(digits["tokens"], list(range(10, 20)))
            self.assertEqual(digits["before_words"], "\u2581")
            self.assertLess(digits["correlation"]["value"], -0.95)
            self.assertLess(digits["correlation"]["z"], -3)
            self.assertAlmostEqual(digits["adjacent"], math.cos(1 / 8), places=6)
            colours = {c["name"]: c for c in line["categories"]}["colours"]
            self.assertEqual(colours["tokens"], [30, 31, 32])
            self.assertIn("brown", colours["missing"])
            self.assertGreater(colours["within"]["z"], 3)
            self.assertAlmostEqual(colours["lift"], colours["within"]["value"] - line["overall_cosine"])
            animals = {c["name"]: c for c in line["categories"]}["animals"]
            self.assertEqual(animals["tokens"], [8])
            self.assertIsNone(animals["within"]["value"])

        tokenizer = self.at / "tokenizer.json"
        tokenizer.write_text(json.dumps({"model": {"type": "BPE", "vocab": words}}))
        check(self.probe(self.at))
        check(self.probe(self.at / "model.safetensors"))
        by_number = {number: word for word, number in words.items()}
        listed = [[by_number.get(i, f"<{i}>"), -1.0] for i in range(40)]
        tokenizer.write_text(json.dumps({"model": {"type": "Unigram", "vocab": listed}}))
        check(self.probe(self.at))
        tokenizer.unlink()
        (self.at / "vocab.txt").write_text("\n".join(word for word, _ in listed))
        check(self.probe(self.at))
        (self.at / "vocab.json").write_text(json.dumps(words))
        check(self.probe(self.at))
        self.assertIn("colours", self.succeed("probe", self.at))
        (self.at / "vocab.json").write_text(json.dumps({"cat": 40}))  # more tokens than rows
        self.assertIn("40 rows", self.probe(self.at)["tokens"]["embeddings"][0]["reason"])
        (self.at / "vocab.json").write_text("[]")
        self.assertIn("no vocabulary of a known form", self.probe(self.at)["tokens"]["reason"])
        (self.at / "vocab.json").write_text('{"cat": "x"}')
        self.fail_with(1, ["vocab.json", "no number"], "probe", self.at)
        (self.at / "vocab.json").unlink()
        (self.at / "vocab.txt").unlink()

        def tokens(document):
            (self.at / "tokens.json").write_text(document if isinstance(document, str) else json.dumps(document))
            return "probe", self.at, "--tokens", self.at / "tokens.json"

        command = tokens({"digits": {str(d): 10 + d for d in (0, 3, 4, 9)}, "categories": {"evil\u2028": [30, 31, 32]}})
        self.assertNotIn("\u2028", self.succeed(*command))
        line, = json.loads(self.succeed(*command, "--json"))["tokens"]["embeddings"]
        self.assertEqual(line["digits"]["tokens"], [10, 13, 14, 19])
        self.assertAlmostEqual(line["digits"]["adjacent"], math.cos(1 / 8), places=6)
        self.assertGreater(line["categories"][0]["within"]["z"], 3)
        self.fail_with(2, ["no tokenizer.json"], *tokens({"categories": {"a": ["cat"]}}))
        self.fail_with(2, ["unknown key 'digit'"], *tokens({"digit": {}}))
        self.fail_with(2, ["digit '10'"], *tokens({"digits": {"10": 1}}))
        self.fail_with(2, ["neither a number nor a word"], *tokens({"categories": {"a": [-1]}}))
        self.fail_with(2, ["is no list"], *tokens({"categories": {"a": 3}}))
        self.fail_with(2, ["no object"], *tokens([]))
        self.fail_with(1, ["cut off"], *tokens("{"))
        self.fail_with(1, ["nowhere.json"], "probe", self.at, "--tokens", "nowhere.json")
        too_many = json.loads(self.succeed(*tokens({"categories": {"a": [1, 40]}}), "--json"))
        self.assertIn("40 rows", too_many["tokens"]["embeddings"][0]["reason"])

    def test_volumes_and_distances_of_an_embedding(self):
        draw = random.Random(2)
        tensors = t5()
        rows, dim = 600, WIDTH
        values = [draw.gauss(0, 3 if j == 0 else 0.5) for _ in range(rows) for j in range(dim)]
        tensors["shared.weight"] = ((rows, dim), values)
        self.write(tensors)
        line, = self.probe(self.at)["embeddings"]
        volumes = line["pentachora"]
        self.assertEqual(volumes["documented"]["drawn"], 1000)
        self.assertLess(volumes["ratio_to_gaussian"]["value"], 0.5)  # one long direction, and four-volumes need four
        self.assertAlmostEqual(volumes["ratio_by_covariance"]["value"], 1, delta=0.1)
        self.assertLess(abs(volumes["ratio_by_column"]["z"]), 6)
        self.assertAlmostEqual(volumes["ours"]["cv"], volumes["cv_by_covariance"]["value"], delta=0.08)
        sample = [math.dist(values[i * dim:(i + 1) * dim], values[j * dim:(j + 1) * dim])
                  for i in range(rows) for j in range(i)]
        self.assertEqual(line["distances"]["rows"], rows)
        self.assertAlmostEqual(line["distances"]["mean"]["value"], sum(sample) / len(sample), places=4)
        self.assertAlmostEqual(line["distances"]["percentiles"]["50 %"], sorted(sample)[len(sample) // 2], places=2)
        near = line["cosines"]["near"][0]
        self.assertEqual((near["constant"], near["within"]), (0, 0.01))
        self.assertTrue(0 < near["share"] < 0.1 and 0 < near["null"] < 0.1)

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
