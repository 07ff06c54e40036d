#!/usr/bin/env python3
"""Integration tests: the worker between a real Kafka and a real Redis.

usage: run.py [--short] [--long] [--only PATTERN] [--jobs N] [--seed N] [--keep] [--list]

--short    the set of `make test` (the default); --long: every scenario, larger and longer
--only     scenarios whose name contains PATTERN (may be given more than once)
--jobs     scenarios at the same time (default 4: they mostly wait)
--seed     instead of a random one, to do again what was printed (time still plays its part)
--keep     keep the folders of scenarios that passed, too
A line for each scenario, then `N passed, N failed, N skipped`; exit 1 if one failed. The folder of a scenario that
failed is kept and named. The programs are taken from build/bin and build/gcc-hooks/bin.
"""
import argparse
import importlib
import shutil
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import data  # noqa: E402  the modules beside this file
import scenario  # noqa: E402
import stack  # noqa: E402
import worker  # noqa: E402

PRINT = threading.Lock()


def say(text):
    with PRINT:
        print(text, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def discover(args):
    for module in sorted(HERE.glob("test_*.py")):
        importlib.import_module(module.stem)
    chosen = [s for s in scenario.REGISTRY if args.long or not s.long]
    return [s for s in chosen if not args.only or any(p in s.title for p in args.only)]


class Runner:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.results = {"ok": 0, "FAIL": 0, "SKIP": 0}
        self.failed, self.skipped = [], []
        self.broker = None

    def run(self, scenarios):
        why = stack.missing_for_real_broker() if any(s.real for s in scenarios) else None
        if why is None and any(s.real for s in scenarios):
            self.broker = stack.Broker(self.folder / "kafka")
        try:
            with ThreadPoolExecutor(self.args.jobs) as pool:
                list(pool.map(lambda numbered: self.one(*numbered, why), enumerate(scenarios)))
        finally:
            if self.broker:
                self.broker.stop()

    def one(self, number, play, why):
        if play.real and why:
            self.line("SKIP", play, 0, why)
            return
        directory = self.folder / str(number)
        directory.mkdir()
        start = time.monotonic()
        try:
            notes = self.play(play, directory, str(number))
        except scenario.Skip as why_not:
            self.line("SKIP", play, time.monotonic() - start, str(why_not))
            return
        except Exception as e:
            self.line("FAIL", play, time.monotonic() - start, explain(e) + "\n  kept: %s" % directory)
            return
        self.line("ok", play, time.monotonic() - start, "; ".join(notes))
        if not self.args.keep:
            shutil.rmtree(directory, ignore_errors=True)

    def play(self, play, directory, tag):
        broker = self.broker if play.real else stack.EmbeddedBroker({"events-" + tag: 4})
        stage = scenario.Stage(directory, broker, tag, self.args.long, self.args.seed)
        try:
            play(stage)
            stage.alive()
            stage.expect_no_damage()
            return stage.notes
        except Exception as e:
            e.add_note("; ".join(["noted: seed %d" % stage.seed, *(n for n in stage.notes if "seed" not in n)]))
            e.add_note(stage.tails())
            raise
        finally:
            stage.close()
            if not play.real:
                broker.stop()

    def line(self, result, play, seconds, text):
        self.results[result] += 1
        if result == "FAIL":
            self.failed.append(play.title)
        if result == "SKIP":
            self.skipped.append("%s: %s" % (play.title, text))
        say("%-4s %s %.1f s%s" % (result, play.title, seconds, " (%s)" % text if result != "FAIL" and text else ""))
        if result == "FAIL":
            say("  " + text.replace("\n", "\n  "))


def explain(e):
    """The message, where in the scenario it happened, what the stage noted."""
    frames = [f for f in traceback.extract_tb(e.__traceback__) if "/test_" in f.filename]
    where = "at %s:%d: %s" % (Path(frames[-1].filename).name, frames[-1].lineno, frames[-1].line) if frames else ""
    text = str(e) if isinstance(e, AssertionError) else "".join(traceback.format_exception(e))
    return "\n".join(part for part in [text, where, *getattr(e, "__notes__", [])] if part.strip())


def main():
    args = arguments()
    scenarios = discover(args)
    if args.list:
        for s in scenarios:
            print(s.title, "(long)" if s.long else "", "" if s.real else "(embedded broker)")
        return 0
    if not scenarios:
        sys.exit("no scenario has that in its name")
    for program in (worker.BIN / "topkd", worker.HOOKS_BIN / "topkd"):
        if not program.exists():
            sys.exit("%s is missing: run `make integration`, which builds it" % program)
    start = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="topkd-it."))
    say("events: %s" % data.source())
    runner = Runner(args, folder)
    runner.run(scenarios)
    if not runner.results["FAIL"] and not args.keep:
        shutil.rmtree(folder, ignore_errors=True)
    for title in runner.skipped:
        say("skipped: " + title)
    for title in runner.failed:
        say("failed: " + title)
    say("%.0f s, %d scenarios at a time" % (time.monotonic() - start, args.jobs))
    say("%d passed, %d failed, %d skipped" % tuple(runner.results[k] for k in ("ok", "FAIL", "SKIP")))
    return 1 if runner.results["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
