#!/usr/bin/env python3
"""Mutants: one fault at a time is put into a copy of the sources, and the tests must notice it.

usage: run.py [--only PATTERN] [--jobs N] [--list] [--check]

--only     mutants whose name contains PATTERN (may be given more than once)
--jobs     mutants at the same time, each in a copy of its own (default 2)
--list     names and files, nothing else
--check    only that every row of table.py still fits the code: cheap enough for every `make test`

The copies are in build/mutants/ and are built again in part; the tree itself is never touched. A mutant is noticed by a
unit test of its suites or, where these are silent, by the property test. One that survives is a failure, and so is one
whose text is not found exactly once: the table follows the code. A line for each, then `mutants: N passed, N failed`.
"""
import argparse
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import table  # noqa: E402  the module beside this file

ROOT = Path(__file__).resolve().parents[2]
COPIES = ROOT / "build" / "mutants"
BUILT_FROM = ["Makefile", "cmd", "deploy", "lib", "tests"]
BUILD = "build/gcc-hooks"
MODEL_SEEDS = 60
UNIT_TIMEOUT_S, MODEL_TIMEOUT_S = 900, 600
SHOWN_CHARS = 150


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--check", action="store_true")
    return parser.parse_args()


# -- the table against the code ----------------------------------------------------------------------------------------


def suites_there():
    return {path.stem.removeprefix("check_"): path.parent.name for path in ROOT.glob("tests/unit/*/check_*.c")}


def suites_of(mutant):
    """Those of the row; else those that mirror the folder, and what the table adds for it."""
    if mutant.suites:
        return mutant.suites.split()
    folder = Path(mutant.file).parts[1]
    mirrored = sorted(suite for suite, where in suites_there().items() if where == folder)
    return mirrored + table.ALSO.get(folder, "").split()


def pattern(text):
    """White space is any white space, so that a row outlives the formatter."""
    return re.compile(r"\s+".join(re.escape(word) for word in text.split()))


def mutated(mutant, source):
    return pattern(mutant.old).sub(lambda _: mutant.new, source)


def misfits(mutant):
    """What is wrong with this row, None if nothing."""
    path = ROOT / mutant.file
    if not path.is_file():
        return "expected a file %s, got none: correct the row in tests/mutants/table.py" % mutant.file
    found = len(pattern(mutant.old).findall(path.read_text()))
    if found != 1:
        return "expected its text once in %s, got it %d times: let the row follow the code" % (mutant.file, found)
    unknown = [suite for suite in suites_of(mutant) if suite not in suites_there()]
    if unknown or not suites_of(mutant):
        return "expected suites of tests/unit, got '%s': correct the row" % " ".join(unknown)
    if sum(other.name == mutant.name for other in table.MUTANTS) > 1:
        return "expected a name of its own, got one that another row has, too: rename it"
    return None


# -- copies ------------------------------------------------------------------------------------------------------------


def sources(root):
    for top in BUILT_FROM:
        for path in [root / top] if (root / top).is_file() else sorted((root / top).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root)


class Copy:
    """The sources once more, with a build of their own."""

    def __init__(self, number):
        self.folder = COPIES / str(number)

    def refresh(self):
        """Whatever differs is copied, so that little is compiled again."""
        wanted = set(sources(ROOT))
        if gone := set(sources(self.folder)) - wanted:
            for path in gone:
                (self.folder / path).unlink()
            shutil.rmtree(self.folder / "build", ignore_errors=True)  # it may still hold what is gone
        for path in wanted:
            to = self.folder / path
            if not to.is_file() or to.read_bytes() != (ROOT / path).read_bytes():
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / path, to)

    def become(self, other):
        if not self.folder.exists():
            shutil.copytree(other.folder, self.folder, symlinks=True)  # with the times that make looks at

    def run(self, command, timeout_s=None):
        """(exit status, output); the status is None if it did not end in time."""
        env = {**os.environ, "CCACHE_NOHASHDIR": "1", "CCACHE_BASEDIR": str(self.folder)}
        process = subprocess.Popen(command, cwd=self.folder, env=env, text=True, errors="replace",
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=timeout_s)
            return process.returncode, output
        except subprocess.TimeoutExpired:
            process.terminate()  # the unit runner takes its tests along
            return None, process.communicate()[0]

    def make(self, program, jobs=1):
        """(exit status, what the compiler complained of)."""
        status, output = self.run(["make", "-s", "-j%d" % jobs, "CC=gcc", "VARIANT=hooks", "WERROR=0",
                                   "VERSION=mutants", "%s/%s" % (BUILD, program)])
        return status, "\n".join(line for line in output.splitlines() if not line.startswith("  CC "))

    def unit(self, suites):
        return self.run(["%s/unit" % BUILD, *suites], UNIT_TIMEOUT_S)

    def model(self):
        return self.run(["%s/model" % BUILD, "--seeds", str(MODEL_SEEDS)], MODEL_TIMEOUT_S)


