# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The ablation in miniature: its files, and the same bytes however it is run."""
import csv
import fcntl
import io
import json
import re
import resource
import signal
import unittest

from programs import FOLDER, KILL, Programs

SMALL = ["--batches", "2"]
COLUMNS = ("run,group,band,variant,seed,batches,cv_ema,cv_final,cv_untrained,law,band_ema,band_final,match,mse,"
           "status").split(",")


@unittest.skipUnless((FOLDER / "ablation").exists(), "built without the component linalg")
class Ablation(Programs):
    def results(self, folder):
        """Its files but the lock, which stays."""
        files = {str(path.relative_to(self.at / folder)): path.read_bytes()
                 for path in sorted((self.at / folder).rglob("*")) if path.is_file()}
        del files["lock"]
        return files

    def test_all_149_are_defined(self):
        lines = self.succeed("ablation", "--list").splitlines()
        self.assertEqual(len(lines), 2 + 149)
        runs = json.loads(self.succeed("ablation", "--list", "--json"))
        self.assertEqual(len({run["run"] for run in runs}), 149)
        self.assertEqual(len({run["same_as"] for run in runs}), 118)
        self.assertEqual(len(json.loads(self.succeed("ablation", "--list", "--only", "A,J", "--json"))), 20)

    def test_files_and_tables_of_a_miniature(self):
        out = self.succeed("ablation", *SMALL, "--only", "E,G", "--out", "a")
        for part in ("24 runs, which are 18 computations", "Where the document is silent", "Runs in their band",
                     "With the soft hand", "Row normalisation", "contradicts itself"):
            self.assertIn(part, out)
        files = self.results("a")
        self.assertEqual(sorted(name for name in files if "/" not in name),
                         ["anomalies.csv", "band_matrix.csv", "group_summaries.csv", "snapshot_meta.json",
                          "uniformity_diagnostic.csv"])
        rows = list(csv.DictReader(io.StringIO(files["band_matrix.csv"].decode())))
        self.assertEqual(list(rows[0]), COLUMNS)
        self.assertEqual(len(rows), 24)
        by_run = {row["run"]: row for row in rows}
        for row in rows:
            self.assertEqual(row["status"], "done")
            self.assertEqual(row["run"], "-".join((row["group"], row["band"], row["variant"])))
            report = json.loads(files[f"runs/{row['run']}.json"])
            self.assertEqual(report["run"], row["run"])
            for column in ("cv_ema", "cv_final", "cv_untrained", "mse"):
                self.assertEqual(report["result"][column], float(row[column]))
            self.assertEqual(len(report["result"]["readings"]), 2 if row["band"] == "HIGH" else 3)
        # One computation, and the settings that a run of its own would have.
        for column in COLUMNS[4:]:
            self.assertEqual(by_run["E-LOW-pure_mse"][column], by_run["E-LOW-measure_only"][column])
            self.assertEqual(by_run["E-MID-full"][column], by_run["G-MID-sphere"][column])
        self.assertEqual(json.loads(files["runs/E-LOW-measure_only.json"])["settings"]["soft_hand"], "measure_only")
        # What the other program makes of these settings.
        alone = json.loads(self.succeed("svae", "--shards", "1", "--batches", "2", "--read-every", "1", "--json"))
        for column in ("cv_ema", "cv_final", "mse"):
            self.assertEqual(alone["result"][column], float(by_run["E-LOW-full"][column]))
        # Untrained, or nearly: what the row rule makes of random rows.
        self.assertEqual([by_run[f"G-{band}-sphere"]["band_ema"] for band in ("LOW", "MID", "HIGH")],
                         ["LOW", "MID", "HIGH"])
        self.assertEqual(by_run["G-LOW-none"]["match"], "false")
        self.assertEqual(by_run["G-HIGH-layer_norm"]["law"], "")
        document = json.loads(self.succeed("ablation", *SMALL, "--only", "E,G", "--out", "a", "--json"))
        self.assertEqual(document["runs"], 24)
        self.assertEqual(document["comparison"]["ablation"]["ema"]["documented"], 5)
        self.assertEqual(self.results("a"), files)

    def test_the_same_bytes_for_any_jobs_and_shards_and_without_sharing(self):
        what = [*SMALL, "--only", "E"]
        printed = self.succeed("ablation", *what, "--out", "one", "--jobs", "1")
        expected = self.results("one")
        self.assertEqual(len([name for name in expected if name.startswith("runs/")]), 12)
        self.assertEqual(self.succeed("ablation", *what, "--out", "four", "--jobs", "4"), printed)
        self.assertEqual(self.results("four"), expected)
        # Every run trained by itself.
        self.assertEqual(self.succeed("ablation", *what, "--out", "alone", "--no-share"), printed)
        self.assertEqual(self.results("alone"), expected)
        parts = []
        for k in (1, 2):
            self.assertIn(f"Part {k}/2", self.succeed("ablation", *what, "--out", f"part{k}", "--shard", f"{k}/2"))
            self.assertFalse((self.at / f"part{k}" / "band_matrix.csv").exists())
            parts += ["--from", f"part{k}"]
        self.assertEqual(self.succeed("ablation", *what, "--out", "all", *parts), printed)
        self.assertEqual(self.results("all"), expected)

    def test_a_killed_run_goes_on_to_the_same_bytes(self):
        # Every run keeps ten checkpoints.
        what = ["--only", "J", "--batches", "10", "--jobs", "2"]
        printed = self.succeed("ablation", *what, "--out", "whole")
        expected = self.results("whole")
        for number in (KILL, signal.SIGTERM):
            kept = lambda: {path.name for path in (self.at / str(number) / "checkpoints").glob("*.safetensors")}
            seen = set()  # checkpoints of the processes before: a new one says that this process trains
            for stop in range(3):
                status, err = self.stop_midway(lambda: kept() - seen, number, "ablation", *what, "--out", str(number))
                seen |= kept()
                if status == 0:
                    break
                self.assertIn(status, (-number, 128 + number))
                if number == signal.SIGTERM:
                    self.assertRegex(err, r"\Aablation: stopped after \d of 5 runs; go on with the same command\n\Z")
            self.assertTrue(seen)
            self.assertEqual(self.succeed("ablation", *what, "--out", str(number)), printed)
            self.assertEqual(self.results(str(number)), expected)

    def test_a_report_that_was_lost_is_made_again_and_a_damaged_one_refused(self):
        what = ["ablation", *SMALL, "--only", "J", "--out", "a"]
        self.succeed(*what)
        expected = self.results("a")
        report = self.at / "a" / "runs" / "J-LOW-V16_h32.json"
        whole = report.read_bytes()
        report.unlink()
        self.succeed(*what)
        self.assertEqual(self.results("a"), expected)
        other = re.sub(rb'("cv": 0\.)(\d)', lambda m: m[1] + (b"2" if m[2] == b"1" else b"1"), whole, count=1)
        for damaged in (b"", whole[:-30], other):
            report.write_bytes(damaged)
            self.fail_with(1, ["J-LOW-V16_h32.json", "delete it"], *what)
        report.write_bytes(whole)
        self.fail_with(1, ["runs/J-LOW-", "has batches 2; expected 3"], *what, "--batches", "3")

    def test_a_full_disk_is_an_error_and_loses_nothing(self):
        what = ["ablation", "--only", "J", "--out", "a", "--jobs", "1"]
        self.succeed(*what, *SMALL)
        (self.at / "a" / "runs" / "J-LOW-V16_h32.json").unlink()
        before = self.results("a")

        def no_room():
            resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
        # Python ignores SIGXFSZ, and so does the program then: writing fails with EFBIG.
        status, out, err = self.run_program(*what, *SMALL, preexec_fn=no_room, restore_signals=False)
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"\Aablation: cannot write '[^\n]*J-LOW-V16_h32[^\n]*': [^\n]+ room\n\Z")
        self.assertEqual(self.results("a"), before)
        self.succeed(*what, *SMALL)
        self.assertEqual(len(self.results("a")), len(before) + 1)

    def test_wrong_input(self):
        for option, text, part in (("--only", "H", "'H'"), ("--only", "A,", "''"), ("--only", "A,A", "twice"),
                                   ("--only", "low", "letters"), ("--jobs", "0", "1 to 1024"),
                                   ("--shard", "2/1", "k/K"), ("--shard", "0/3", "k/K"), ("--batches", "0", "1 to"),
                                   ("--isa", "mmx", "mmx"), ("--out", "", "folder"), ("--from", "none", "'none'"),
                                   ("--nonsense", "1", "--help")):
            self.fail_with(2, [option, part], "ablation", *SMALL, "--out", "a", option, text)
        self.fail_with(2, ["--out"], "ablation", *SMALL)
        (self.at / "file").write_text("precious")
        self.fail_with(1, ["'file'"], "ablation", *SMALL, "--out", "file")

    def test_one_process_at_a_time_in_a_folder(self):
        self.succeed("ablation", *SMALL, "--only", "J", "--out", "a")
        with open(self.at / "a" / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.fail_with(1, ["'a' is in use by another ablation"], "ablation", *SMALL, "--only", "J", "--out", "a")


if __name__ == "__main__":
    unittest.main()
