# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The program svae_claims on small runs: its document, the same bytes however it is run, wrong input."""
import json
import os
import unittest

from programs import FOLDER, Programs

SMALL = ["--batches", "10", "--batch", "2"]


@unittest.skipUnless(os.path.exists(FOLDER / "svae_claims"), "not built here")
class SvaeClaims(Programs):
    def test_the_document(self):
        sections = json.loads(self.succeed("svae_claims", *SMALL, "--only", "d32,modes", "--json"))["sections"]
        self.assertEqual([section["name"] for section in sections], ["d32", "modes"])
        for section in sections:
            self.assertTrue(section["title"] and section["verdict"], section)
        d32, modes = sections
        self.assertEqual(d32["in_band"], 5)
        for configuration in d32["configurations"]:
            self.assertAlmostEqual(configuration["law"], 0.1272420292, 9)
            self.assertLess(abs(configuration["cv_untrained"] / configuration["law"] - 1), 0.1, configuration)
            self.assertLess(abs(configuration["change"]), 3, configuration)
        self.assertEqual(len(modes["directions"]), 4)
        for name in ("share", "share_untrained", "share_uniform"):
            self.assertAlmostEqual(sum(direction[name] for direction in modes["directions"]), 1, 4)
        for direction in modes["directions"]:
            self.assertGreater(direction["relative_error_without"], 0)

    def test_the_same_bytes_for_any_threads_and_company(self):
        alone = json.loads(self.succeed("svae_claims", *SMALL, "--only", "modes", "--threads", "1", "--json"))
        both = json.loads(self.succeed("svae_claims", *SMALL, "--only", "transfer,modes", "--threads", "3", "--json"))
        self.assertEqual(both["sections"][1], alone["sections"][0])

    def test_tables(self):
        out = self.succeed("svae_claims", *SMALL, "--only", "transfer")
        for part in ("Trained on gaussian noise", "checkerboard", "text", "pictures", "untrained", "Verdict:"):
            self.assertIn(part, out)

    def test_text_and_pictures_of_ones_own(self):
        (self.at / "t.txt").write_bytes(bytes(range(256)) * 48)
        (self.at / "p.ppm").write_bytes(b"P6 64 64 255\n" + bytes(range(192)) * 64)
        out = self.succeed("svae_claims", *SMALL, "--only", "transfer", "--text", "t.txt", "--picture", "p.ppm")
        self.assertIn("the file given", out)

    def test_wrong_input(self):
        for arguments, parts in ((["--only", "nothing"], ["--only 'nothing'", "family, early, d32"]),
                                 (["--only", ""], ["--only"]), (["--batches", "0"], ["--batches", "from 10"]),
                                 (["--batch", "0"], ["--batch", "from 1"]), (["--threads", "0"], ["--threads"]),
                                 (["--seed", "-1"], ["--seed"]), (["--frobnicate"], ["--frobnicate", "--help"])):
            self.fail_with(2, parts, "svae_claims", *arguments)
        (self.at / "short").write_text("too short a text")
        (self.at / "no.ppm").write_text("not a picture")
        for arguments, part in ((["--text", "none"], "No such file"), (["--text", "short"], "12288"),
                                (["--picture", "no.ppm"], "P6")):
            self.fail_with(1, [part], "svae_claims", *SMALL, "--only", "transfer", *arguments)


if __name__ == "__main__":
    unittest.main()
