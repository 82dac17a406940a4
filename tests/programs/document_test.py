# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The document that sweep writes against its schema, its table, and band's answers against the document's own."""
import json
import pathlib
import sys
import unittest

from programs import Programs

sys.path.append(str(pathlib.Path(__file__).parents[1] / "fixtures"))
import make_band  # noqa: E402

GRID = ["--dims", "8:128:8", "--vocabs", "8:512:24"]


def rows_of(table):
    """The cells of a printed table's body, split at two blanks or more."""
    lines = table.splitlines()
    rule = next(i for i, line in enumerate(lines) if line and set(line) == {"-"})
    body = []
    for line in lines[rule + 1:]:
        if not line:
            break
        body.append([cell.strip() for cell in line.split("  ") if cell.strip()])
    return body


class Document(Programs):
    def sweep(self, *arguments):
        """The document, with every number's text checked to be the shortest that reads back."""

        def shortest(text):
            self.assertEqual(repr(float(text)), text)
            return float(text)

        return json.loads(self.succeed("sweep", *arguments, "--json"), parse_float=shortest)

    def test_schema(self):
        d = self.sweep(*GRID)
        self.assertEqual(set(d), {"sweep", "band", "band_results", "all_results", "provenance"})
        self.assertEqual(d["sweep"], {"dims": list(range(8, 129, 8)), "vocabs": list(range(8, 513, 24))})
        self.assertEqual(d["band"], {"lo": 0.13, "hi": 0.30})
        self.assertEqual([(e["V"], e["D"]) for e in d["all_results"]],
                         [(v, k) for v in range(8, 513, 24) for k in range(8, 129, 8)])
        for e in d["all_results"]:
            self.assertEqual(set(e), {"V", "D", "CV", "in_band"})
            self.assertIs(e["in_band"], 0.13 < e["CV"] < 0.30)
        inside = [e for e in d["all_results"] if e["in_band"]]
        self.assertEqual(d["band_results"], sorted(inside, key=lambda e: (e["CV"], e["D"], e["V"])))
        self.assertEqual({k: v for k, v in d["provenance"].items() if k not in ("version", "isa")},
                         {"random_version": 1, "seed": 42, "samples": 300, "order": 4, "law": "gaussian",
                          "design": "independent", "draw": "bartlett", "validity": "documented_sweep",
                          "route": "edge_gram", "backend": "cpu"})
        self.assertIn(d["provenance"]["isa"], ("baseline", "avx2", "avx512"))

    def test_equal_axes_are_one_range(self):
        d = self.sweep("--dims", "8:32:8", "--vocabs", "8:32:8", "--samples", 20, "--isa", "baseline")
        self.assertEqual(d["sweep"], {"step": 8, "low": 8, "high": 32})
        self.assertEqual(len(d["all_results"]), 16)
        self.assertEqual(d["provenance"]["isa"], "baseline")

    def test_undefined_entries_say_why(self):
        d = self.sweep("--dims", "3:4:1", "--vocabs", "4:5:1")
        reasons = [(e["V"], e["D"], e.get("reason")) for e in d["all_results"]]
        self.assertEqual(reasons[:3], [(4, 3, "dimension below the simplex order"),
                                       (4, 4, "fewer rows than simplex points"),
                                       (5, 3, "dimension below the simplex order")])
        for e in d["all_results"][:3]:
            self.assertIsNone(e["CV"])
            self.assertIs(e["in_band"], False)

    def test_no_value_at_all_is_status_2(self):
        for arguments in (["--dims", "3"], ["--vocabs", "4"], ["--samples", "9"]):
            status, out, err = self.run_program("sweep", *GRID, *arguments, "--json", "--out", "s.json")
            self.assertEqual(status, 2)
            self.assertRegex(err, r"\Asweep: no entry has a value: [^\n]+\n\Z")
            self.assertEqual(out.encode(), (self.at / "s.json").read_bytes())
            self.assertTrue(all(e["CV"] is None for e in json.loads(out)["all_results"]))

    def test_table(self):
        out = self.succeed("sweep", *GRID)
        d = self.sweep(*GRID)
        body = rows_of(out)
        self.assertEqual([int(row[0]) for row in body], list(range(8, 129, 8)))
        for row in body:
            cvs = [e["CV"] for e in d["all_results"] if e["D"] == int(row[0])]
            mean = sum(cvs) / len(cvs)
            self.assertAlmostEqual(float(row[2]), mean, delta=6e-5)
            inside = sum(0.13 < cv < 0.30 for cv in cvs) / len(cvs)
            self.assertAlmostEqual(float(row[-2].rstrip("%")), 100 * inside, delta=0.06)
            self.assertEqual(row[-1], "ABOVE" if mean >= 0.30 else "IN_BAND" if mean > 0.13 else "BELOW")
        self.assertEqual(body[2][1], "0.304")  # documented at D = 24
        law = {8: "0.6094", 64: "0.1804", 128: "0.1262"}
        for row in body:
            if int(row[0]) in law:
                self.assertEqual(row[5], law[int(row[0])])
        self.assertIn(f"{len(d['band_results'])} of {len(d['all_results'])} configurations", out)
        self.assertIn("share one pool", self.succeed("sweep", *GRID, "--design", "nested"))

    def test_band_answers_as_the_document_does(self):
        self.succeed("sweep", *GRID, "--out", "s.json")
        d = json.loads((self.at / "s.json").read_text())
        entries = [(e["V"], e["D"], e["CV"]) for e in d["all_results"]]
        band = [(e["V"], e["D"], e["CV"]) for e in d["band_results"]]
        ask = lambda *question: json.loads(self.succeed("band", "s.json", *question, "--json"))

        for target in (768, 1024, 100, 1, 97):
            best, cvs, whole = make_band.nearest(band, target)
            summary = lambda values: (round(min(values), 4), round(max(values), 4), round(sum(values) / len(values), 4))
            found = ask("--dim", target)
            self.assertEqual((found["target_dim"], found["nearest_band_dim"]), (target, best))
            self.assertEqual((*found["cv_range"], found["cv_avg"]), summary(cvs))
            self.assertEqual([(p["compartment_dim"], p["n_compartments"], (p["cv_min"], p["cv_max"], p["cv_avg"]))
                              for p in found["valid_decompositions"]],
                             [(dim, count, summary(values)) for dim, count, values in whole])

        hits = sorted((e for e in entries if 0.19 <= e[2] <= 0.21), key=lambda e: e[2])
        found = ask("--cv", "0.19:0.21")
        self.assertEqual([(e["V"], e["D"], e["CV"]) for e in found["entries"]], hits)
        self.assertEqual([(g["D"], g["count"]) for g in found["dims"]],
                         [(dim, sum(e[1] == dim for e in hits)) for dim in sorted({e[1] for e in hits})])

        self.assertEqual([tuple(g[k] for k in ("D", "avg_cv", "in_band_pct", "n_total", "n_in_band", "status"))
                          for g in ask("--group-by", "dim")], list(make_band.by_dim(entries)))
        found = ask("--group-by", "cv")
        self.assertEqual(found["total_in_band"], len(band))
        for name, part in zip(("q1_low", "q2_mid_low", "q3_mid_high", "q4_high"), make_band.quartiles(entries)):
            self.assertEqual([(e["V"], e["D"], e["CV"]) for e in found[name]], part)
            self.assertEqual(found[name[:2] + "_cv_range"], [round(part[0][2], 4), round(part[-1][2], 4)])
        self.assertEqual([(float(ratio), g["count"], g["dims"]) for ratio, g in ask("--group-by", "ratio").items()],
                         make_band.by_ratio(entries))

    def test_band_reads_the_original_script(self):
        original = {"sweep": {"step": 8, "low": 8, "high": 16}, "band": {"lo": 0.13, "hi": 0.30},
                    "band_results": [{"V": 8, "D": 32, "CV": 0.257, "in_band": True}],
                    "all_results": [{"V": 8, "D": 8, "CV": None, "in_band": False},
                                    {"V": 8, "D": 32, "CV": 0.257, "in_band": True}]}
        (self.at / "o.json").write_text(json.dumps(original))
        self.assertIn("D = 32", self.succeed("band", "o.json", "--dim", "768"))
        self.assertEqual(rows_of(self.succeed("band", "o.json", "--dim", "768")), [["24", "32"] + ["0.2570"] * 3])
        self.assertEqual(rows_of(self.succeed("band", "o.json", "--group-by", "dim")),
                         [["32", "0.2570", "100.0%", "1", "IN_BAND"]])
        original["band_results"] = []
        (self.at / "o.json").write_text(json.dumps(original))
        self.assertEqual(self.succeed("band", "o.json", "--dim", "768"), "No configuration lies in the band.\n")


if __name__ == "__main__":
    unittest.main()
