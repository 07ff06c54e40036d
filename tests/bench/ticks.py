"""What a publish tick costs Redis and the worker: contributions, notes, rows, merging and lists.

Events go to all partitions in turn and all locations alike, so that each tick every (partition, location) has changed;
the ticks that are measured lie in the later part of a minute, when the lists have become deep."""
import time

from drain import Threads
from report import Table, spread

PARTITIONS, LOCATIONS, RATE, BATCH = 16, 200, 48_000, 20
WIDE_PARTITIONS, WIDE_LOCATIONS = 4, 20_000
WIDE = {  # name: (events a second, exponent of the locations' traffic)
    "all changed": (160_000, 0),
    "Zipf 1": (50_000, 1),
}
WIDE_BATCH = 100
WINDOW = 20, 50  # seconds of the minute
TICKS_QUICK = 10
SHOWN_S = 0.3  # after a tick its copies are in Redis and the worker's counters are shown


# -- what was used until now ----------------------------------------------------------------------
def info(redis, section):
    lines = redis("INFO", section).decode().splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def thread_cpu_s(process):
    """Thread name without its number -> CPU seconds of all threads of that name; librdkafka's are `rdk`."""
    threads, found = Threads(process.pid), {}
    threads.look()
    for thread, cpu_s in threads.seen.values():
        name = thread.split(":")[0].split("-")[0]
        found[name] = found.get(name, 0) + cpu_s
    return found


def redis_calls(redis):
    """Command -> (calls, microseconds), those inside scripts included."""
    found = {}
    for name, text in info(redis, "commandstats").items():
        words = dict(w.split("=") for w in text.split(","))
        found[name.removeprefix("cmdstat_")] = int(words["calls"]), int(words["usec"])
    return found


class Counts:
    """Everything that grows, at one moment."""

    def __init__(self, lab, worker):
        cpu, traffic, metrics = info(lab.redis, "cpu"), info(lab.redis, "stats"), worker.metrics()
        self.at = time.monotonic()
        self.values = {
            "redis_s": float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"]),
            "redis_in": int(traffic["total_net_input_bytes"]),
            "redis_out": int(traffic["total_net_output_bytes"]),
            "parts": metrics.sum("topkd_contributions_total"),
            "part_bytes": metrics.sum("topkd_contribution_bytes_total"),
            "lists": metrics.sum("topkd_lists_written_total"),
            "refused": metrics.sum("topkd_lists_refused_total"),
            "full": metrics.sum("topkd_publish_queue_full_total"),
            "publish_s": metrics.sum("topkd_publish_seconds_sum"),
            "published": metrics.sum("topkd_publish_seconds_count"),
            "merge_s": metrics.sum("topkd_merge_seconds_sum"),
            "rounds": metrics.sum("topkd_merge_seconds_count"),
            **{"cpu_" + k: v for k, v in thread_cpu_s(worker.process).items()},
        }
        self.calls = redis_calls(lab.redis)

    def since(self, before):
        """(what was added, calls that were added) in between."""
        added = {k: v - before.values.get(k, 0) for k, v in self.values.items()}
        calls = {k: (n - before.calls.get(k, (0, 0))[0], us - before.calls.get(k, (0, 0))[1])
                 for k, (n, us) in self.calls.items()}
        return added, calls


# -- when -----------------------------------------------------------------------------------------
def sleep_until(second):
    """Of a minute; at least a moment away."""
    time.sleep((second - time.time() - 1) % 60 + 1)


