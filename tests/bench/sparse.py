"""A sparse history: a year of sales from many quiet places, where lists cost more than events do.

The lines go to all partitions in turn, so most lists have a part of each; the log's clock is the records' own time, and
minutes follow each other with days between some of them. What is measured is the CPU of Redis and of the worker from
its start to the exit with everything stored, merged and final as far as it can be."""
import gzip
import time

from drain import Threads
from lab import BIN, program_env, reap
from lab import run as run_program
from report import Goals, Table, spread
from ticks import info, redis_calls

import data  # of the integration tests, whose folder lab knows

REDIS_GOAL_S, WORKER_GOAL_S = 5, 4
ALL_EVENTS, QUICK_EVENTS = 541_909, 50_000


def events_file(lab, quick):
    """An NDJSON file of the real sales, or of the stand-in; how many lines it has."""
    path = lab.directory / "sparse.ndjson.gz"
    sales = data.sales(QUICK_EVENTS if quick else ALL_EVENTS)
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.writelines(event.text + b"\n" for event in sales)
    return path, len(sales)


def fill(lab, quick):
    path, n = events_file(lab, quick)
    topic = lab.topic("sparse")
    run_program(BIN / "topkd-loadgen", "--brokers", lab.broker.bootstrap, "--topic", topic, "--replay", path,
                "--partition", "round-robin", "--stats-interval", "0s", env=program_env({}), timeout_s=900)
    return topic, n


def redis_cpu_s(redis):
    cpu = info(redis, "cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


class Drain:
    """One worker that reads the topic to its end."""

    def __init__(self, lab, topic):
        lab.redis("FLUSHALL")
        lab.redis("CONFIG", "RESETSTAT")
        began, self.counts = redis_cpu_s(lab.redis), {}
        worker = lab.worker(topic, lab.name("sparse"), EXIT_AT_END=1, LOG_CLOCK="record", THREADS=1)
        self.threads, start = Threads(worker.process.pid), time.monotonic()
        while not (usage := reap(worker.process)):
            self.threads.look()
            self._look(worker)
            time.sleep(0.1)
        if worker.process.returncode != 0:
            raise SystemExit("bench: the worker ended with %d\n%s" % (worker.process.returncode, worker.tail()))
        self.seconds = time.monotonic() - start
        self.redis_s, self.worker_s = redis_cpu_s(lab.redis) - began, usage.cpu_s
        self.calls, self.shares = redis_calls(lab.redis), self.threads.shares(usage.cpu_s)
        self.rss_mb = usage.rss_mb

    def _look(self, worker):
        try:
            m = worker.metrics()
            self.counts = {"parts": m.sum("topkd_contributions_total"), "lists": m.sum("topkd_lists_written_total"),
                           "final": m.sum("topkd_lists_written_total", state="final")}
        except OSError:  # not listening yet, or not any more
            pass


def calls_text(calls):
    dear = sorted(calls.items(), key=lambda c: -c[1][1])[:12]
    return ", ".join("%s %d (%.2f s)" % (k, n, us / 1e6) for k, (n, us) in dear if n)


def run(lab, options, report):
    topic, n = fill(lab, options.quick)
    drains = [Drain(lab, topic) for _ in range(options.rounds)]
    table = Table("A sparse history: %d events, LOG_CLOCK=record, 4 partitions, one thread" % n, "a drain",
                  "median (min-max)")
    rows = (("Redis, s of CPU", lambda d: d.redis_s, "%.2f"), ("worker, s of CPU", lambda d: d.worker_s, "%.2f"),
            ("... publisher", lambda d: d.worker_s * d.shares["publisher"], "%.2f"),
            ("... merger", lambda d: d.worker_s * d.shares["merger"], "%.2f"),
            ("... consumer", lambda d: d.worker_s * d.shares["consumers"], "%.2f"),
            ("seconds", lambda d: d.seconds, "%.1f"), ("RSS, MB", lambda d: d.rss_mb, "%.0f"),
            ("contributions", lambda d: d.counts["parts"], "%.0f"),
            ("lists written", lambda d: d.counts["lists"], "%.0f"),
            ("... final", lambda d: d.counts["final"], "%.0f"))
    for name, value, form in rows:
        table.add(name, spread([value(d) for d in drains], form))
    table.note("Events: %s. Commands of Redis in the last round, with the time that it counts: %s." %
               (data.source(), calls_text(drains[-1].calls)))
    report.add(table)
    if options.quick:
        return
    goals = Goals("A sparse history, goals")
    goals.at_most("Redis, s of CPU", REDIS_GOAL_S, sorted(d.redis_s for d in drains)[len(drains) // 2])
    goals.at_most("worker, s of CPU", WORKER_GOAL_S, sorted(d.worker_s for d in drains)[len(drains) // 2])
    report.add(goals)

