# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""What the comparisons with PyTorch share: finding it, building our programs, and processes that take turns."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CORES = 2


def give_up(message):
    sys.exit(os.path.basename(sys.argv[0]) + ": " + message)


def python_with_torch():
    for python in ("python3", "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode == 0:
            return python
    give_up("PyTorch is not installed; please install Debian's package python3-torch")


def build(source, name, flags):
    """The program of bench/<source>, or the end of this one."""
    folder = os.path.join(ROOT, "build", "bench")
    os.makedirs(folder, exist_ok=True)
    program = os.path.join(folder, name)
    command = [os.environ.get("CXX", "g++"), "-std=c++20", *flags, "-I" + os.path.join(ROOT, "include"),
               os.path.join(ROOT, "bench", source), "-o", program, "-pthread"]
    try:
        if subprocess.run(command).returncode == 0:
            return program
        give_up("the library's program did not compile: " + " ".join(command))
    except FileNotFoundError:
        give_up(f"there is no compiler {command[0]}; please install Debian's package g++, or set CXX")


def has_avx512():
    with open("/proc/cpuinfo") as info:
        return "avx512dq" in info.read()


def tuning():
    """Environment in which this PyTorch is fastest: memory kept, and the core type that its OpenBLAS does not see."""
    tuned = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592"}
    if has_avx512():
        tuned["OPENBLAS_CORETYPE"] = "SkylakeX"
    return tuned


class Worker:
    """A process that does turns of work for us: it reads a line, does what it says, and answers with the seconds of wall
    clock and of processor time that this took, and a figure that must come out alike."""

    def __init__(self, name, command, environment=None):
        self.name, self.wall, self.processor, self.done, self.turns = name, 0.0, 0.0, 0, []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **(environment or {})})

    def read(self):
        line = self.process.stdout.readline().strip()
        if not line:
            give_up(self.name + " stopped")
        return line

    def turn(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return [float(word) for word in self.read().split()]

    def measure(self, line, count):
        """A turn of `count` units of work."""
        wall, processor, self.figure = self.turn(line)
        self.wall += wall
        self.processor += processor
        self.done += count
        self.turns.append(1e3 * wall / count)

    def finish(self):
        self.process.stdin.close()
        self.memory = os.wait4(self.process.pid, 0)[2].ru_maxrss / 1024
        self.process.returncode = 0

    def milliseconds(self):
        return 1e3 * self.wall / self.done

    def processor_milliseconds(self):
        return 1e3 * self.processor / self.done


def on_threads(name, command, environment=None):
    """A program, which takes the number of threads last, on one thread and on all cores."""
    return [Worker(f"{name}, {n} thread{'s' * (n > 1)}", [*command, str(n)], environment) for n in (1, CORES)]


def torch_workers(script, *arguments, form=None):
    """bench/<script>, in the form named if there are several, on one thread and on all cores, and what it says it runs on."""
    forms = [form] if form else []
    command = [python_with_torch(), "-B", os.path.join(ROOT, "bench", script), *arguments, *forms]
    workers = on_threads(", ".join(["PyTorch", *forms]), command, tuning())
    return workers, [worker.read() for worker in workers][0]


def torch_forms(script, forms, *arguments):
    """The workers of each form, and what they run on."""
    groups = {}
    for form in forms:
        groups[form], described = torch_workers(script, *arguments, form=form)
    return groups, described


def tuned_by():
    return " ".join(f"{name}={value}" for name, value in sorted(tuning().items()))
