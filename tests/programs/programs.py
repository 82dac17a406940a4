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

    def stop_midway(self, ready, number, program, *arguments, pause=0.001):
        """Starts a program, sends it the signal as soon as `ready()`, and returns status and stderr.

        It is frozen, and `ready()` asked again, before: what it says is so when the signal comes. A file that is gone
        when it is looked at (the program is about to end) is not ready.
        """
        def is_ready():
            try:
                return ready()
            except FileNotFoundError:
                return False

        process = self.start(program, *arguments)
        deadline = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < deadline:
            if is_ready():
                process.send_signal(signal.SIGSTOP)
                if process.returncode is None:  # until all of it has stopped, or it has ended; Popen may still ask
                    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
                midway = is_ready()
                if midway:
                    process.send_signal(number)
                process.send_signal(signal.SIGCONT)
                if midway:
                    break
            time.sleep(pause)
        err = process.communicate(timeout=300)[1].decode()
        return process.returncode, err


KILL = signal.SIGKILL
