"""The obvious way, one ZINCRBY an event, beside the worker, on the same topic and the same Redis."""
from collections import defaultdict

from drain import Drain
from report import Table, spread
from throughput import BARE_SETTINGS

CONTESTANTS = ("ZINCRBY", "topkd")
FIGURES = (("rate", "%.2f"), ("cpu", "%.3f"), ("redis_cpu", "%.3f"), ("redis_mb", "%.0f"), ("rss", "%.0f"))
THREADS = 2


def redis_now(redis):
    """(CPU seconds of Redis so far, bytes that its data take)"""
    facts = dict(line.split(":", 1) for line in redis("INFO").decode().split("\r\n") if ":" in line)
    return float(facts["used_cpu_user"]) + float(facts["used_cpu_sys"]), int(facts["used_memory_dataset"])


def zincrby_drain(lab, topic, events):
    facts, usage = lab.bare(topic, THREADS, "zincrby:%s" % lab.redis.socket, BARE_SETTINGS)
    if facts["events"] != events:
        raise SystemExit("bench: ZINCRBY got %d of %d events" % (facts["events"], events))
    return events / facts["seconds"], usage


def topkd_drain(lab, topic, events):
    drain = Drain(lab, topic, events, THREADS)
    return drain.rate(), drain.usage


def one(lab, drain, topic, events):
    """Figure -> value, of one drain into an empty Redis."""
    lab.redis("FLUSHALL")
    cpu_before, bytes_before = redis_now(lab.redis)
    rate, usage = drain(lab, topic, events)
    cpu_after, bytes_after = redis_now(lab.redis)
    return {"rate": rate / 1e6, "cpu": usage.cpu_s * 1e6 / events, "rss": usage.rss_mb,
            "redis_cpu": (cpu_after - cpu_before) * 1e6 / events, "redis_mb": (bytes_after - bytes_before) / 2**20}


def measure(lab, topic, events, rounds):
    """Contestant -> figure -> one value a round"""
    found = {name: defaultdict(list) for name in CONTESTANTS}
    for _ in range(rounds):
        for name, drain in zip(CONTESTANTS, (zincrby_drain, topkd_drain)):
            for figure, value in one(lab, drain, topic, events).items():
                found[name][figure].append(value)
    return found


def run(lab, options, report):
    table = Table("ZINCRBY", "topic", "contestant", "M events/s", "CPU s per M events", "CPU s of Redis per M events",
                  "MB in Redis", "max RSS MB")
    for shape, batch in (("ev1", 1), ("ev100", 100)):
        topic = lab.topic(shape)
        lab.fill(topic, options.events, batch)
        found = measure(lab, topic, options.events, options.rounds)
        for name in CONTESTANTS:
            table.add("%s, %.1f M events" % (shape, options.events / 1e6), name,
                      *(spread(found[name][figure], form) for figure, form in FIGURES))
        lab.kafka.delete_topic(topic)
    table.note("The events of throughput, %d threads. ZINCRBY: one command an event on the set of its location and "
               "minute, a thousand in flight for each thread, the event's fields found by memmem; no list of all "
               "locations, no expiry, nothing committed. topkd: with all of that, exact after a crash. MB in Redis: at "
               "the end, ten minutes of data; rounds: %d." % (THREADS, options.rounds))
    report.add(table)
