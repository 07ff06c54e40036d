"""From kill -9 until the lists are fresh again: an event sent to every partition right after the kill is visible."""
import random
import time
from datetime import datetime, timezone

import probe
from lab import PARTITIONS, log_time_s, wait_for
from report import Table, spread

RATE = 2000
HISTORY_MINUTES = 3     # older than the oldest event that a worker may need again
LONGEST_REWIND_S = 140  # of log, once minutes settle: two minutes, and what storing, settling and committing take
CHECKPOINT_S = 5
SLOWEST_S = 180


class Group:
    """Workers of one group under steady load, with enough history behind them that a rewind is as long as it gets."""

    def __init__(self, lab, count, **more):
        self.lab, self.topic, self.board, self.more = lab, lab.topic("recovery"), lab.name("recovery"), more
        start = datetime.fromtimestamp(time.time() - 60 * HISTORY_MINUTES, timezone.utc)
        lab.fill(self.topic, RATE * 60 * HISTORY_MINUTES, 1, start.strftime("%Y-%m-%dT%H:%M:%SZ"), HISTORY_MINUTES)
        self.load = lab.load(self.topic, RATE)
        self.workers = [self.start() for _ in range(count)]

    def start(self):
        return self.lab.worker(self.topic, self.board, THREADS=1, **self.more)

    def await_steady(self):
        """Everybody owns partitions and keeps up, and old minutes have settled."""
        def steady():
            shown = [w.metrics() for w in self.workers]
            owned = [m.sum("topkd_assigned_partitions") for m in shown]
            position, rewind = (sum(m.sum(name) for m in shown)
                                for name in ("topkd_position_offset", "topkd_rewind_offset"))
            end = sum(self.lab.kafka.ends(self.topic, PARTITIONS).values())
            return all(owned) and sum(owned) == PARTITIONS and end - position < 3 * RATE and (
                position - rewind < LONGEST_REWIND_S * RATE)
        wait_for("the workers share the partitions, keep up and settle", steady, SLOWEST_S, 0.2)

    def close(self):
        for worker in self.workers:
            worker.terminate()
        self.load.stop()
        self.lab.kafka.delete_topic(self.topic)


class Restored:
    """What the log of a worker says of the partitions that it began anew since SINCE (unix s)."""

    def __init__(self, worker, since):
        mine = [e for name in ("partition_started", "partition_restored") for e in worker.events(name)
                if log_time_s(e) >= since]
        self.distances = [int(e["distance"]) for e in mine if e.get("origin") == "commit"]
        self.took_ms = [int(e["ms"]) for e in mine if e["event"] == "partition_restored"]


def await_fresh(lab, group):
    """Seconds from now until an event sent to each partition now is visible."""
    watch, stem, begin = probe.Watch(lab.redis), lab.name("after"), time.monotonic()
    for partition in range(PARTITIONS):
        event = probe.Probe(partition, group.board, stem)
        event.send(lab.kafka, group.topic)
        watch.add(event)
    watch.until_seen(SLOWEST_S)
    return time.monotonic() - begin


def hurt(lab, group):
    """One kill; (seconds until fresh, what was restored). The first worker dies; whoever is last in the list begins
    its partitions again: its successor, started at once, or the survivor."""
    takeover = len(group.workers) > 1
    since, dead = time.time(), group.workers.pop(0)
    dead.kill9()
    if not takeover:
        group.workers.append(group.start())
    fresh_s = await_fresh(lab, group)
    found = Restored(group.workers[-1], since)
    if takeover:
        group.workers.append(group.start())
    return fresh_s, found


def rounds_of(lab, count, rounds, more):
    """([seconds until fresh], [records of each rewind], [ms of each restore])"""
    group, fresh, distances, took = Group(lab, count, **more), [], [], []
    for _ in range(rounds):
        group.await_steady()
        time.sleep(CHECKPOINT_S * random.uniform(1, 2))  # at any moment between two commits
        seconds, found = hurt(lab, group)
        fresh.append(seconds)
        distances += found.distances
        took += found.took_ms
    group.close()
    return fresh, distances, took


def run(lab, options, report):
    table = Table("kill -9 -> fresh lists", "who goes on", "session timeout", "kills", "s until fresh",
                  "rewind, records a partition", "rewind, s of log", "assignment -> at the frontier, ms")
    timeouts = [("6 s", {"RDKAFKA_SESSION_TIMEOUT_MS": 6000})] + ([] if options.quick else [("10 s (default)", {})])
    for name, count in (("the same worker, restarted at once", 1), ("a second worker", 2)):
        for timeout, more in timeouts:
            fresh, distances, took = rounds_of(lab, count, options.kills, more)
            log_s = [d * PARTITIONS / RATE for d in distances]
            table.add(name, timeout, len(fresh), spread(fresh, "%.1f"), spread(distances, "%.0f"),
                      spread(log_s, "%.0f"), spread(took, "%.0f"))
    table.note("%d events/s, %d partitions, 1 thread a worker, LATENESS 1m, publish interval 1 s. Fresh: an event sent "
               "to every partition right after the kill is on its list. A dead member keeps its partitions until its "
               "session times out, whoever waits for them." % (RATE, PARTITIONS))
    report.add(table)
