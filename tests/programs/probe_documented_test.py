# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""What the documents say stands beside the nulls, and beside the weights of a model that is recognised."""
import csv
import json
import math
import struct
import unittest

from programs import Programs


def read_safetensors(path):
    raw = path.read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8:8 + size]), bytearray(raw[8 + size:])


def write_safetensors(path, header, data):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Documented(Programs):
    def documented(self, *arguments):
        return json.loads(self.succeed("probe", *arguments, "--json"))

    def rows(self, out):
        return {(r["section"], r["figure"], r["of"]): r for r in out["rows"]}

    def make(self, arch):
        self.succeed("make_checkpoint", "--arch", arch, "--scale", "tiny", arch)
        return self.at / arch

    def test_figures_beside_their_nulls(self):
        out = self.documented("--documented", "t5-small")
        self.assertEqual((out["schema"], out["schema_version"], out["model"]), ("geolip.probe.documented", 1, "t5-small"))
        self.assertEqual(out["figures"], len(out["rows"]))
        self.assertEqual(sum(out["verdicts"].values()), out["figures"])
        rows = self.rows(out)
        dead = rows["VI.4", "dead neurons", "feed-forward up"]
        self.assertEqual((dead["documented"], dead["null"]["value"], dead["verdict"]), (0, 0, "chance"))
        units = rows["VI.4", "neurons", "feed-forward up"]
        self.assertEqual((units["documented"], units["null"]["value"], units["verdict"]), (24576, 24576, "arithmetic"))
        # Closed forms: N Gaussian rows in D dimensions; 12 pairs of layers less two; 8 heads and 32 buckets.
        ratio = rows["II.1", "participation ratio", "embedding"]
        self.assertAlmostEqual(ratio["null"]["value"], 512 / (1 + 512 / 32128), delta=0.1)
        self.assertEqual(ratio["verdict"], "not chance")
        cosine = rows["VI.5", "cosine of neighbouring layers", "self q"]
        self.assertAlmostEqual(cosine["null"]["sd"], 1 / math.sqrt(512 * 512 * 10))
        self.assertEqual((cosine["null"]["value"], cosine["equals_null"]), (0, True))
        self.assertEqual(rows["VI.6", "local heads", "decoder position biases"]["null"]["value"], 8 * 3 / 32)
        # NumPy, 12 matrices of 512 x 512: 129.6, sd 1.5.
        rank = rows["VI.2", "stable rank", "self q"]
        self.assertAlmostEqual(rank["null"]["value"], 129.6, delta=1.5)
        share = rows["VI.1", "% below 0.1", "self k"]
        self.assertAlmostEqual(share["null"]["value"], 100 * math.erf(0.1 * math.sqrt(512 / 2)))
        text = self.succeed("probe", "--documented", "t5-small")
        self.assertIn("24576", text)
        self.assertIn(f"{out['equal_to_null']} equal what chance gives", text)

    def test_all_models_and_pairs(self):
        out = self.documented("--documented")
        self.assertEqual(len({r["model"] for r in out["rows"]}), 17)
        self.assertIsNone(out["model"])
        rows = {(r["model"], r.get("other"), r["figure"], r["of"]): r for r in out["rows"]}
        common = rows["sd15-vae", "flux2-vae", "common matrices", "all weights"]
        self.assertEqual((common["documented"], common["null"]["value"]), (68, 68))
        # Simulated by others over these 68 matrices: .92.
        aligned = rows["sd15-vae", "flux2-vae", "cosine after alignment", "all weights"]
        self.assertAlmostEqual(aligned["null"]["value"], 0.92, delta=0.005)
        self.assertEqual(rows["t5gemma2-4b", None, "positive share, mean", "encoder self q"]["verdict"], "arithmetic")
        cross = rows["t5-v1_1-xxl", None, "positive share, mean", "cross q"]
        self.assertEqual((cross["documented"], cross["verdict"]), (0.5, "chance"))
        self.assertEqual(rows["sd15-unet", None, "neurons", "feed-forward up"]["verdict"], "does not hold")
        stated = {(s["model"], s["section"]) for s in out["slips"]}
        self.assertIn(("sd15-unet", "XIII.3"), stated)
        for name in ("sd15-vae", "flux2-vae"):  # a pair is shown for both
            pairs = [r for r in self.documented("--documented", name)["rows"] if r.get("other") == "flux2-vae"]
            self.assertGreaterEqual(len(pairs), 6)

    def test_a_recognised_model_and_a_planted_deviation(self):
        folder = self.make("t5-small")
        self.assertIn("Its weights are random", self.succeed("probe", folder))
        header, data = read_safetensors(folder / "model.safetensors")
        del header["__metadata__"]  # as if they were trained
        write_safetensors(folder / "model.safetensors", header, data)

        def verdict():
            out = self.documented(folder)["documented"]
            self.assertEqual((out["model"], out["scale"], out["random_weights"]), ("t5-small", "tiny", False))
            row = self.rows(out)["VI.4", "dead neurons", "feed-forward up"]
            return row["measured"], row["verdict"]

        self.assertEqual(verdict(), (0, "reproduced, chance"))
        place = header["encoder.block.1.layer.1.DenseReluDense.wi.weight"]
        width = place["shape"][1]
        begin = place["data_offsets"][0] + 5 * 4 * width
        data[begin:begin + 4 * width] = bytes(4 * width)
        write_safetensors(folder / "model.safetensors", header, data)
        self.assertEqual(verdict(), (1, "does not hold"))
        self.succeed("probe", folder, "--csv", "f.csv", "--html", "f.html")
        with open(self.at / "f.csv", newline="") as file:
            lines = {(r["section"], r["place"], r["figure"]): r for r in csv.DictReader(file)}
        for what, value in (("documented", "0"), ("measured", "1")):
            line = lines["documented", "feed-forward up", "VI.4 dead neurons, " + what]
            self.assertEqual((float(line["value"]), float(line["null"])), (float(value), 0))
        page = (self.at / "f.html").read_text()
        self.assertIn("Beside the documents", page)
        self.assertIn("t5-small", page)
        text = self.succeed("probe", folder, "--documented", "t5-small")
        self.assertRegex(text, r"dead neurons: feed-forward up +0 +1 +0 +does not hold")

    def test_what_was_not_asked_for_is_not_measured(self):
        rows = self.rows(self.documented(self.make("t5-small"), "--only", "neurons")["documented"])
        self.assertEqual(rows["VI.4", "dead neurons", "feed-forward up"]["measured"], 0)
        for place in (("II.1", "participation ratio", "embedding"), ("VI.2", "stable rank", "self q"),
                      ("VI.3", "positive share, last layer", "encoder self q")):
            self.assertIsNone(rows[place]["measured"])
            self.assertTrue(rows[place]["reason"])

    def test_tokens_and_volumes_are_measured(self):
        folder = self.make("t5-small")
        self.assertIn("vocabulary", self.rows(self.documented(folder)["documented"])["IV.1", "digits, gap", "embedding"]["reason"])
        tokens = {"digits": {str(d): 3 + d for d in range(10)}, "categories": {"colours": list(range(20, 32))}}
        (self.at / "t.json").write_text(json.dumps(tokens))
        out = self.documented(folder, "--tokens", self.at / "t.json")
        rows, found = self.rows(out["documented"]), out["tokens"]["embeddings"][0]
        for figure, value in (("digits, correlation with |i - j|", found["digits"]["correlation"]["value"]),
                              ("digits, neighbours", found["digits"]["adjacent"]),
                              ("digits, apart", found["digits"]["others"]),
                              ("digits, gap", found["digits"]["gap"]["value"])):
            self.assertEqual(rows["IV.1", figure, "embedding"]["measured"], value)
        colours = found["categories"][0]
        measured = {r["figure"]: r["measured"] for r in out["documented"]["rows"] if r.get("note") == "colors"}
        self.assertEqual(measured, {"category cosine": colours["within"]["value"], "category lift": colours["lift"]})
        others = [r for r in out["documented"]["rows"] if r["section"] == "IV.2" and r.get("note") != "colors"]
        self.assertTrue(others and all(r["measured"] is None and r["reason"] for r in others))
        volumes = out["embeddings"][0]["pentachora"]
        self.assertEqual(rows["III.1", "valid volumes of 1000", "embedding"]["measured"], volumes["documented"]["valid"])
        self.assertEqual(rows["III.1", "mean volume / Gaussian", "embedding"]["measured"],
                         volumes["documented_ratio_to_gaussian"]["value"])

    def test_models_of_one_shape_and_none(self):
        folder = self.make("sdxl-vae")
        self.assertEqual(self.documented(folder)["documented"]["model"], "sdxl-vae")  # config.json
        weights = folder / "diffusion_pytorch_model.safetensors"
        (folder / "config.json").unlink()
        alone = self.documented(weights)["documented"]
        self.assertEqual((alone["model"], alone["candidates"]), (None, ["sd15-vae", "sdxl-vae"]))
        self.assertIn("sd15-vae and of sdxl-vae", self.succeed("probe", weights))
        self.assertEqual(self.documented(weights, "--documented", "sd15-vae")["documented"]["model"], "sd15-vae")
        self.fail_with(2, ["'t5-base'", "other shapes"], "probe", weights, "--documented", "t5-base")
        header, data = read_safetensors(weights)
        entry = header["encoder.mid_block.attentions.0.to_q.weight"]
        entry["shape"] = [entry["shape"][0] // 2, entry["shape"][1] * 2]  # another shape of as many elements
        write_safetensors(weights, header, data)
        self.assertIsNone(self.documented(weights)["documented"])
        self.assertNotIn("Beside the documents", self.succeed("probe", weights))

    def test_wrong_input(self):
        self.fail_with(2, ["PATH"], "probe")
        self.fail_with(2, ["no known model 'nope'", "t5-small"], "probe", "--documented", "nope")


if __name__ == "__main__":
    unittest.main()
