# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""The autoencoder: its document, the same bytes however it is run, and what it refuses."""
import csv
import io
import json
import signal
import struct
import unittest
import xml.etree.ElementTree

from programs import FOLDER, KILL, Programs

SMALL = ["--side", "16", "--patch", "4", "--hidden", "16", "--rows", "16", "--batch", "8", "--batches", "24",
         "--read-every", "5", "--samples", "40"]


@unittest.skipUnless((FOLDER / "svae").exists(), "svae needs Eigen")
class Svae(Programs):
    def report(self, *arguments):
        return json.loads(self.succeed("svae", *SMALL, *arguments, "--json"))

    def test_the_document(self):
        printed = self.succeed("svae", *SMALL, "--seed", "7", "--json", "--report", "final_report.json")
        self.assertEqual((self.at / "final_report.json").read_text(), printed)
        document = json.loads(printed)
        self.assertEqual(list(document), [
            "program", "settings", "provenance", "parameters", "result", "bands", "documented", "law", "null",
            "noise_types", "spectrum", "alpha", "choices"])
        settings, result = document["settings"], document["result"]
        self.assertEqual((settings["seed"], settings["dim"], settings["soft_hand"]), (7, 16, "full"))
        self.assertEqual(result["status"], "done")
        self.assertEqual([reading["batch"] for reading in result["readings"]], [0, 5, 10, 15, 20, 24])
        self.assertEqual(len(result["batch_mse"]), 24)
        first, last = result["readings"][0], result["readings"][-1]
        self.assertEqual((first["cv"], first["ema"], first["mse"]),
                         (result["cv_untrained"], result["cv_untrained"], result["mse_first"]))
        self.assertEqual((last["cv"], last["ema"], last["mse"]),
                         (result["cv_final"], result["cv_ema"], result["mse"]))
        mean = first["cv"]
        for reading in result["readings"][1:]:
            mean += 0.01 * (reading["cv"] - mean)
            self.assertAlmostEqual(reading["ema"], mean, 14)
        self.assertEqual([entry["type"] for entry in document["noise_types"]][:3],
                         ["gaussian", "uniform", "wide_uniform"])
        self.assertEqual(len(document["noise_types"]), 16)
        for entry in document["noise_types"]:
            self.assertTrue(0 < entry["mse"] < 1.5 * entry["mse_zero"], entry)
        for which in ("trained", "untrained"):
            spectrum = document["spectrum"][which]
            self.assertTrue(1 < spectrum["effective_rank"] < 16)
            self.assertEqual(spectrum["singular_values"], sorted(spectrum["singular_values"], reverse=True))
        self.assertAlmostEqual(document["law"]["cv"], 0.2030, 4)
        self.assertEqual(document["bands"]["final"], "LOW")
        self.assertIsNone(document["documented"])
        for word in ("date", "host", "thread", "seconds"):
            self.assertNotIn(word, printed)

    def test_bands_are_the_documented_configurations(self):
        small = ["--batch", "1", "--batches", "1", "--samples", "20"]
        for band, parameters, target, cv in (("LOW", 250211, 0.20, 0.1969), ("MID", 183339, 0.36, 0.3588),
                                             ("HIGH", 40703, 0.92, 0.9016)):
            document = json.loads(self.succeed("svae", *small, "--band", band, "--json"))
            self.assertEqual((document["parameters"], document["settings"]["target"],
                              document["documented"]["cv_five_seeds"]), (parameters, target, cv))
        # Options depart from the band wherever it stands, and D brings its own target.
        document = json.loads(self.succeed("svae", "--dim", "8", *small, "--band", "LOW", "--json"))
        self.assertEqual((document["settings"]["dim"], document["documented"]["band"]), (8, "MID"))
        self.assertAlmostEqual(document["settings"]["target"], 0.3624, 4)
        document = json.loads(self.succeed("svae", *small, "--rate", "0.5", "--optimiser", "sgd", "--json"))
        self.assertEqual(document["settings"]["rate"], 0.5)
        document = json.loads(self.succeed("svae", *small, "--optimiser", "adamw", "--json"))
        self.assertEqual((document["settings"]["rate"], document["settings"]["weight_decay"]), (1e-4, 0.01))

    def test_the_same_bytes_for_any_threads(self):
        for more in ([], ["--row-rule", "scale_only"], ["--soft-hand", "hard_penalty"]):
            one = self.succeed("svae", *SMALL, *more, "--json")
            for threads in (2, 5):
                self.assertEqual(self.succeed("svae", *SMALL, *more, "--threads", threads, "--json"), one)

    def test_every_choice_runs_and_counts(self):
        plain = self.report()["result"]
        for option, values in (("--activation", ("relu", "silu", "tanh", "identity")),
                               ("--row-rule", ("none", "layer_norm", "scale_only")), ("--alpha", ("unbounded",)),
                               ("--init", ("kaiming", "xavier", "small_normal")), ("--optimiser", ("adamw", "sgd")),
                               ("--schedule", ("constant", "linear", "warm_restarts", "one_cycle")),
                               ("--soft-hand", ("pure_mse", "hard_penalty")), ("--depth", ("0", "2")),
                               ("--attention-layers", ("0", "2")), ("--colour", ("power_law",)),
                               ("--noise", ("gaussian", "heavy_tailed", "pink"))):
            for value in values:
                with self.subTest(option=option, value=value):
                    result = self.report(option, value)["result"]
                    self.assertEqual(result["status"], "done")
                    self.assertNotEqual(result["batch_mse"], plain["batch_mse"])
        measured = self.report("--soft-hand", "measure_only")["result"]
        self.assertEqual(measured, self.report("--soft-hand", "pure_mse")["result"])

    def test_scalars(self):
        self.succeed("svae", *SMALL, "--csv", "some.csv", "--events", "a.tfevents.b")
        self.succeed("svae", *SMALL, "--csv", "all.csv", "--every-batch")
        result = self.report()["result"]
        some = list(csv.DictReader(io.StringIO((self.at / "some.csv").read_text())))
        self.assertEqual([(int(row["batch"]), float(row["mse"]), float(row["cv"]), float(row["ema"])) for row in some],
                         [tuple(reading[key] for key in ("batch", "mse", "cv", "ema"))
                          for reading in result["readings"]])
        every = list(csv.DictReader(io.StringIO((self.at / "all.csv").read_text())))
        self.assertEqual([float(row["mse"]) for row in every], result["batch_mse"] + [result["mse"]])
        self.assertEqual([row for row in every if row["cv"]], some)
        scalars = self.scalars((self.at / "a.tfevents.b").read_bytes())
        self.assertEqual([step for tag, step, _ in scalars if tag == "mse"], list(range(25)))
        for reading, (_, step, value) in zip(result["readings"], [one for one in scalars if one[0] == "cv"]):
            self.assertEqual(reading["batch"], step)
            self.assertAlmostEqual(reading["cv"], value, 6)

    def scalars(self, data):
        """(tag, step, value) of the records of an event file, whose checksums are right."""
        def crc(text):
            value = 0xffffffff
            for byte in text:
                value ^= byte
                for _ in range(8):
                    value = (value >> 1) ^ (0x82f63b78 if value & 1 else 0)
            value ^= 0xffffffff
            return (((value >> 15) | (value << 17)) + 0xa282ead8) & 0xffffffff
        found = []
        while data:
            length, = struct.unpack("<Q", data[:8])
            event = data[12:12 + length]
            self.assertEqual(struct.unpack("<I", data[8:12])[0], crc(data[:8]))
            self.assertEqual(struct.unpack("<I", data[12 + length:16 + length])[0], crc(event))
            data = data[16 + length:]
            if found or b"brain.Event:2" not in event:
                step = event[10]  # below 128
                tag_length = event[event.index(b"\x0a", 11) + 3]
                begin = event.index(b"\x0a", 11) + 4
                found.append((event[begin:begin + tag_length].decode(), step,
                              struct.unpack("<f", event[begin + tag_length + 1:])[0]))
        return found

    def test_tables_and_pictures(self):
        out = self.succeed("svae", *SMALL, "--svg", "cv.svg", "--pictures", "images.svg")
        for part in ("CV of the latent rows", "documented", "ours", "untrained", "law", "null", "last reading",
                     "running mean", "noise type", "explained", "effective rank", "S-delta", "S0 / SD", "alpha",
                     "where the document is silent", "one-cycle"):
            self.assertIn(part, out)
        for name, part in (("cv.svg", "running mean"), ("images.svg", "checkerboard")):
            picture = (self.at / name).read_text()
            xml.etree.ElementTree.fromstring(picture)
            self.assertIn(part, picture)
        self.assertEqual((self.at / "images.svg").read_text().count("<image"), 48)

    def stop_svae(self, number, *arguments):
        """Stops a run as soon as its checkpoint appears, or is another one than before."""
        path = self.at / "kept" / "svae.safetensors"
        before = path.stat().st_mtime_ns if path.exists() else None
        return self.stop_midway(lambda: path.stat().st_mtime_ns != before, number, "svae", *arguments, pause=0)

    def test_a_killed_run_goes_on_to_the_same_bytes(self):
        arguments = [*SMALL, "--batches", "300", "--optimiser", "sgd", "--momentum", "0.9", "--json"]
        whole = self.succeed("svae", *arguments)
        arguments += ["--checkpoint", "kept", "--save-every", "20"]
        stopped = 0
        for number in (KILL, signal.SIGTERM, KILL, KILL, signal.SIGTERM):
            status, err = self.stop_svae(number, *arguments)
            if status == 0:
                break
            stopped += 1
            if number == signal.SIGTERM and status == 128 + number:
                self.assertRegex(err, r"\Asvae: stopped after \d+ of 300 batches; go on with the same command\n\Z")
        self.assertGreater(stopped, 1)
        self.assertEqual(self.succeed("svae", *arguments), whole)
        self.assertEqual(self.succeed("svae", *arguments), whole)  # nothing is left to do
        self.fail_with(1, ["svae.safetensors", "seed"], "svae", *arguments, "--seed", "1")
        self.fail_with(1, ["svae.safetensors", "sigma", "0.15", "expected 0.2"], "svae", *arguments, "--sigma", "0.2")
        path = self.at / "kept" / "svae.safetensors"
        content = path.read_bytes()
        for damaged in (content[:-1], content[:50], b"", content[:-3] + b"\0\1\2"):
            path.write_bytes(damaged)
            self.fail_with(1, ["svae.safetensors"], "svae", *arguments)

    def test_one_process_at_a_time_in_a_folder(self):
        arguments = [*SMALL, "--checkpoint", "kept"]
        process = self.start("svae", *arguments, "--batches", "100000", "--save-every", "1")
        while process.poll() is None and not (self.at / "kept" / "svae.safetensors").exists():
            pass
        status, out, err = self.run_program("svae", *arguments)
        process.send_signal(KILL)
        process.communicate(timeout=300)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("'kept' is in use by another svae", err)

    def test_a_run_that_diverges_says_so_and_writes_its_files(self):
        wild = [*SMALL, "--optimiser", "sgd", "--momentum", "0.99", "--rate", "1e6", "--schedule", "constant"]
        status, out, err = self.run_program("svae", *wild, "--json", "--report", "report.json", "--csv", "some.csv",
                                            "--pictures", "images.svg")
        self.assertEqual(status, 1)
        self.assertRegex(err, r"\Asvae: the run diverged: [^\n]+ at step \d+; [^\n]+ --rate\n\Z")
        self.assertEqual((self.at / "report.json").read_text(), out)
        document = json.loads(out)
        self.assertEqual(document["result"]["status"], "diverged")
        self.assertIn(" at step ", document["result"]["reason"])
        self.assertIsNone(document["result"]["cv_final"])
        self.assertIsNone(document["spectrum"]["trained"])
        self.assertGreaterEqual(len(document["result"]["batch_mse"]), 1)
        self.assertIn("diverged: ", self.run_program("svae", *wild)[1])

    def test_wrong_input(self):
        for arguments, parts in (
                (["--patch", "5"], ["side 16", "side 5", "multiple"]), (["--dim", "18"], ["dim 18", "4 heads"]),
                (["--rows", "4"], ["4 rows", "at least 5"]), (["--band", "low"], ["--band", "LOW, MID or HIGH"]),
                (["--activation", "elu"], ["--activation", "gelu"]), (["--row-rule", "batch"], ["--row-rule"]),
                (["--alpha", "free"], ["--alpha"]), (["--init", "he"], ["--init"]),
                (["--noise", "blue"], ["blue", "all16"]), (["--colour", "pink"], ["--colour"]),
                (["--optimiser", "lion"], ["--optimiser"]), (["--schedule", "step"], ["--schedule"]),
                (["--soft-hand", "strong"], ["--soft-hand"]), (["--isa", "mmx"], ["--isa"]),
                (["--side", "1"], ["--side"]), (["--batch", "0"], ["--batch"]), (["--batches", "0"], ["--batches"]),
                (["--rate", "-1"], ["--rate"]), (["--rate", "nan"], ["--rate"]), (["--momentum", "1"], ["--momentum"]),
                (["--momentum", "0.9"], ["adam", "expected --optimiser sgd"]), (["--samples", "9"], ["--samples"]),
                (["--read-every", "0"], ["--read-every"]), (["--ema", "2"], ["--ema"]), (["--sigma", "0"], ["--sigma"]),
                (["--threads", "0"], ["--threads"]), (["--save-every", "0"], ["--save-every"]),
                (["--row-rule", "none", "--activation", "relu"], ["relu", "none"]),
                (["--every-batch"], ["--csv"]), (["--events", "scalars"], ["tfevents"]), (["--csv", ""], ["--csv"]),
                (["--checkpoint", ""], ["--checkpoint"]), (["--nonsense", "1"], ["--nonsense"])):
            self.fail_with(2, parts, "svae", *SMALL, *arguments)
        (self.at / "file").write_text("precious")
        self.fail_with(1, ["'file'"], "svae", *SMALL, "--checkpoint", "file")
        for option in ("--report", "--csv", "--svg", "--pictures"):  # known at once: these would take days
            self.fail_with(1, ["none/a"], "svae", "--batches", "100000000", option, "none/a")


if __name__ == "__main__":
    unittest.main()
