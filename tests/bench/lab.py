"""Where the benchmarks run: one real broker, one Redis, topics filled by the load generator, workers as users run them.

Broker, Redis and worker are handled by the modules of the integration tests; what is measured is here."""
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))

from resp import Resp  # noqa: E402
from stack import BIN, KAFKA, Broker, Redis, missing_for_real_broker, program_env, run  # noqa: E402
from wait import wait_for  # noqa: E402
from wire import Record  # noqa: E402
from worker import Worker  # noqa: E402

__all__ = ["BIN", "Lab", "Record", "Resp", "Usage", "log_time_s", "measurements", "program_env", "reap", "run",
           "wait_for"]

PARTITIONS = 4
ITEMS = 1_000_000
LOCATIONS = 50
HISTORY = "2026-01-01T00:00Z"  # when made-up history begins
HISTORY_MINUTES = 10


def log_time_s(entry):
    """Unix seconds of a line of a worker's log."""
    return datetime.strptime(entry["ts"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp()


class GatheringBroker(Broker):
    """Waits a moment for the other members of a new group, as Kafka does by default (for 3 s): else the first thread of
    a worker gets every partition, and has read much of a short topic before it hears of the second."""
    properties = "log.retention.ms=-1\ngroup.initial.rebalance.delay.ms=500"

    def __init__(self, directory):
        self.directory = Path(directory)
        self.bootstrap = run(KAFKA, "start", directory, env={**os.environ, "KAFKA_PROPS": self.properties}).split()[-1]


class Usage:
    """What a process has cost."""

    def __init__(self, rusage):
        self.cpu_s = rusage.ru_utime + rusage.ru_stime
        self.rss_mb = rusage.ru_maxrss / 1024


def reap(process):
    """Usage of PROCESS if it has ended, else None."""
    pid, status, rusage = os.wait4(process.pid, os.WNOHANG)
    if not pid:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(rusage)


class Load:
    """The load generator at a steady rate, in the background."""

    def __init__(self, command, log):
        self.log = log
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=open(log, "wb"),
                                        stderr=subprocess.STDOUT, env=program_env({}))

    def stop(self):
        """Ends it; what the broker acknowledged, events a second."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        words = dict(w.split("=", 1) for w in self.log.read_text().splitlines()[-1].split() if "=" in w)
        return float(words["rate"])


BENCH = Path(os.environ.get("TOPKD_BENCH_DIR") or ROOT / "build/gcc-release/bench")


def measurements(program, *args):
    """What a program of tests/bench prints: one dict a line, numbers as numbers."""
    def value(text):
        try:
            return float(text)
        except ValueError:
            return text
    output = run(BENCH / program, *args, env=program_env({}), timeout_s=1200)
    return [{k: value(v) for k, v in (w.split("=", 1) for w in shlex.split(line))} for line in output.splitlines()]


class Lab:
    def __init__(self):
        missing = missing_for_real_broker()
        if missing:
            raise SystemExit("bench: no real broker: %s (`make deps` installs what it needs)" % missing)
        self.directory = Path(tempfile.mkdtemp(prefix="topkd-bench-"))
        self.names, self.workers, self.loads = 0, [], []
        self.redis = self.broker = self.kafka = None

    def open(self):
        self.broker = GatheringBroker(self.directory / "kafka")
        self.redis = Redis(self.directory / "redis")
        self.kafka = self.broker.client()

    def close(self):
        for load in self.loads:
            if load.process.poll() is None:
                load.process.kill()
                load.process.wait()
        for worker in self.workers:
            if worker.process.returncode is None:
                worker.kill9()
        for part in (self.redis, self.broker):
            if part:
                part.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def name(self, stem):
        """Unique in this run."""
        self.names += 1
        return "%s-%d" % (stem, self.names)

    # -- topics ------------------------------------------------------------------------------------
    def topic(self, stem):
        name = self.name(stem)
        self.kafka.create_topic(name, PARTITIONS, retention_ms=-1)
        return name

    def generator(self, topic, *args, items=ITEMS, locations=LOCATIONS):
        return [str(a) for a in (BIN / "topkd-loadgen", "--brokers", self.broker.bootstrap, "--topic", topic, "--items",
                                 items, "--locations", locations, "--stats-interval", "0s", *args)]

    def fill(self, topic, events, batch=1, start=HISTORY, minutes=HISTORY_MINUTES, **shape):
        """EVENTS of made-up history, spread over MINUTES from START. SHAPE: items, locations."""
        run(*self.generator(topic, "--events", events, "--batch", batch, "--time", start, "--minutes", minutes,
                            **shape), env=program_env({}), timeout_s=900)

    def load(self, topic, rate, *args):
        load = Load(self.generator(topic, "--rate", rate, *args), self.directory / (self.name("load") + ".log"))
        self.loads.append(load)
        return load

    # -- contestants -------------------------------------------------------------------------------
    def settings(self, topic, board, **more):
        return {"BROKERS": self.broker.bootstrap, "TOPICS": topic, "GROUP": board, "BOARD": board,
                "REDIS": self.redis.url, **more}

    def worker(self, topic, board, **more):
        worker = Worker(self.name("worker"), self.directory, self.settings(topic, board, **more))
        self.workers.append(worker)
        return worker

    def bare(self, topic, threads, how, settings):
        """HOW: poll or batch. (facts that it prints, Usage)"""
        process = subprocess.Popen([str(BENCH / "bare"), self.broker.bootstrap, topic, str(PARTITIONS), str(threads),
                                    how, *settings], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        output = process.stdout.read()
        process.stdout.close()
        while not (usage := reap(process)):
            time.sleep(0.01)
        if process.returncode:
            raise SystemExit("bench: the bare consumer ended with %d" % process.returncode)
        return {k: float(v) for k, v in (w.split("=") for w in output.split())}, usage

