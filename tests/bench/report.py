"""Tables of medians, and where they are kept: RESULTS.md, with the machine and the command beside each run."""
import os
import platform
import re
import shlex
import statistics
import subprocess
from datetime import datetime, timezone
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = """# Benchmark results

Written by `tests/bench/run`, newest last. Each figure is the median over the rounds, with minimum and maximum in
brackets; contestants take turns within a run, so compare rows of one run only. CPU is user + system time of the
process named, from start to exit, over the events of the topic; broker, Redis and load generator are not in it, but run
on the same cores.
"""


def spread(values, form="%.2f"):
    """Median (min-max)."""
    if not values:
        return "-"
    if len(values) == 1:
        return form % values[0]
    return "%s (%s-%s)" % tuple(form % v for v in (statistics.median(values), min(values), max(values)))


def by(measured, *names):
    """The measurements in groups of equal values of NAMES, in the order in which they came."""
    groups = {}
    for m in measured:
        groups.setdefault(tuple(m[n] for n in names), []).append(m)
    return groups


class Table:
    def __init__(self, title, *columns):
        self.title, self.columns, self.rows, self.notes = title, columns, [], []

    def add(self, *cells):
        self.rows.append([str(c) for c in cells])

    def note(self, text):
        self.notes.append(text)

    def text(self):
        grid = [list(self.columns)] + self.rows
        widths = [max(len(row[i]) for row in grid) for i in range(len(self.columns))]
        lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |" for row in grid]
        lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
        return "### %s\n\n%s\n%s" % (self.title, "\n".join(lines), "".join("\n%s\n" % n for n in self.notes))


class Goals(Table):
    """Goal, target, what was measured, and whether that is met."""

    def __init__(self, title):
        super().__init__(title, "goal", "target", "measured", "met")

    def at_least(self, goal, target, value, form="%.3f", more=""):
        self.add(goal, ">= " + form % target, form % value + more, "yes" if value >= target else "no")

    def at_most(self, goal, target, value, form="%.2f", more=""):
        self.add(goal, "<= " + form % target, form % value + more, "yes" if value <= target else "no")


# -- the machine and the parts --------------------------------------------------------------------
def _first(pattern, text):
    found = re.search(pattern, text, re.M)
    return found[1].strip() if found else "unknown"


def _said(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.stdout.strip().splitlines()[0] if done.stdout.strip() else "unknown"
    except OSError:
        return "none"


def machine():
    memory_kb = int(_first(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()))
    cpu = _first(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    system = _first(r'^PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    return "%d cores of %s, %d GB, %s, Linux %s" % (os.cpu_count(), cpu, round(memory_kb / 2**20), system,
                                                   platform.release())


def versions(bin_dir, kafka_script):
    kafka = _first(r"^KAFKA_VERSION=(.*)", Path(kafka_script).read_text())
    redis = _first(r"v=(\S+)", _said("redis-server", "--version"))
    return "%s; Kafka %s on %s; Redis %s; %s" % (_said(str(bin_dir / "topkd"), "--version"), kafka,
                                                _said("java", "--version"), redis, _said("gcc", "--version"))


class Report:
    """Prints tables as they come, and appends them to RESULTS.md if RECORD."""

    def __init__(self, arguments, facts, record):
        self.tables, self.record = [], record
        command = "make bench" + (' ARGS="%s"' % shlex.join(arguments) if arguments else "")
        self.begun = "## %s\n\n- command: `%s`\n" % (self._now(), command)
        self.facts = "".join("- %s: %s\n" % fact for fact in facts)
        self.load_before = os.getloadavg()[0]

    @staticmethod
    def _now():
        return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")

    def add(self, table):
        self.tables.append(table)
        print(table.text(), flush=True)

    def write(self):
        """What was measured, even if a later scenario failed."""
        if not self.record or not self.tables:
            return
        load = "- load of the machine when it began: %.1f\n" % self.load_before
        text = "\n%s%s%s\n%s" % (self.begun, self.facts, load, "\n".join(t.text() for t in self.tables))
        with open(RESULTS, "a", encoding="utf-8") as out:
            if out.tell() == 0:
                out.write(HEAD)
            out.write(text)
        print("recorded in %s" % RESULTS.name)
