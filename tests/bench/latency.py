"""From the moment before an event is sent until it stands on its list in Redis, and where on the way the time goes."""
import statistics
import time

import probe
from lab import wait_for
from report import Goals, Table

LIGHT_RATE = 1000
GAP_S = 0.15
WARM_S = 5
INTERVALS = {"1s": 1.0, "100ms": 0.1}
GOAL_P99_MS = {"1s": 1200, "100ms": 250}
CALIBRATIONS_MAX = 6


# -- what the machine sustains ---------------------------------------------------------------------
def applied_a_second(worker, seconds):
    """Over SECONDS, which are many publish ticks: the counters are shown at ticks."""
    def applied():
        return worker.metrics().sum("topkd_events_total", outcome="applied")
    begin, before = time.monotonic(), applied()
    time.sleep(seconds)
    return (applied() - before) / (time.monotonic() - begin)


def lag(worker):
    return int(worker.metrics().sum("topkd_lag_records"))


def under_load(lab, interval, rate, seconds):
    """(events a second applied, records behind at the end) after SECONDS at RATE; 0: all that the generator makes."""
    topic = lab.topic("calibrate")
    worker = lab.worker(topic, lab.name("calibrate"), PUBLISH_INTERVAL=interval, THREADS=2)
    worker.await_ready()
    load = lab.load(topic, rate)
    time.sleep(WARM_S)
    applied, behind = applied_a_second(worker, seconds), lag(worker)
    load.stop()
    worker.kill9()
    lab.kafka.delete_topic(topic)
    return applied, behind


def sustained_rate(lab, interval, options):
    """The most events a second at which the worker stays less than a second behind, with generator, broker and Redis
    on the same cores: from what they reach when nobody waits for anybody downwards. A quick run stops there."""
    seconds = 4 if options.quick else 10
    rate, _ = under_load(lab, interval, 0, seconds)
    for _ in range(0 if options.quick else CALIBRATIONS_MAX):
        applied, behind = under_load(lab, interval, int(rate), seconds)
        if behind < rate and applied > 0.95 * rate:
            return rate
        rate *= 0.8
    return rate


def half_rate(lab, interval, options):
    return options.half_rate or int(sustained_rate(lab, interval, options) / 2) // 1000 * 1000


# -- one row ---------------------------------------------------------------------------------------
def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


def one(lab, interval, rate, options):
    """(probes, rate that the load reached, records that the worker was behind at the end)"""
    topic, board = lab.topic("latency"), lab.name("latency")
    worker = lab.worker(topic, board, PUBLISH_INTERVAL=interval, THREADS=2)
    worker.await_ready()
    load = lab.load(topic, rate)
    wait_for("the load is being read", lambda: worker.metrics().sum("topkd_messages_total") > rate * WARM_S, 120)
    probes = probe.sent(lab, topic, board, options.probes, GAP_S)
    behind = lag(worker)
    reached = load.stop()
    worker.terminate()
    lab.kafka.delete_topic(topic)
    return probes, reached, behind


def stations(p, interval_s):
    """ms from station to station."""
    until_tick = interval_s - p.acked_wall % interval_s
    stored = p.stored if p.stored is not None else p.seen
    return [1000 * s for s in (p.acked - p.sent, until_tick, stored - p.acked - until_tick, p.seen - stored)]


def add_way(table, interval, load, probes):
    rows = zip(*(stations(p, INTERVALS[interval]) for p in probes))
    table.add(interval, load, *("%.0f / %.0f" % (statistics.median(ms), percentile(ms, 99)) for ms in map(list, rows)))


def run(lab, options, report):
    table = Table("Event -> visible in Redis, ms", "publish interval", "load", "events/s", "probes", "p50", "p99",
                  "max", "lag at the end, records")
    way = Table("Event -> visible in Redis: the way, ms, p50 / p99", "publish interval", "load", "sent -> acknowledged",
                "-> next tick", "-> contribution in Redis", "-> on the list")
    goals = Goals("Event -> visible in Redis: goals")
    for interval in INTERVALS:
        for load, rate in (("light", LIGHT_RATE), ("half", half_rate(lab, interval, options))):
            probes, reached, behind = one(lab, interval, rate, options)
            ms = [1000 * p.wait_s() for p in probes]
            table.add(interval, load, "%.0f" % reached, len(ms), "%.0f" % statistics.median(ms),
                      "%.0f" % percentile(ms, 99), "%.0f" % max(ms), behind)
            add_way(way, interval, load, probes)
            goals.at_most("p99, %s ticks, %s load, ms" % (interval, load), GOAL_P99_MS[interval], percentile(ms, 99),
                          "%.0f")
    table.note("From before a single event is sent (the broker acknowledges it) until ZSCORE finds it on its minute's "
               "list, looked for every 2 ms. Half load: %s; load generator, broker and Redis share the cores." % (
                   "as set by --half-rate" if options.half_rate else "half of the rate at which the worker stayed less "
                   "than a second behind, found for each interval, single events"))
    way.note("Next tick: the first publish tick after the acknowledgement, whether the worker had fetched the event by "
             "then or not; what a missed tick costs is in the next column.")
    for one_table in (table, way, goals):
        report.add(one_table)
