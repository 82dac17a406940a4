# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""What wrong input gets: one line on stderr, status 2 for usage and 1 for failure, and no file touched."""
import unittest

from programs import Programs

GRID = ["--dims", "8:64:8", "--vocabs", "8:64:8", "--samples", "20"]


class WrongInput(Programs):
    def test_usage_of_sweep(self):
        axis = "expected LO:HI:STEP"
        cases = [(["--dims", text], ["--dims", text, axis]) for text in
                 ("8:64", "8:64:0", "64:8:8", "0:8:8", "8:64:-8", "-8:64:8", "a:b:c", "8::8", ":::",
                  "8:99999999999:8", "1.5")]
        cases += [(["--vocabs", "8:"], ["--vocabs", axis]), (["--dims="], ["--dims"])]
        cases += [(["--samples", text], ["--samples", text, "from 1 to"]) for text in
                  ("0", "-5", "many", "1e3", "9999999999")]
        cases += [(["--order", text], ["--order", text, "from 2 to 7"]) for text in ("0", "1", "8", "-4", "four")]
        cases += [(["--seed", "-1"], ["--seed", "-1"]), (["--seed", "18446744073709551616"], ["--seed"]),
                  (["--threads", "0"], ["--threads", "from 1"]), (["--threads", "-2"], ["--threads"])]
        cases += [(["--backend", "gpu"], ["--backend", "gpu", "cpu or thrust"]),
                  (["--law", "cauchy"], ["--law", "cauchy", "gaussian or sphere"]),
                  (["--design", "x"], ["--design", "independent or nested"]),
                  (["--draw", "x"], ["--draw", "rows or bartlett"]),
                  (["--isa", "mmx"], ["--isa", "auto, baseline, avx2 or avx512"]),
                  (["--design", "nested", "--draw", "bartlett"], ["nested", "bartlett", "expected draw rows"])]
        cases += [(["--shard", text, "--out", "f"], ["--shard", "k/K"]) for text in ("0/3", "4/3", "1", "1/0", "x/y")]
        cases += [(["--shard", "1/2"], ["--shard", "--out"]), (["--resume"], ["--resume", "--out"]),
                  (["--shard", "1/2", "--out", "f", "--json"], ["--json", "merge"]),
                  (["--shard", "1/2", "--out", "/dev/null"], ["/dev/null"]),
                  (["--resume", "--out", "/dev/null"], ["/dev/null"]),
                  (["--out", ""], ["--out"]), (["--nonsense"], ["--nonsense", "--help"]), (["extra"], ["extra"]),
                  (["--dims"], ["--dims"]),
                  (["--dims", "1:5000:1", "--vocabs", "1:5000:1"], ["25000000", "at most"]),
                  (["--dims", "1048577"], ["1048577", "at most 1048576"])]
        for arguments, parts in cases:
            self.fail_with(2, parts, "sweep", *GRID, *arguments)

    def test_thrust_is_refused_where_it_is_not_built_in(self):
        status, _, err = self.run_program("sweep", *GRID, "--backend", "thrust")
        if status != 0:
            self.assertEqual(status, 2)
            self.assertRegex(err, r"\Asweep: --backend thrust: [^\n]+\n\Z")

    def test_unwritable_output(self):
        (self.at / "file").write_text("precious")
        self.fail_with(1, ["none/s.json", "No such file"], "sweep", *GRID, "--out", "none/s.json")
        self.fail_with(1, ["file/s.json", "Not a directory"], "sweep", *GRID, "--out", "file/s.json")
        self.fail_with(1, ["Is a directory"], "sweep", *GRID, "--out", self.at)
        self.fail_with(1, ["/dev/full", "No space left"], "sweep", *GRID, "--out", "/dev/full")
        self.fail_with(1, ["/dev/full", "No space left"], "sweep", *GRID, "--out", "/dev/full", "--json")
        for arguments in ([], ["--json"]):
            with open("/dev/full", "w") as full:
                self.fail_with(1, ["standard output", "No space left"], "sweep", *GRID, *arguments, stdout=full)

    def test_an_unfinished_run_is_not_overwritten(self):
        (self.at / "s.json.partial").write_text("the work of a week")
        self.fail_with(1, ["s.json.partial", "exists already", "resume"], "sweep", *GRID, "--out", "s.json")

    def test_resume_of_something_else(self):
        self.succeed("sweep", *GRID, "--shard", "1/1", "--out", "record")
        record = (self.at / "record").read_text()
        resume = ["sweep", *GRID, "--out", "s.json", "--resume"]
        lines = record.splitlines(keepends=True)
        for text, parts in (
                ('{"a": "json document"}\n', ["line 1", "not the record of a sweep"]),
                ("\0" * 100, ["line 1", "not the record of a sweep"]),
                (record.replace("seed 42", "seed 43", 1), ["line 1", "damaged header"]),
                ("".join([lines[0], lines[1].replace("0\t", "1\t", 1), *lines[2:]]), ["line 2", "checksum"]),
                ("".join([*lines, lines[5]]), [f"line {len(lines) + 1}"])):
            (self.at / "s.json.partial").write_text(text)
            self.fail_with(1, ["s.json.partial", "expected", *parts], *resume)
        (self.at / "s.json.partial").write_text(lines[0] + lines[1])
        self.fail_with(1, ["seed 42", "expected seed 7"], *resume, "--seed", "7")
        self.fail_with(1, ["samples 20", "expected samples 30"], *resume, "--samples", "30")
        self.fail_with(1, ["draw bartlett", "expected draw rows"], *resume, "--draw", "rows")
        self.fail_with(1, ["dims 8:64:8", "expected dims 8:56:8"], *resume, "--dims", "8:56:8")
        if "isa baseline" not in lines[0]:
            self.fail_with(1, ["expected isa baseline"], *resume, "--isa", "baseline")
        self.fail_with(1, ["shard 1/1", "expected shard 1/2"], *resume, "--shard", "1/2")

    def test_resume_onto_a_result_of_something_else(self):
        resume = ["sweep", *GRID, "--out", "s.json", "--resume"]
        self.succeed("sweep", *GRID, "--out", "s.json")
        document = (self.at / "s.json").read_text()
        self.fail_with(1, ["s.json", "not the result of these options"], *resume, "--seed", "7")
        for text in ("", "{}", "notes of mine\n", document[:len(document) // 2], document[:-3]):
            (self.at / "s.json").write_text(text)
            self.fail_with(1, ["s.json", "expected"], *resume)
        (self.at / "shard").write_text("notes of mine\n")
        self.fail_with(1, ["shard", "not the record"], "sweep", *GRID, "--shard", "1/2", "--out", "shard", "--resume")

    def test_merge(self):
        for k in (1, 2, 3):
            self.succeed("sweep", *GRID, "--shard", f"{k}/3", "--out", f"{k}")
        self.succeed("sweep", *GRID, "--seed", "7", "--shard", "3/3", "--out", "other")
        (self.at / "torn").write_bytes((self.at / "3").read_bytes()[:-5])
        (self.at / "m.json").write_text("an older result")
        merge = lambda *files: ["merge", *files, "--out", "m.json"]
        self.fail_with(1, ["missing: 2/3"], *merge("1", "3"))
        self.fail_with(1, ["'2'", "once more"], *merge("1", "2", "2", "3"))
        self.fail_with(1, ["'other'", "seed 7", "expected seed 42"], *merge("1", "2", "other"))
        self.fail_with(1, ["'torn'", "resume that shard"], *merge("1", "2", "torn"))
        self.fail_with(1, ["'m.json'", "not the record"], *merge("1", "2", "m.json"))
        self.fail_with(1, ["'none'", "No such file"], *merge("1", "2", "none"))
        self.fail_with(1, ["No such file"], "merge", "1", "2", "3", "--out", "none/m.json")
        self.fail_with(1, ["/dev/full"], "merge", "1", "2", "3", "--out", "/dev/full")
        self.fail_with(2, ["--out"], "merge", "1", "2", "3")
        self.fail_with(2, ["FILES"], "merge", "--out", "m.json")

    def test_band(self):
        self.succeed("sweep", *GRID, "--out", "s.json")
        document = (self.at / "s.json").read_text()
        for arguments, parts in (
                ([], ["--dim"]), (["--dim", "0"], ["--dim", "from 1"]), (["--dim", "x"], ["--dim"]),
                (["--dim", "-8"], ["--dim"]), (["--cv", "0.3"], ["--cv", "LO:HI"]), (["--cv", "0.3:0.2"], ["LO <= HI"]),
                (["--cv", "a:b"], ["LO:HI"]), (["--cv", "nan:nan"], ["LO:HI"]),
                (["--group-by", "x"], ["--group-by", "dim, cv or ratio"]), (["--dim", "8", "--cv", "0:1"], ["--cv"])):
            self.fail_with(2, parts, "band", "s.json", *arguments)
        self.fail_with(2, ["FILE"], "band", "--dim", "768")
        self.fail_with(1, ["none.json", "No such file"], "band", "none.json", "--dim", "768")
        self.fail_with(1, ["expected"], "band", self.at, "--dim", "768")
        for text, part in (("", "from byte"), ("{}", "band_results"), (document[:len(document) // 2], "from byte"),
                           (document[:-3], "from byte"), (document + "x", "from byte"), ("[]", "not a JSON object"),
                           (document.replace('"CV"', '"cv"'), "malformed"), ("\x7fELF\0\0", "from byte")):
            (self.at / "bad.json").write_text(text)
            self.fail_with(1, ["bad.json", part, "expected"], "band", "bad.json", "--dim", "768")
        with open("/dev/full", "w") as full:
            self.fail_with(1, ["standard output"], "band", "s.json", "--dim", "768", stdout=full)


if __name__ == "__main__":
    unittest.main()
