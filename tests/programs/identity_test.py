# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The same sweep is the same bytes: for any threads, shards, interruptions and resumes."""
import itertools
import resource
import signal
import unittest

from programs import KILL, Programs

GRID = ["--dims", "2:66:16", "--vocabs", "3:603:40", "--samples", "40"]  # 5 x 16, some of them undefined
LONG = ["--dims", "8:128:8", "--vocabs", "8:512:8", "--samples", "3000", "--threads", "1"]  # a second or more


class Identity(Programs):
    def stop_sweep(self, lines, number, *arguments):
        """Stops a sweep when its record has so many lines."""
        record = self.at / (arguments[arguments.index("--out") + 1] + ".partial")
        return self.stop_midway(lambda: record.read_bytes().count(b"\n") >= lines, number, "sweep", *arguments)

    def test_threads_and_shards_for_every_policy(self):
        policies = [["--law", law, "--design", design, "--draw", draw]
                    for law, (design, draw) in itertools.product(
                        ["gaussian", "sphere"],
                        [("independent", "bartlett"), ("independent", "rows"), ("nested", "rows")])]
        seen = set()
        for policy in policies:
            with self.subTest(policy=policy):
                self.succeed("sweep", *GRID, *policy, "--threads", "1", "--out", "s1.json")
                expected = (self.at / "s1.json").read_bytes()
                seen.add(expected)
                for threads in (2, 3, 7):
                    self.succeed("sweep", *GRID, *policy, "--threads", threads, "--out", "s.json")
                    self.assertEqual((self.at / "s.json").read_bytes(), expected)
                for count in (1, 2, 3):
                    files = [f"shard{k}" for k in range(count, 0, -1)]
                    for k, name in zip(range(count, 0, -1), files):
                        self.succeed("sweep", *GRID, *policy, "--shard", f"{k}/{count}", "--out", name, "--threads", 2)
                    self.succeed("merge", *files, "--out", "merged.json")
                    self.assertEqual((self.at / "merged.json").read_bytes(), expected)
        self.assertEqual(len(seen), len(policies))

    def test_default_draw_of_nested_is_rows(self):
        self.succeed("sweep", *GRID, "--design", "nested", "--out", "a.json")
        self.succeed("sweep", *GRID, "--design", "nested", "--draw", "rows", "--out", "b.json")
        self.assertEqual((self.at / "a.json").read_bytes(), (self.at / "b.json").read_bytes())

    def test_printed_json_is_the_file(self):
        out = self.succeed("sweep", *GRID, "--json", "--out", "s.json")
        self.assertEqual(out.encode(), (self.at / "s.json").read_bytes())
        self.assertEqual(self.succeed("sweep", *GRID, "--json", "--out", "s.json", "--resume"), out)
        self.succeed("sweep", *GRID, "--shard", "1/1", "--out", "shard")
        self.assertEqual(self.succeed("merge", "shard", "--out", "m.json", "--json"), out)

    def test_a_configuration_is_the_same_in_every_grid(self):
        entries = lambda text: {line.rstrip(",") for line in text.splitlines() if line.startswith('{"V"')}
        whole = entries(self.succeed("sweep", *GRID, "--json"))
        part = entries(self.succeed("sweep", "--dims", "18:50:32", "--vocabs", "43:83:40", "--samples", "40", "--json"))
        self.assertEqual(len(part), 4)
        self.assertLess(part, whole)

    def test_kills_and_resumes(self):
        for policy in ([], ["--design", "nested"]):
            with self.subTest(policy=policy):
                self.succeed("sweep", *LONG, *policy, "--json", "--out", "whole.json")
                kills = 0
                for lines in (1, 2, 5, 20, 33, 300):
                    resume = ["--resume"] if lines > 1 else []
                    status, _ = self.stop_sweep(lines, KILL, *LONG, *policy, "--out", "s.json", *resume)
                    kills += status == -KILL
                    if status == 0:
                        break
                    self.assertFalse((self.at / "s.json").exists())
                self.assertGreater(kills, 0)
                self.succeed("sweep", *LONG, *policy, "--threads", "2", "--out", "s.json", "--resume")
                self.assertEqual((self.at / "s.json").read_bytes(), (self.at / "whole.json").read_bytes())
                self.assertEqual(sorted(self.content()), ["s.json", "whole.json"])
                (self.at / "s.json").unlink()

    def test_a_torn_record_resumes(self):
        self.succeed("sweep", *GRID, "--out", "whole.json")
        self.succeed("sweep", *GRID, "--shard", "1/1", "--out", "record")
        record = (self.at / "record").read_bytes()
        for length in (0, 1, 100, record.index(b"\n"), record.index(b"\n") + 1, 1000, len(record) - 1, len(record)):
            (self.at / "s.json.partial").write_bytes(record[:length])
            self.succeed("sweep", *GRID, "--out", "s.json", "--resume")
            self.assertEqual((self.at / "s.json").read_bytes(), (self.at / "whole.json").read_bytes())
            self.assertFalse((self.at / "s.json.partial").exists())

    def test_signals_stop_cleanly(self):
        self.succeed("sweep", *LONG, "--out", "whole.json")
        for number, lines in ((signal.SIGINT, 3), (signal.SIGTERM, 30)):
            resume = ["--resume"] if lines > 3 else []
            status, err = self.stop_sweep(lines, number, *LONG, "--out", "s.json", *resume)
            self.assertEqual(status, 128 + number)
            self.assertRegex(err, r"\Asweep: stopped after \d+ of 1024 items; [^\n]*--resume\n\Z")
        self.succeed("sweep", *LONG, "--out", "s.json", "--resume")
        self.assertEqual((self.at / "s.json").read_bytes(), (self.at / "whole.json").read_bytes())

    def test_a_shard_resumes(self):
        shard = [*LONG, "--shard", "2/3", "--out", "two"]
        status, _ = self.stop_sweep(10, KILL, *shard)
        self.assertEqual(status, -KILL)
        self.succeed("sweep", *shard, "--resume")
        resumed = (self.at / "two").read_bytes()
        self.succeed("sweep", *shard, "--resume")  # finished: nothing to do
        self.assertEqual((self.at / "two").read_bytes(), resumed)
        (self.at / "two").unlink()
        self.succeed("sweep", *shard)
        self.assertEqual((self.at / "two").read_bytes(), resumed)

    def test_a_full_disk_loses_nothing(self):
        self.succeed("sweep", *GRID, "--out", "whole.json")
        (self.at / "s.json").write_text("older result")

        def small_disk():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

        status, out, err = self.run_program("sweep", *GRID, "--out", "s.json", preexec_fn=small_disk,
                                            restore_signals=False)
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"\Asweep: cannot write '[^\n]*s.json.partial': File too large[^\n]*\n\Z")
        self.assertEqual((self.at / "s.json").read_text(), "older result")
        self.succeed("sweep", *GRID, "--out", "s.json", "--resume")
        self.assertEqual((self.at / "s.json").read_bytes(), (self.at / "whole.json").read_bytes())

    def test_streams(self):
        out = self.succeed("sweep", *GRID, "--json")
        self.assertEqual(self.succeed("sweep", *GRID, "--out", "/dev/null", "--json"), out)
        self.assertTrue(self.succeed("sweep", *GRID, "--out", "/dev/stdout").startswith(out))
        self.assertEqual(self.content(), {})

    def test_progress_is_for_terminals(self):
        import os
        import pty
        ours, theirs = pty.openpty()
        process = self.start("sweep", *GRID, stderr=theirs)
        process.communicate(timeout=300)
        os.close(theirs)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b" of 80 (", os.read(ours, 100000))


if __name__ == "__main__":
    unittest.main()
