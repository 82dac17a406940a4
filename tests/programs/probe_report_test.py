# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The reports of a probe as files: one document in three forms, the same for any number of threads, whole or not there,
and safe against what the names in a checkpoint say."""
import base64
import csv
import hashlib
import html.parser
import json
import math
import random
import re
import unittest

from probe_test import HEADS, UNITS, WIDTH, t5, write_safetensors
from programs import Programs

HOSTILE = ["<script>alert(1)</script>", "\"onload='x' x=", "a\u202egnp", "b" * 10000, "=cmd|' /C calc'!A0", "@SUM(1;=2)",
           "+1", "-1", "\u05d0\u05d1\u05d2", "]]>--><!--", "&lt;b&gt;", "</style><img src=//evil.example/x>",
           "a;=cmd(),\"q\"", "\uff1dcmd()", " =1", "'=1", "\u061cmark", "\U000e0041tag"]
VOID = {"meta"}


class Page(html.parser.HTMLParser):
    """Checks while it parses: every tag is closed, nothing runs, nothing is fetched."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.ids, self.references, self.texts, self.style, self.policy = [], {}, [], [], [], "", None
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        assert tag not in ("script", "iframe", "object", "embed", "link", "base", "form", "img", "image", "use", "foreignobject",
                           "animate", "set"), tag
        for name, value in attributes:
            assert not name.startswith("on") and name not in ("style", "src", "srcset", "action", "xlink:href"), (tag, name)
            if name == "href":
                assert re.fullmatch(r"#s\d+", value), value
                self.references.append(value[1:])
            if name == "aria-labelledby":
                self.references += value.split()
            if name == "id":
                self.ids.append(value)
        if dict(attributes).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attributes)["content"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_comment(self, data):
        raise AssertionError("a comment: " + data)

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.texts.append(data)


def estimates(value):
    """(value, null, its sd, z) of everything in a document that has a value and a null."""
    if isinstance(value, dict):
        if "value" in value and "null" in value:
            yield value["value"], value["null"]["value"], value["null"]["sd"], value.get("z")
        for child in value.values():
            yield from estimates(child)
    elif isinstance(value, list):
        for child in value:
            yield from estimates(child)


class Report(Programs):
    def write(self, tensors, name="model.safetensors", folder="m"):
        (self.at / folder).mkdir(exist_ok=True)
        write_safetensors(self.at / folder / name, tensors)

    def report(self, *arguments):
        """Text on stdout, JSON, CSV and HTML of the model in the folder m."""
        text = self.succeed("probe", "m", "--json", "r.json", "--csv", "r.csv", "--html", "r.html", *arguments)
        return [text] + [(self.at / name).read_bytes().decode() for name in ("r.json", "r.csv", "r.html")]

    def rows(self, text):
        self.assertTrue(text.endswith("\r\n"))
        rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
        self.assertEqual(rows[0], "section,tensor,place,layer,figure,value,standard_error,null,null_sd,z,reason".split(","))
        self.assertEqual({len(row) for row in rows}, {11})
        return rows[1:]

    def test_the_same_bytes_for_any_number_of_threads(self):
        self.write(t5(3))
        one = self.report("--threads", 1, "--hash")
        self.assertEqual(self.report("--threads", 3, "--hash"), one)
        self.assertEqual(self.succeed("probe", "m"), one[0])
        self.assertEqual(sorted(path.name for path in self.at.iterdir()), ["m", "r.csv", "r.html", "r.json"])
        for part in one[1:]:
            self.assertNotIn(str(self.at), part)
        listed = json.loads(self.succeed("probe", "m", "--list", "--json"))
        self.assertEqual(set(listed) - set(json.loads(one[1])), set())

    def test_json_with_and_without_a_file(self):
        self.write(t5())
        document = self.succeed("probe", "m", "--json")
        self.assertEqual(self.succeed("probe", "--json", "m"), document)
        self.assertEqual(self.succeed("probe", "--json", "m", "--threads", 1), document)
        for arguments in (["m", "--json", "x"], ["--json", "x", "m"], ["m", "--json=x"], ["--json=x", "--seed", 42, "m"]):
            self.assertTrue(self.succeed("probe", *arguments).startswith("t5"))
            self.assertEqual((self.at / "x").read_text(), document)
            (self.at / "x").unlink()
        self.assertTrue(self.succeed("probe", "m", "--json", "/dev/stdout").startswith(document))

    def test_provenance_is_what_other_programs_say(self):
        self.write(t5())
        (self.at / "m/config.json").write_text('{"model_type": "t5"}')
        sha = lambda content: hashlib.sha256(content).hexdigest()
        model = (self.at / "m/model.safetensors").read_bytes()
        document = json.loads(self.succeed("probe", "m", "--json", "--hash", "--seed", 7))
        self.assertEqual(document["seed"], 7)
        (file,) = document["files"]
        self.assertEqual((file["name"], file["bytes"], file["sha256"]), ("model.safetensors", len(model), sha(model)))
        self.assertEqual(file["header_bytes"], 8 + int.from_bytes(model[:8], "little"))
        self.assertEqual(file["header_sha256"], sha(model[:file["header_bytes"]]))
        config = (self.at / "m/config.json").read_bytes()
        self.assertEqual(document["config"], {"name": "config.json", "bytes": len(config), "sha256": sha(config)})
        self.assertNotIn("sha256", json.loads(self.succeed("probe", "m", "--json"))["files"][0])

    def test_curves_and_histograms(self):
        tensors = t5(3)
        attention = "encoder.block.{}.layer.0.SelfAttention."
        diagonal = [float(i == j) * 2.0 ** -i for i in range(WIDTH) for j in range(WIDTH)]
        tensors[attention.format(1) + "v.weight"] = ((WIDTH, WIDTH), diagonal)
        tensors[attention.format(2) + "v.weight"] = ((WIDTH, WIDTH), [-3 * x for x in diagonal])
        bias = [0.25 * b - h for b in range(32) for h in range(HEADS)]
        tensors[attention.format(0) + "relative_attention_bias.weight"] = ((32, HEADS), bias)
        self.write(tensors)
        document = json.loads(self.succeed("probe", "m", "--json"))
        entries = {entry["tensor"]: entry for entry in document["entries"]}
        curve = entries[attention.format(1) + "v.weight"]["spectrum"]["curve"]
        self.assertEqual(curve["at"], list(range(WIDTH)))
        for i, x in enumerate(curve["values"]):
            self.assertAlmostEqual(x, 2.0 ** -i, places=6)
        self.assertEqual(curve["null"][0], 1)
        self.assertEqual(sorted(curve["null"], reverse=True), curve["null"])
        (cosines,) = [line for line in document["layer_correlation"] if line["group"] == "encoder self value"]
        self.assertEqual([len(row) for row in cosines["cosines"]], [2, 1])
        first, second = (tensors[attention.format(i) + "v.weight"][1] for i in (0, 1))
        dot = lambda a, b: sum(x * y for x, y in zip(a, b))
        expected = dot(first, second) / math.sqrt(dot(first, first) * dot(second, second))
        self.assertAlmostEqual(cosines["cosines"][0][0], expected, places=6)
        self.assertAlmostEqual(cosines["cosines"][1][0], -1, places=12)
        self.assertAlmostEqual(cosines["value"], (expected - 1) / 2, places=6)
        (position,) = document["position_bias"]
        self.assertEqual(position["biases"]["heads"], [bias[h::HEADS] for h in range(HEADS)])
        (pooled,) = document["neuron_importance"]
        self.assertEqual((pooled["units"], sum(pooled["histogram"]["counts"])), (3 * UNITS, 3 * UNITS))
        self.assertAlmostEqual(sum(pooled["histogram"]["expected"]), 3 * UNITS, delta=0.1)
        (embedding,) = document["embeddings"]
        self.assertEqual(sum(embedding["cosines"]["histogram"]["counts"]), 40 * 39 / 2)
        self.assertEqual(sum(embedding["norms"]["histogram"]["counts"]), 40)
        for what, count in (("cosines", 780), ("norms", 40)):
            self.assertAlmostEqual(sum(embedding[what]["histogram"]["expected"]) / count, 1, delta=0.01)
        self.assertAlmostEqual(sum(embedding["variances"]["values"]), 1, places=9)
        self.assertAlmostEqual(sum(embedding["variances"]["null"]), 1, places=3)
        for line in document["qk_balance"]:
            squares = [x * x for x in line["eigenvalues"]["values"]]
            self.assertAlmostEqual(sum(squares) / len(squares), 1, places=9)

    def test_the_csv_says_what_the_json_says(self):
        tensors = t5()
        tensors["encoder.block.1.layer.0.SelfAttention.o.weight"][1][3] = math.inf
        self.write(tensors)
        _, document, table, _ = self.report()
        document, rows = json.loads(document), self.rows(table)
        number = lambda cell: None if cell == "" else float(cell)
        found = sorted(map(repr, ([number(row[i]) for i in (5, 7, 8, 9)] for row in rows)))
        for estimate in estimates(document):
            line = repr([None if x is None else float(x) for x in estimate])
            self.assertIn(line, found)
            found.remove(line)
        by_figure = {(row[0], row[1], row[4]): row for row in rows}
        query = "encoder.block.1.layer.0.SelfAttention.q.weight"
        entry = next(e for e in document["entries"] if e["tensor"] == query)
        row = by_figure["entries", query, "spectrum.stable_rank"]
        self.assertEqual(row[2:4], ["encoder self query", "1"])
        self.assertEqual(float(row[5]), entry["spectrum"]["stable_rank"]["value"])
        for i, x in enumerate(entry["spectrum"]["curve"]["values"]):
            row = by_figure["entries", query, f"spectrum.curve[{i}]"]
            self.assertEqual((float(row[5]), float(row[7])), (x, entry["spectrum"]["curve"]["null"][i]))
        row = by_figure["entries", "encoder.block.1.layer.0.SelfAttention.o.weight", "spectrum.stable_rank"]
        self.assertEqual((row[5], row[10]), ("", "an element is not a finite number"))
        self.assertEqual(by_figure["entries", "encoder.final_layer_norm.weight", "measured"][10], "a vector")
        balance = document["qk_balance"][1]
        row = by_figure["qk_balance", balance["query"], "positive_fraction"]
        self.assertEqual([float(row[i]) for i in (5, 7, 8, 9)],
                         [balance["positive_fraction"], balance["null"]["value"], balance["null"]["sd"], balance["z"]])
        self.assertEqual(float(by_figure["document", "", "parameters"][5]), document["parameters"])

    def check_page(self, text):
        page = Page(text)
        self.assertTrue(text.startswith("<!DOCTYPE html>\n<html lang=\"en\">"))
        self.assertEqual(len(page.ids), len(set(page.ids)))
        self.assertEqual(set(page.references) - set(page.ids), set())
        style = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
        self.assertEqual(page.policy, f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'")
        self.assertNotIn("url(", page.style)
        self.assertNotIn("@import", page.style)
        self.assertEqual(re.findall(r"https?:|//|javascript:|nan|-?inf\b", re.sub(r'<bdi dir="ltr">.*?</bdi>', "", text)), [])
        self.assertEqual(page.tags["title"], page.tags.get("desc", 0) + 1)  # the page's, and each picture's
        return page

    def test_the_page_is_well_formed_and_has_every_section_that_has_data(self):
        self.write(t5(3))
        text = self.report()[3]
        page = self.check_page(text)
        self.assertGreater(page.tags["svg"], 40)
        words = " ".join(page.texts)
        for part in ("Small elements", "Spectra by role", "Queries and keys", "Neurons", "Across layers", "Position biases",
                     "Norm layers", "Embeddings", "Not measured", "encoder self query", "Stable rank", "Condition number"):
            self.assertIn(part, words)
        self.write({"alone.query.weight": t5()["shared.weight"]})
        words = " ".join(self.check_page(self.report()[3]).texts)
        for part in ("Position biases", "Neurons", "Queries and keys", "Embeddings"):
            self.assertNotIn(part, words)
        self.write({})
        self.check_page(self.report("--list")[3])

    def test_hostile_names(self):
        draw = random.Random(1)
        matrix = lambda: ((8, 8), [draw.gauss(0, 1) for _ in range(64)])
        names = [f"{name}.{i}.query.weight" for i, name in enumerate(HOSTILE)] + HOSTILE
        self.write({name: matrix() for name in names})
        (self.at / "m/config.json").write_text(json.dumps({"model_type": "<b>\u202e", "architectures": ["</title><script>"]}))
        _, document, table, text = self.report()
        page = self.check_page(text)
        self.assertNotIn("b", page.tags)
        self.assertLess(len(text), 200_000)  # names of 10,000 bytes are cut
        for character in "\u202e\u061c\U000e0041":
            self.assertNotIn(character, text)
            self.assertNotIn(character, table)
        words = "".join(page.texts)
        for part in ("<script>alert(1)</script>.0.query.weight", "a\\u202egnp.2", "</style><img src=//evil.example/x>", "&lt;b&gt;",
                     "(10000 bytes)", "\u05d0\u05d1\u05d2"):
            self.assertIn(part, words)
        self.assertEqual(text.count("<style>"), 1)
        rows = self.rows(table)
        for cell in (cell for row in rows for cell in row[:5] + row[10:]):
            self.assertNotRegex(cell, "^ *[=+@\uff1d\t\r-]")
            self.assertNotIn(";", cell)
        # What was done to a name can be undone.
        def undone(cell):
            cell = cell[1:] if cell.startswith("'") else cell
            return re.sub(r"\\(u(....)|U(.{8})|(['\\]))", lambda m: m[4] or chr(int(m[2] or m[3], 16)), cell)
        self.assertEqual({undone(row[1]) for row in rows if row[0] == "entries"}, set(names))
        self.assertEqual({entry["tensor"] for entry in json.loads(document)["entries"]}, set(names))

    def test_two_models(self):
        draw = random.Random(2)
        names = [f"{name}.{i}.query.weight" for i, name in enumerate(HOSTILE)] + HOSTILE
        a, b = t5(3), t5(3)
        for name in names:
            for tensors in (a, b):
                tensors[name] = (8, 8), [draw.gauss(0, 1) for _ in range(64)]
        b["encoder.block.0.layer.0.SelfAttention.k.weight"][1][3] = math.nan
        self.write(a)
        self.write(b, folder="other")
        one = self.report("--against", "other", "--layers", "--threads", 1)
        self.assertEqual(self.report("--against", "other", "--layers", "--threads", 3), one)
        document, rows, text = json.loads(one[1]), self.rows(one[2]), one[3]
        page = self.check_page(text)
        self.assertEqual(self.succeed("probe", "m", "--against", "other", "--layers"), one[0])
        words = "".join(page.texts)
        for part in ("All weights", "Role by role", "Layer against layer", "Embeddings", "All pairs", "Not aligned",
                     "encoder self query: residual", "an element is not a finite number", "<script>alert(1)</script>",
                     "</style><img src=//evil.example/x>"):
            self.assertIn(part, words)
        for cell in (cell for row in rows for cell in row[:5] + row[10:]):
            self.assertNotRegex(cell, "^ *[=+@\uff1d\t\r-]")
        by_figure = {(row[0], row[1], row[4]): row for row in rows}
        self.assertEqual(len([row for row in rows if row[:1] + row[4:5] == ["pairs", "partner"]]), len(document["pairs"]))
        pair = next(pair for pair in document["pairs"] if pair["a"].endswith("0.layer.0.SelfAttention.q.weight"))
        row, figure = by_figure["pairs", pair["a"], "aligned_cosine"], pair["aligned_cosine"]
        self.assertEqual(row[2:4], ["encoder self query 0", "0"])
        self.assertEqual([float(row[i]) for i in (5, 7, 8)],
                         [figure["value"], figure["null"]["value"], figure["null"]["sd"]])
        row = by_figure["pairs", pair["a"], "aligned_cosine.matched_null"]
        self.assertEqual([float(row[i]) for i in (7, 8)], [figure["matched_null"][key] for key in ("value", "sd")])
        self.assertEqual(by_figure["unaligned.a", "encoder.final_layer_norm.weight", "measured"][10], "a vector")
        squares = next(line for line in document["layers"] if line["group"] == "encoder self query")
        residuals = [row[5] for row in rows if row[0] == "layers" and row[2] == squares["group"] and row[4] == "residual[1][2]"]
        self.assertEqual([float(x) for x in residuals], [squares["residual"][1][2]])

    def test_what_cannot_be_written_is_said_and_nothing_is_left(self):
        self.write(t5())
        for option in ("--json", "--csv", "--html"):
            other = "--csv" if option != "--csv" else "--html"
            self.fail_with(1, ["/dev/full"], "probe", "m", option, "/dev/full", other, "other")
            self.fail_with(1, ["nowhere/x"], "probe", "m", option, "nowhere/x", other, "other")
            self.fail_with(1, ["cannot"], "probe", "m", option, "m", other, "other")
        (self.at / "r.csv").write_text("old")
        self.fail_with(1, ["/dev/full"], "probe", "m", "--csv", "r.csv", "--html", "/dev/full")
        self.fail_with(2, ["model.safetensors", "another file"], "probe", "m", "--json", "m/model.safetensors")
        self.fail_with(2, ["another file"], "probe", "m", "--csv", "same", "--html", "./same")
        self.fail_with(2, ["PATH"], "probe", "--csv", "x")
        self.fail_with(2, ["PATH"], "probe", "--json")
        self.fail_with(1, ["x"], "probe", "--json", "x")


if __name__ == "__main__":
    unittest.main()
