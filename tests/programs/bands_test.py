# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The program bands: what it prints, that its figures come from the seed alone, its picture, wrong input."""
import json
import unittest

from programs import Programs

FEW = ["--pools", "40"]


class Bands(Programs):
    def test_the_document(self):
        text = self.succeed("bands", *FEW, "--json")
        document = json.loads(text)
        self.assertEqual(self.succeed("bands", *FEW, "--json"), text)
        self.assertNotEqual(self.succeed("bands", *FEW, "--seed", "7", "--json"), text)
        self.assertEqual([rung["D"] for rung in document["ladder"]], list(range(4, 65)))
        laws = {rung["D"]: rung["law"] for rung in document["ladder"]}
        for dim, law in ((5, 0.6252210939), (16, 0.2029673283), (32, 0.1272420292)):  # mpmath
            self.assertAlmostEqual(laws[dim], law, 9)
        self.assertEqual(sorted(laws.values(), reverse=True), list(laws.values()))
        for figure in document["sphere"]:
            self.assertLess(abs(figure["chance"]["mean"] / figure["law"] - 1), 0.05, figure)
        self.assertEqual([band["linear_per_patch"] for band in document["pipeline"]], [245760, 180224, 38912])
        by_rows = [(line["rows"], line["measured"], line["CV"]["mean"]) for line in document["layer_norm_at_4"]]
        self.assertEqual([cv for _, measured, cv in by_rows if measured == "above rounding noise"], [None, None])

    def test_tables_and_picture(self):
        out = self.succeed("bands", *FEW, "--svg", "bands.svg")
        for part in ("uniform draw", "LayerNorm at D = 4", "32.470", "245760", "Claims", "The ladder", "verdict"):
            self.assertIn(part, out)
        picture = (self.at / "bands.svg").read_text()
        for part in ("<svg", "sphere, exact", "HIGH, above 0.80", "</svg>"):
            self.assertIn(part, picture)

    def test_wrong_input(self):
        for arguments, parts in ((["--pools", "1"], ["--pools", "from 2"]), (["--pools", "x"], ["--pools"]),
                                 (["--seed", "-1"], ["--seed"]), (["--band", "LOW"], ["--band", "--help"])):
            self.fail_with(2, parts, "bands", *arguments)
        self.fail_with(1, ["none/b.svg", "No such file"], "bands", *FEW, "--svg", "none/b.svg")


if __name__ == "__main__":
    unittest.main()
