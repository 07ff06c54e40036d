"""From the moment before an event is sent until it stands on its list in Redis."""
import statistics
import time

import probe
from lab import wait_for
from report import Table

LIGHT_RATE = 1000
GAP_S = 0.15
WARM_S, CALIBRATION_S = 5, 10


def half_rate(lab, options):
    """Half of what generator, broker and worker reach together, all on the cores of this machine."""
    if options.half_rate:
        return options.half_rate
    topic = lab.topic("calibrate")
    worker = lab.worker(topic, lab.name("calibrate"), THREADS=2)
    worker.await_ready()
    load = lab.load(topic, 0)
    time.sleep(WARM_S)
    rate = applied_a_second(worker, CALIBRATION_S)
    load.stop()
    worker.kill9()
    lab.kafka.delete_topic(topic)
    return int(rate / 2) // 1000 * 1000


def applied_a_second(worker, seconds):
    """Over SECONDS, which are many publish ticks: the counters are shown at ticks."""
    def applied():
        return worker.metrics().sum("topkd_events_total", outcome="applied")
    begin, before = time.monotonic(), applied()
    time.sleep(seconds)
    return (applied() - before) / (time.monotonic() - begin)


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


def lag(worker):
    return int(worker.metrics().sum("topkd_lag_records"))


def one(lab, interval, rate, options):
    """(waits in s, rate that the load reached, records that the worker was behind at the end)"""
    topic, board = lab.topic("latency"), lab.name("latency")
    worker = lab.worker(topic, board, PUBLISH_INTERVAL=interval, THREADS=2)
    worker.await_ready()
    load = lab.load(topic, rate)
    wait_for("the load is being read", lambda: worker.metrics().sum("topkd_messages_total") > rate * WARM_S, 120)
    waits = probe.times_s(lab, topic, board, options.probes, GAP_S)
    behind = lag(worker)
    reached = load.stop()
    worker.terminate()
    lab.kafka.delete_topic(topic)
    return waits, reached, behind


def run(lab, options, report):
    table = Table("Event -> visible in Redis, ms", "publish interval", "load", "events/s", "probes", "p50", "p99",
                  "max", "lag at the end, records")
    half = half_rate(lab, options)
    for interval in ("1s", "100ms"):
        for name, rate in (("light", LIGHT_RATE), ("half", half)):
            waits, reached, behind = one(lab, interval, rate, options)
            ms = [w * 1000 for w in waits]
            table.add(interval, name, "%.0f" % reached, len(ms), "%.0f" % statistics.median(ms),
                      "%.0f" % percentile(ms, 99), "%.0f" % max(ms), behind)
    table.note("From before a single event is sent (the broker acknowledges it) until ZSCORE finds it on its minute's "
               "list, looked for every 2 ms. Half load: %s; load generator, broker and Redis share the cores." % (
                   "as set by --half-rate" if options.half_rate else
                   "half of what generator, broker and worker reached together"))
    report.add(table)
