"""Where the CPU of one drain goes: perf's samples by library, part of the program and function."""
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from drain import GROUPS, group_of
from lab import BIN, program_env
from lab import run as output_of
from report import Table

HERTZ = 997  # no multiple of any tick
SAMPLE = re.compile(r"\s*(.+?)\s+([0-9a-f]+) (.+) \((.+)\)$")
LINE = re.compile(r"[0-9a-f]+ [tTwW] (\S+)\t(.+):\d+$")
TOP = 15

# Shared object -> part; the first that its file name begins with.
OBJECTS = (("librdkafka", "librdkafka"), ("liblz4", "lz4"), ("libjansson", "decode"), ("libhiredis", "publish"),
           ("libmicrohttpd", "http"), ("libc.", "libc"), ("libxxhash", "hash"), ("[kernel", "kernel"),
           ("[vdso", "clock"))
# Source file -> part; the first that it begins with.
FILES = (("lib/event/", "decode"), ("lib/decode/", "decode"), ("lib/sketch/", "sketch"), ("lib/list/packed", "sketch"),
         ("lib/partition/", "partition"), ("lib/source/", "source"), ("lib/list/", "merge"), ("lib/merger/", "merge"),
         ("lib/protocol/", "merge"), ("lib/store/redis_merge", "merge"), ("lib/store/", "publish"),
         ("lib/publisher/", "publish"), ("lib/consumer/", "consumer"), ("lib/hub/", "consumer"),
         ("lib/worker/", "consumer"), ("lib/base/hash", "hash"), ("lib/serve/", "http"), ("lib/base/", "base"))
SPLIT = ("libc", "kernel")  # by the threads that called it
PARTS = ("librdkafka", "lz4", "source", "consumer", "decode", "hash", "sketch", "partition", "publish", "merge", "base",
         "http", "clock", *("%s, %s" % (part, group) for part in SPLIT for group in GROUPS), "other")
PIECE = re.compile(r"(@|\.(isra|part|constprop|cold)\b).*")  # what compiler and linker append to a name


def _first(table, name):
    return next((part for begin, part in table if name.startswith(begin)), "other")


class Functions:
    """Function of the program -> part, by the file that it was compiled from."""

    def __init__(self, program):
        files = {}
        for line in output_of("nm", "-l", "--defined-only", program).splitlines():
            found = LINE.match(line)
            if found:
                files.setdefault(self.plain(found[1]), set()).add(self.inside(found[2]))
        self.part = {name: self.of(paths) for name, paths in files.items()}

    @staticmethod
    def plain(name):
        return PIECE.sub("", name)

    @staticmethod
    def inside(path):
        return path[path.index("/lib/") + 1:] if "/lib/" in path else path

    @staticmethod
    def of(paths):
        """Static functions of several files may share a name: only if they agree is it known."""
        parts = {"hash" if path.endswith("xxhash.h") else _first(FILES, path) for path in paths}
        return parts.pop() if len(parts) == 1 else "other"

    def __getitem__(self, name):
        return self.part.get(self.plain(name), "other")


class Profile:
    """A drain under perf."""

    def __init__(self, lab, topic, events):
        lab.redis("FLUSHALL")
        name = lab.name("profile")
        data, log = (lab.directory / (name + suffix) for suffix in (".perf", ".log"))
        settings = lab.settings(topic, name, EXIT_AT_END=1, THREADS=2, LISTEN="127.0.0.1:0")
        with open(log, "wb") as out:
            subprocess.run(["perf", "record", "-e", "cpu-clock", "-F", str(HERTZ), "-o", data, "--", BIN / "topkd"],
                           stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=program_env(settings), check=True)
        self.events, self.functions = events, Functions(BIN / "topkd")
        self.by_part, self.by_function = Counter(), Counter()
        for line in output_of("perf", "script", "-i", data, "-F", "comm,ip,sym,dso").splitlines():
            self._count(SAMPLE.match(line))
        data.unlink()
        self.samples = sum(self.by_part.values())
        if not self.samples:
            raise SystemExit("bench: perf saw nothing:\n%s" % log.read_text(errors="replace"))

    def _count(self, sample):
        if not sample:
            return
        function, place = sample[3], Path(sample[4]).name
        part = self.functions[function] if place == "topkd" else _first(OBJECTS, place)
        self.by_part["%s, %s" % (part, group_of(sample[1])) if part in SPLIT else part] += 1
        self.by_function[part, place if function == "[unknown]" else Functions.plain(function)] += 1

    def ns(self, samples):
        """CPU an event: a sample stands for a period of CPU time."""
        return samples * 1e9 / HERTZ / self.events

    def cell(self, samples):
        return "%.0f (%.0f %%)" % (self.ns(samples), 100 * samples / self.samples)


def parts_table(profiles):
    table = Table("Profile: ns of CPU an event, by part", "part", *profiles)
    for part in PARTS:
        if any(p.by_part[part] for p in profiles.values()):
            table.add(part, *(p.cell(p.by_part[part]) for p in profiles.values()))
    table.add("all", *(p.cell(p.samples) for p in profiles.values()))
    table.note("perf, cpu-clock at %d Hz; one drain of each topic with 2 threads, from start to exit. A function "
               "counts where it was compiled, inlined ones where they went; libc: memory and copying, by the threads "
               "that called. Decode has jansson in it, publish hiredis." % HERTZ)
    return table


def functions_table(name, profile):
    table = Table("Profile: the %d costliest functions, %s" % (TOP, name), "part", "function", "ns an event")
    for (part, function), samples in profile.by_function.most_common(TOP):
        table.add(part, function, profile.cell(samples))
    return table


def works():
    if not shutil.which("perf"):
        return False
    tried = subprocess.run(["perf", "record", "-e", "cpu-clock", "-o", "/dev/null", "--", "true"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return tried.returncode == 0


def run(lab, options, report):
    if not works():
        table = Table("Profile: ns of CPU an event, by part", "part", "ev1", "ev100")
        table.add("not measured: no perf", "-", "-")
        report.add(table)
        return
    profiles = {}
    for name, batch, events in (("ev1", 1, options.events), ("ev100", 100, 4 * options.events)):
        topic = lab.topic(name)
        lab.fill(topic, events, batch)
        profiles[name] = Profile(lab, topic, events)
        lab.kafka.delete_topic(topic)
    report.add(parts_table(profiles))
    for name, profile in profiles.items():
        report.add(functions_table(name, profile))
