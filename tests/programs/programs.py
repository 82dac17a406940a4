# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""Runs the built programs as a user does. The folder they are in is the environment variable GEOLIP_PROGRAMS."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

FOLDER = pathlib.Path(os.environ["GEOLIP_PROGRAMS"])


class Programs(unittest.TestCase):
    """Each test has a folder of its own, `self.at`, and is in it."""

    def setUp(self):
        self.at = pathlib.Path(tempfile.mkdtemp(prefix="geolip-"))
        self.addCleanup(shutil.rmtree, self.at)

    def start(self, program, *arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": self.at, **options}
        return subprocess.Popen([FOLDER / program, *map(str, arguments)], stdin=subprocess.DEVNULL, **options)

    def run_program(self, program, *arguments, **options):
        """Exit status, stdout and stderr."""
        process = self.start(program, *arguments, **options)
        out, err = process.communicate(timeout=600)
        return process.returncode, (out or b"").decode(), (err or b"").decode()

    def succeed(self, program, *arguments):
        """Its stdout; nothing on stderr."""
        status, out, err = self.run_program(program, *arguments)
        self.assertEqual((status, err), (0, ""), arguments)
        return out

    def fail_with(self, status, parts, program, *arguments, **options):
        """It prints nothing but one line on stderr, which holds `parts`, and leaves the folder as it was."""
        before = self.content()
        found, out, err = self.run_program(program, *arguments, **options)
        with self.subTest(arguments=arguments, stderr=err):
            self.assertEqual(found, status)
            self.assertEqual(out, "")
            self.assertRegex(err, rf"\A{program}: [^\n]+\n\Z")
            for part in parts:
                self.assertIn(part, err)
            self.assertEqual(self.content(), before)

    def content(self):
        files = [path for path in sorted(self.at.rglob("*")) if path.is_file()]
        return {str(path.relative_to(self.at)): path.read_bytes() for path in files}

    def stop_midway(self, lines, number, *arguments):
        """Starts a sweep, sends it the signal when its record has so many lines, and returns status and stderr."""
        process = self.start("sweep", *arguments)
        record = self.at / (arguments[arguments.index("--out") + 1] + ".partial")
        deadline = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < deadline:
            if record.exists() and record.read_bytes().count(b"\n") >= lines:
                process.send_signal(number)
                break
            time.sleep(0.001)
        err = process.communicate(timeout=300)[1].decode()
        return process.returncode, err


KILL = signal.SIGKILL
