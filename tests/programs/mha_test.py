# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The attention experiment: its document, the same bytes however it is run, and the distribution it follows."""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import time
import unittest

import compare_mha
from programs import KILL, Programs

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
SMALL = ["--configs", "32x2,64x8", "--epochs", "24", "--samples", "40", "--seeds", "2"]


class Mha(Programs):
    def test_the_document_has_the_documented_names(self):
        document = json.loads(self.succeed("mha", *SMALL, "--seed", "7", "--json"))
        self.assertEqual(document["program"], "mha")
        self.assertEqual(document["provenance"]["samples"], 40)
        self.assertEqual([(run["seed"], run["dim"], run["n_heads"], run["head_dim"]) for run in document["runs"]],
                         [(7, 32, 2, 16), (7, 64, 8, 8), (8, 32, 2, 16), (8, 64, 8, 8)])
        for run in document["runs"]:
            heads = range(run["n_heads"])
            keys = (["emb", "Q_full", "K_full", "V_full"]
                    + [f"{role}_h{h}" for h in heads for role in "QKV"] + ["out_proj", "cls_head"]
                    + [f"act_{role}_h{h}" for h in heads for role in ("Q", "K", "V", "post")]
                    + ["act_emb", "act_post_full"])
            for phase in ("pre", "mid", "post"):
                self.assertEqual(list(run[phase]), keys)
                for key, value in run[phase].items():
                    self.assertTrue(0 < value < 3, (key, value))
                self.assertEqual(list(run["distinct"][phase]), [key for key in keys if key.startswith("act_")])
            self.assertTrue(0 <= run["acc"] <= 1)
            emb = run["distinct"]["pre"]["act_emb"]
            self.assertTrue(100 < emb["rows"] < 300 and emb["repeating"] >= emb["zero"] >= 0, emb)
        first, second = document["runs"][0], document["runs"][2]
        self.assertNotEqual(first["pre"]["emb"], first["post"]["emb"])
        self.assertNotEqual(first["pre"]["emb"], second["pre"]["emb"])

    def test_one_epoch_has_no_middle(self):
        run, = json.loads(self.succeed("mha", "--configs", "16x2", "--epochs", "1", "--json"))["runs"]
        self.assertIsNone(run["mid"])
        self.assertIsNotNone(run["post"]["emb"])

    def test_the_same_bytes_for_any_threads_and_every_configuration_by_itself(self):
        whole = self.succeed("mha", *SMALL, "--threads", "1", "--json")
        for threads in (2, 5):
            self.assertEqual(self.succeed("mha", *SMALL, "--threads", threads, "--json"), whole)
        alone = json.loads(self.succeed("mha", *SMALL[2:-2], "--configs", "64x8", "--seed", "43", "--json"))
        self.assertEqual(alone["runs"], [json.loads(whole)["runs"][3]])

    def test_tables_name_what_they_show_and_the_picture_is_drawn(self):
        out = self.succeed("mha", *SMALL, "--svg", "heads.svg")
        for part in ("Weights after training", "Activations after training", "untrained control",
                     "Change of the activations", "The documented head dimensions", "By head dimension", "Selectivity",
                     "Repetitions", "verdict", "+-"):
            self.assertIn(part, out)
        picture = (self.at / "heads.svg").read_text()
        self.assertTrue(picture.startswith("<svg") and picture.endswith("</svg>\n"))

    def checkpoints(self, folder):
        """Names and identities of the checkpoints in it, of unfinished ones too."""
        if not (self.at / folder).exists():
            return set()
        with os.scandir(self.at / folder) as entries:
            return {(entry.name, entry.inode()) for entry in entries if ".safetensors" in entry.name}

    def stop(self, number, folder, changes, seconds):
        """Starts a run, sends it the signal when its checkpoints have changed so many times (and `seconds` after that),
        and returns status and stderr."""
        process = self.start("mha", *SMALL, "--threads", "2", "--checkpoint", folder)
        seen, deadline = self.checkpoints(folder), time.monotonic() + 300
        while changes > 0 and process.poll() is None and time.monotonic() < deadline:
            now = self.checkpoints(folder)
            changes -= now != seen
            seen = now
            time.sleep(0.0005)
        time.sleep(seconds)
        process.send_signal(number)
        err = process.communicate(timeout=300)[1].decode()
        return process.returncode, err

    def test_a_killed_run_goes_on_to_the_same_bytes(self):
        whole = self.succeed("mha", *SMALL, "--json")
        for number, stopped, message in (
                (KILL, -KILL, r"\A\Z"),
                (signal.SIGTERM, 128 + signal.SIGTERM,
                 r"\Amha: stopped after \d of 4 runs; go on with the same command\n\Z")):
            folder, stops = signal.Signals(number).name, 0
            # At several places, within a save and between two, until there is nothing left to do. Should a run end
            # before its first stop, it is begun anew.
            for _ in range(20):
                changes, seconds = ((1, 0), (2, 0), (2, 0.01), (3, 0), (1, 0.02), (4, 0.04))[stops % 6]
                status, err = self.stop(number, folder, changes, seconds)
                if status != 0:
                    self.assertEqual(status, stopped)
                    self.assertRegex(err, message)
                    stops += 1
                elif stops == 0:
                    shutil.rmtree(self.at / folder)
                else:
                    break
            self.assertGreater(stops, 0)
            for _ in range(2):
                self.assertEqual(self.succeed("mha", *SMALL, "--checkpoint", folder, "--json"), whole)
            self.assertEqual(sorted(path.name for path in (self.at / folder).glob("*.safetensors")),
                             ["seed42-32x2.safetensors", "seed42-64x8.safetensors", "seed43-32x2.safetensors",
                              "seed43-64x8.safetensors"])

    def test_wrong_input(self):
        for text, part in (("64", "'64'"), ("64x", "64x"), ("x4", "x4"), ("64x3", "a multiple of HEADS"),
                           ("0x1", "0x1"), ("64x0", "64x0"), ("", "DxHEADS"), ("64x4,", "''"), ("64x4,64x4", "twice"), ("2x1", "2x1"),
                           ("64x4;128x4", "64x4;128x4"), ("99999999x1", "up to 255")):
            self.fail_with(2, ["--configs", part], "mha", "--configs", text)
        for option, text in (("--seeds", "0"), ("--seeds", "many"), ("--seed", "-1"), ("--epochs", "0"),
                             ("--samples", "9"), ("--threads", "0"), ("--isa", "mmx"), ("--rate", "0"),
                             ("--rate", "-1"), ("--rate", "inf"), ("--rate", "nan"), ("--rate", "1e400"), ("--rate", "1e-400"),
                             ("--rate", ""), ("--rate", "fast"), ("--checkpoint", ""), ("--svg", ""),
                             ("--nonsense", "1")):
            self.fail_with(2, [option], "mha", *SMALL, option, text)
        last = str(2**64 - 1)
        self.fail_with(2, ["--seed " + last, "--seeds 2", "smaller"], "mha", *SMALL, "--seed", last)
        run, = json.loads(self.succeed("mha", "--configs", "16x2", "--epochs", "1", "--seed", last, "--json"))["runs"]
        self.assertEqual(run["seed"], 2**64 - 1)
        (self.at / "file").write_text("precious")
        self.fail_with(1, ["'file'"], "mha", *SMALL, "--checkpoint", "file")
        # Known at once: these would take days.
        self.fail_with(1, ["none/a.svg"], "mha", "--epochs", "100000", "--svg", "none/a.svg")

    def test_a_run_that_diverges_names_itself_and_its_step_and_keeps_nothing_that_is_not_finite(self):
        small = ["mha", "--configs", "16x2", "--samples", "20"]
        # A loss of NaN; parameters that overflow in the first and only step; finite ones whose outputs do.
        for rate, epochs, part in (("1e30", 9, "loss is NaN at step 1;"),
                                   ("1e39", 1, "parameters' norm is infinite at step 1;"),
                                   ("1e39", 20, "parameters' norm is infinite at step 1;"),
                                   ("1e38", 1, "outputs' norm is NaN at step 1;")):
            arguments = [*small, "--epochs", epochs, "--rate", rate]
            (self.at / "kept").mkdir(exist_ok=True)
            (self.at / "kept" / "lock").touch()
            for more in ([], ["--checkpoint", "kept"]):
                status, out, err = self.run_program(*arguments, *more)
                self.assertEqual((status, out), (1, ""))
                self.assertRegex(err, r"\Amha: mha 16 x 2, seed 42: [^\n]+ lower learning rate [^\n]+\n\Z")
                self.assertIn(part, err)
                self.assertNotIn("checkpoint", err)
                self.assertEqual(list(self.content()), ["kept/lock"])

    def test_a_run_that_diverges_later_keeps_the_checkpoint_before(self):
        arguments = ["mha", "--configs", "16x2", "--samples", "20", "--epochs", "60", "--rate", "2.5e8",
                     "--checkpoint", "kept"]
        status, _, first = self.run_program(*arguments)
        self.assertEqual(status, 1)
        self.assertRegex(first, r"NaN at step [1-5]\d; .*; 'kept/seed42-16x2.safetensors' keeps the last checkpoint")
        self.fail_with(1, [first], *arguments)  # goes on from there, to the same end
        status, _, alone = self.run_program(*arguments[:-2])
        self.assertEqual((status, alone), (1, first.split(", and")[0] + "\n"))

    def test_one_process_at_a_time_in_a_folder(self):
        arguments = ["mha", "--configs", "16x2", "--epochs", "2", "--checkpoint", "kept"]
        refusal = ["'kept' is in use by another mha", "wait", "another folder"]
        self.succeed(*arguments)
        with open(self.at / "kept" / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.fail_with(1, refusal, *arguments)
            self.fail_with(1, refusal, *arguments, "--seed", "43")
        self.succeed(*arguments)
        for number in (KILL, signal.SIGTERM):
            # It has the lock when it saves. To try the lock would be to take it, perhaps just before the program does.
            process = self.start("mha", "--configs", "256x8", "--epochs", "100000", "--checkpoint", "other")
            before = self.checkpoints("other")
            while process.poll() is None and self.checkpoints("other") == before:
                time.sleep(0.01)
            status, out, err = self.run_program(*arguments[:-1], "other")
            process.send_signal(number)
            process.communicate(timeout=300)
            self.assertEqual((status, out), (1, ""))
            self.assertIn("'other' is in use by another mha", err)
            self.assertFalse(self.is_locked(self.at / "other" / "lock"))
            self.succeed(*arguments[:-1], "other")

    def is_locked(self, path):
        with open(path) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def test_checkpoints_of_something_else(self):
        arguments = ["mha", "--configs", "16x2", "--epochs", "2", "--checkpoint", "kept"]
        self.succeed(*arguments)
        for option, value in (("--epochs", "3"), ("--samples", "50"), ("--rate", "0.01")):
            self.fail_with(1, ["seed42-16x2.safetensors", option[2:], "expected " + value], *arguments, option, value)
        file = self.at / "kept" / "seed42-16x2.safetensors"
        whole = file.read_bytes()
        (self.at / "kept" / "seed43-16x2.safetensors").write_bytes(whole)
        self.fail_with(1, ["seed 42", "seed 43"], *arguments, "--seed", "43")
        for damaged in (whole[:-1], whole[:100], b"", whole[:-5] + b"\0\1\2\3\4"):
            file.write_bytes(damaged)
            self.fail_with(1, ["seed42-16x2.safetensors"], *arguments)

    def test_the_distribution_is_the_reference_s(self):
        """The short form of `compare_mha.py`; docs/mha.md has the command for the long one."""
        (self.at / "ours.json").write_text(
            self.succeed("mha", "--configs", "64x1,64x8", "--seed", "1", "--seeds", "4", "--json"))
        ours = compare_mha.read(str(self.at / "ours.json"))
        reference = compare_mha.read(str(FIXTURES / "mha_reference.csv"))
        found = compare_mha.compare(ours, reference)
        self.assertFalse(compare_mha.rejects(found), compare_mha.report(found, ours, reference))


class Comparison(unittest.TestCase):
    """Can the comparison fail? The reference itself, made with a mistake, against the right one."""

    def test_a_wrong_initialisation_is_noticed(self):
        reference = compare_mha.read(str(FIXTURES / "mha_reference.csv"))
        wrong = compare_mha.read(str(FIXTURES / "mha_defect.csv"))
        self.assertTrue(compare_mha.rejects(compare_mha.compare(wrong, reference)))

    def test_halves_of_the_reference_agree(self):
        reference = compare_mha.read(str(FIXTURES / "mha_reference.csv"))
        halves = [{configuration: {seed: run for seed, run in runs.items() if seed % 2 == part}
                   for configuration, runs in reference.items()} for part in (0, 1)]
        found = compare_mha.compare(*halves)
        self.assertEqual(found["cells"], 12 * 34)
        self.assertFalse(compare_mha.rejects(found), compare_mha.report(found, *halves))

    def test_p_values_are_those_of_tables(self):
        x, y = [1.0, 2.0, 4.0, 7.0], [3.0, 8.0, 9.0, 12.0, 15.0]
        self.assertAlmostEqual(compare_mha.welch(x, y), 0.0465002757, 9)  # scipy.stats.ttest_ind(equal_var=False)
        self.assertAlmostEqual(compare_mha.smirnov(x, y), 5 / 63, 12)  # scipy.stats.ks_2samp, exact
        self.assertEqual(compare_mha.welch([1.0, 1.0], [1.0, 1.0]), 1)
        self.assertEqual(compare_mha.welch([1.0, 1.0], [2.0, 2.0]), 0)
        self.assertEqual(compare_mha.holm({"a": 0.01, "b": 0.04, "c": 0.03}), {"a": 0.03, "c": 0.06, "b": 0.06})


if __name__ == "__main__":
    unittest.main()
