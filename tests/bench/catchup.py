"""An hour's outage: a worker with the default settings begins on an hour of log. Seconds until it has read all, until
every list is there, and whether the lists are right."""
import json
import subprocess
import time
from datetime import datetime, timezone

from drain import Threads
from lab import BIN, ITEMS, LOCATIONS, PARTITIONS, log_time_s, program_env, wait_for
from report import Table

MINUTES = 60
BATCH = 50
FEW_ITEMS = 1000  # so that lists and sketches hold them all
SLOWEST_S = 600
LOOK_S = 0.25


def place_names(lab, board):
    return [name.decode() for name in lab.redis("ZRANGE", board + ":locations", 0, -1)]


class Watched:
    """The worker until it has read everything and every list is there; seconds since its start."""

    def __init__(self, lab, worker, topic, board):
        self.lab, self.worker, self.board = lab, worker, board
        self.end = sum(lab.kafka.ends(topic, PARTITIONS).values())
        self.read_s = self.listed_s = None
        self.rss_mb = 0
        wait_for("every list is there", self.look, SLOWEST_S, LOOK_S)

    def lists(self):
        return sum(self.lab.redis.pipeline([("ZCARD", "%s:{%s}:minutes" % (self.board, name))
                                            for name in place_names(self.lab, self.board)]))

    def look(self):
        """True when done. The counters are shown at ticks, so that lag 0 is seen up to a tick late."""
        if not self.worker.running():
            raise SystemExit("bench: the worker ended\n%s" % self.worker.tail())
        try:
            shown = self.worker.metrics()
        except OSError:
            return False  # not listening yet
        at_s = time.monotonic() - self.worker.started
        self.rss_mb = max(self.rss_mb, self.worker.rss_bytes() / 2**20)
        if self.read_s is None and shown.sum("topkd_position_offset") >= self.end:
            self.read_s = at_s
        waiting = shown.sum("topkd_dirty_buckets") + shown.sum("topkd_publish_queue_bytes")
        if self.read_s is None or waiting or self.lists() != (LOCATIONS + 1) * MINUTES:
            return False
        self.listed_s = at_s
        return True


def audit(settings, *how):
    """What topkd-audit says, as a dict."""
    done = subprocess.run([str(BIN / "topkd-audit"), "--wait", "4m", "--json", *how], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=program_env(settings),
                          timeout=SLOWEST_S, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise SystemExit("bench: the audit ended with %d\n%s" % (done.returncode, done.stderr)) from None


def outage(lab, table, events, items, how, more):
    """An hour with EVENTS of ITEMS, read with the settings MORE and audited HOW."""
    topic, board = lab.topic("outage"), lab.name("outage")
    begin = datetime.fromtimestamp(time.time() // 60 * 60 - 60 * (MINUTES + 2), timezone.utc)
    lab.fill(topic, events, BATCH, begin.strftime("%Y-%m-%dT%H:%M:%SZ"), MINUTES, items=items)
    worker = lab.worker(topic, board, **more)
    started = time.time()
    watched = Watched(lab, worker, topic, board)
    threads = Threads(worker.process.pid)
    threads.look()
    cpu_s = sum(cpu for _, cpu in threads.seen.values())
    assigned_s = min(log_time_s(e) for e in worker.events("partition_assigned")) - started
    verdict = audit(lab.settings(topic, board, **more), *how)
    compared = verdict["compared"]
    worker.terminate()
    lab.kafka.delete_topic(topic)
    table.add(", ".join("%s=%s" % setting for setting in more.items()) or "default", items, "%.1f" % (events / 1e6),
              "%.1f" % assigned_s, "%.1f" % watched.read_s, "%.2f" % (events / 1e6 / (watched.read_s - assigned_s)),
              "%.1f" % watched.listed_s, "%.1f" % cpu_s, "%.3f" % (cpu_s * 1e6 / events), "%.0f" % watched.rss_mb,
              verdict["verdict"], "%.3f (worst list %.3f)" % (compared["recall_mean"], compared["recall_min"]),
              "%.2f" % (100 * compared["worst_error_relative"]))


def run(lab, options, report):
    table = Table("Catch-up after an hour", "settings", "items", "M events", "s until assigned", "s until read",
                  "M events/s", "s until every list is there", "CPU s", "CPU s per M events", "max RSS MB", "audit",
                  "recall@100", "worst count error %")
    outage(lab, table, options.outage_events, ITEMS, (), {})
    outage(lab, table, options.outage_events // 7, FEW_ITEMS, ("--exact",), {"LIST_SIZE": 4000, "SKETCH_KB": 256})
    table.note("Events and records spread evenly over the hour, %d a message, %d locations; seconds from the start of "
               "the process, the rate from the assignment on, read to within a tick of 1 s. There: all %d lists exist "
               "and no counter waits to be sent. CPU until then. The audit recounts the log: with the default settings "
               "it holds every list against the bounds that it promises, and recall and error are of what LIST_SIZE of "
               "four sprayed partitions keeps; in the second row every list must be the recount's, item by item." % (
                   BATCH, LOCATIONS, (LOCATIONS + 1) * MINUTES))
    report.add(table)