# -- what the tests say ------------------------------------------------------------------------------------------------


def shorten(text):
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS - 3] + "..."


def unit_says(status, output):
    """Which test failed and how many more; None if all passed."""
    if status == 0:
        return None
    if status is None:
        return "unit tests did not end in %d s" % UNIT_TIMEOUT_S
    failures = re.findall(r"(\w+)\.c:\d+:[FE]:\w+:(\w+):\d+: (.*)$", output, re.MULTILINE)
    if not failures:
        return "unit tests ended with %d: %s" % (status, output.strip()[-SHOWN_CHARS:])
    file, test, why = failures[0]
    more = " (+%d more)" % (len(failures) - 1) if len(failures) > 1 else ""
    return "%s.%s%s: %s" % (file.removeprefix("check_"), test, more, why)


def model_says(status, output):
    if status == 0:
        return None
    if status is None:
        return "model did not end in %d s" % MODEL_TIMEOUT_S
    found = re.search(r"first (?:seed|log) (.*)$", output, re.MULTILINE)
    return "model: " + (found.group(1) if found else output.strip()[-SHOWN_CHARS:])


# -- running -----------------------------------------------------------------------------------------------------------


class Run:
    def __init__(self, mutants, jobs):
        self.mutants, self.jobs = mutants, max(1, min(jobs, len(mutants)))
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def say(self, result, name, seconds, text):
        with self.lock:
            self.passed += result == "noticed"
            self.failed += result != "noticed"
            print("%-8s %-56s %3.0f s  %s" % (result, name, seconds, shorten(text)), flush=True)

    def sane(self, copy):
        """The sources as they are pass; otherwise every mutant would be `noticed`."""
        copy.refresh()
        for program in ("unit", "model"):
            status, output = copy.make(program, os.cpu_count() or 1)
            if status != 0:
                return "%s does not build:\n%s" % (program, output)
        suites = sorted({suite for mutant in self.mutants for suite in suites_of(mutant)})
        return unit_says(*copy.unit(suites)) or model_says(*copy.model())

    def verdict(self, mutant, copy):
        for program in ("unit", "model"):
            status, output = copy.make(program)
            if status != 0:
                return "FAILS", "does not build: " + output.strip()
            says = unit_says(*copy.unit(suites_of(mutant))) if program == "unit" else model_says(*copy.model())
            if says:
                return "noticed", says
        return "SURVIVES", "%s and %d histories of the model pass" % (" ".join(suites_of(mutant)), MODEL_SEEDS)

    def one(self, mutant, copies):
        began = time.monotonic()
        copy = copies.get()
        path = copy.folder / mutant.file
        source = path.read_text()
        path.write_text(mutated(mutant, source))
        try:
            result, text = self.verdict(mutant, copy)
        finally:
            path.write_text(source)
            copies.put(copy)
        self.say(result, mutant.name, time.monotonic() - began, text)

    def all(self):
        fitting = []
        for mutant in self.mutants:
            if why := misfits(mutant):
                self.say("FAILS", mutant.name, 0, why)
            else:
                fitting.append(mutant)
        first, copies = Copy(0), queue.SimpleQueue()
        if why := self.sane(first):
            sys.exit("mutants: the sources do not pass as they are: %s" % why)
        for number in range(self.jobs):
            copy = Copy(number)
            copy.become(first)
            copy.refresh()
            copies.put(copy)
        with ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(lambda mutant: self.one(mutant, copies), fitting))


def check(mutants):
    bad = [(mutant.name, why) for mutant in mutants if (why := misfits(mutant))]
    for name, why in bad:
        print("%s: %s" % (name, why))
    print("mutants-check: %d passed, %d failed" % (len(mutants) - len(bad), len(bad)))
    return 1 if bad else 0


def main():
    args = arguments()
    mutants = [m for m in table.MUTANTS if not args.only or any(part in m.name for part in args.only)]
    if not mutants:
        sys.exit("no mutant has that in its name: --list shows them all")
    if args.list:
        for mutant in mutants:
            print("%-56s %s" % (mutant.name, mutant.file))
        return 0
    if args.check:
        return check(mutants)
    run = Run(mutants, args.jobs)
    run.all()
    print("mutants: %d passed, %d failed" % (run.passed, run.failed))
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