def measure(lab, worker, interval_s, quick):
    """(what was added in the window, calls, ticks). Begins and ends a little after a tick."""
    begin, end = WINDOW
    if not quick:
        sleep_until(0)  # a whole minute, so that its lists are as deep as they get
        sleep_until(begin + SHOWN_S)
    else:
        time.sleep(interval_s)
        sleep_until(time.time() // interval_s * interval_s + interval_s + SHOWN_S)
    before = Counts(lab, worker)
    ticks = max(1, (TICKS_QUICK if quick else end - begin) // interval_s)
    time.sleep(max(0, before.at + ticks * interval_s - time.monotonic()))
    return (*Counts(lab, worker).since(before), ticks)


class Stage:
    """A topic under load and a worker that keeps up with it."""

    def __init__(self, lab, stem, partitions, interval_s, *traffic):
        self.lab, self.name = lab, lab.name(stem)
        lab.kafka.create_topic(self.name, partitions, retention_ms=-1)
        self.worker = lab.worker(self.name, self.name, PUBLISH_INTERVAL="%ds" % interval_s, THREADS=2)
        self.worker.await_ready()
        self.load = lab.load(self.name, *traffic)

    def end(self):
        """Events a second that were sent."""
        reached = self.load.stop()
        self.worker.kill9()
        self.lab.kafka.delete_topic(self.name)
        self.lab.redis("FLUSHALL")
        return reached


# -- scenarios ------------------------------------------------------------------------------------
def one(lab, options):
    stage = Stage(lab, "ticks", PARTITIONS, 1, RATE, "--batch", BATCH, "--partition", "round-robin",
                  "--locations", LOCATIONS, "--zipf-locations", 0)
    added, calls, ticks = measure(lab, stage.worker, 1, options.quick)
    stage.end()
    return added, calls, ticks


def ms(seconds):
    return 1000 * seconds


COSTS = (("Redis, ms of CPU", lambda a: ms(a["redis_s"])),
         ("publisher, ms", lambda a: ms(a["cpu_publisher"])),
         ("merger, ms", lambda a: ms(a["cpu_merger"])),
         ("consumers, ms", lambda a: ms(a["cpu_consumer"])),
         ("contributions", lambda a: a["parts"]),
         ("lists", lambda a: a["lists"]),
         ("MB to Redis", lambda a: a["redis_in"] / 1e6),
         ("MB from Redis", lambda a: a["redis_out"] / 1e6))


def wait_ms(added):
    return ms(added["publish_s"] / added["published"] if added["published"] else 0)


def round_ms(added):
    return ms(added["merge_s"] / added["rounds"] if added["rounds"] else 0)


def calls_text(rounds):
    """The dearest commands: calls and microseconds a tick. A script's time holds that of its commands."""
    _, calls, ticks = rounds[-1]
    dear = sorted(calls.items(), key=lambda c: -c[1][1])[:12]
    return ", ".join("%s %.0f (%.1f ms)" % (k, n / ticks, us / ticks / 1000) for k, (n, us) in dear if n)


def narrow(lab, options, report):
    table = Table("A tick of 1 s: %d locations, %d partitions, all changed" % (LOCATIONS, PARTITIONS),
                  "a tick", "median (min-max)")
    rounds = [one(lab, options) for _ in range(options.rounds)]
    for name, cost in COSTS:
        table.add(name, spread([cost(added) / ticks for added, _, ticks in rounds], "%.1f"))
    table.add("bytes of a contribution", spread([a["part_bytes"] / max(1, a["parts"]) for a, _, _ in rounds], "%.0f"))
    table.add("copy -> answered, ms on average", spread([wait_ms(a) for a, _, _ in rounds], "%.0f"))
    table.add("a round of merging, ms", spread([round_ms(a) for a, _, _ in rounds], "%.0f"))
    table.note("%d events/s in messages of %d, the seconds %d to %d of a minute; the global list is one more. CPU is "
               "user + system of Redis, and of the worker's threads. Commands of Redis a tick (last round, with the "
               "time that Redis counts): %s." % (RATE, BATCH, *WINDOW, calls_text(rounds)))
    report.add(table)


def wide_row(lab, options, table, name, interval_s):
    rate, exponent = WIDE[name]
    stage = Stage(lab, "wide", WIDE_PARTITIONS, interval_s, rate, "--batch", WIDE_BATCH, "--partition", "round-robin",
                  "--locations", WIDE_LOCATIONS, "--zipf-locations", exponent)
    added, _, ticks = measure(lab, stage.worker, interval_s, options.quick)
    dirty = stage.worker.metrics().sum("topkd_dirty_buckets")
    reached = stage.end()
    sustained = added["parts"] / ticks >= 0.9 * dirty and round_ms(added) <= ms(interval_s)
    table.add(name, "%d s" % interval_s, "%.0f" % reached, *("%.0f" % (cost(added) / ticks) for _, cost in COSTS),
              "%.0f" % added["full"], "%.0f" % dirty, "%.0f" % round_ms(added), "yes" if sustained else "no")
    return sustained


def wide(lab, options, report):
    table = Table("%d locations, %d partitions" % (WIDE_LOCATIONS, WIDE_PARTITIONS), "traffic", "interval", "events/s",
                  *("%s a tick" % name for name, _ in COSTS), "queue full", "dirty as the last tick began",
                  "a round of merging, ms", "sustained")
    for name in WIDE:
        for interval_s in options.tick_intervals:
            if wide_row(lab, options, table, name, interval_s):
                break
    table.note("Sustained: a tick says nine tenths or more of what was dirty as the last one began, and a round of "
               "merging takes no longer than the interval. All changed: as many of the %d buckets as the events reach "
               "in it." %
               (WIDE_LOCATIONS * WIDE_PARTITIONS))
    report.add(table)


def run(lab, options, report):
    narrow(lab, options, report)
    wide(lab, options, report)
