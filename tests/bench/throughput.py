"""How fast a topic is drained, beside consumers that do nothing with what they read."""
from collections import defaultdict
from statistics import median

from drain import GROUPS, Drain
from report import Goals, Table, spread

# As the worker has it: checked sums, one fetch size. Queues as large as a fast drain wants them.
BARE_SETTINGS = ["check.crcs=true", "fetch.message.max.bytes=1048576", "queued.min.messages=2000000",
                 "queued.max.messages.kbytes=1048576"]
BARE = ("bare librdkafka, poll", "bare librdkafka, batches")
PEERS_CPU = {"ev1": 1.09, "ev100": .30}  # s per M events: a tenth of the best fault-tolerant JVM peer, warm


def bare_round(lab, how, topic, events, batch, threads):
    facts, usage = lab.bare(topic, threads, how, BARE_SETTINGS)
    if facts["messages"] != -(-events // batch):
        raise SystemExit("bench: the bare consumer read %d messages" % facts["messages"])
    return {"rate": facts["messages_per_s"] * batch, "cpu": usage.cpu_s * 1e6 / events, "rss": usage.rss_mb}


def topkd_round(lab, topic, events, threads):
    drain = Drain(lab, topic, events, threads)
    return {"rate": drain.rate(), "cpu": drain.cpu(), "rss": drain.usage.rss_mb, **drain.shares()}


def measure(lab, topic, events, batch, options):
    """(contestant, threads) -> figure -> one value a round"""
    found = defaultdict(lambda: defaultdict(list))
    for _ in range(options.rounds):
        for threads in options.threads:
            for name, figures in ((BARE[0], bare_round(lab, "poll", topic, events, batch, threads)),
                                  (BARE[1], bare_round(lab, "batch", topic, events, batch, threads)),
                                  ("topkd", topkd_round(lab, topic, events, threads))):
                for figure, value in figures.items():
                    found[name, threads][figure].append(value)
    return found


def ratios(found, threads, bare, figure):
    """Of each round."""
    return [a / b for a, b in zip(found["topkd", threads][figure], found[bare, threads][figure])]


def add_rows(table, shape, found):
    for (name, threads), f in sorted(found.items(), key=lambda row: row[0][1]):
        against = [spread(ratios(found, threads, bare, "rate")) if name == "topkd" else "-" for bare in BARE]
        table.add(shape, name, threads, spread([r / 1e6 for r in f["rate"]]), "%.2f" % (max(f["rate"]) / 1e6),
                  spread(f["cpu"], "%.3f"), spread(f["rss"], "%.0f"), *against)


def add_shares(table, shape, found):
    for (name, threads), f in sorted(found.items(), key=lambda row: row[0][1]):
        if name == "topkd":
            table.add(shape, threads, "%.3f" % median(f["cpu"]),
                      *("%.0f %%" % (100 * median(f[group])) for group in GROUPS))


def add_goals(goals, name, found, threads):
    cpu = found["topkd", threads]["cpu"]
    more = " (quietest %.3f)" % min(cpu)
    goals.at_most("%s, %d threads: CPU s per M events, a tenth of the best JVM peer" % (name, threads), PEERS_CPU[name],
                  median(cpu), "%.3f", more)
    if name == "ev1":
        of_bare = ratios(found, threads, BARE[0], "rate")
        goals.at_least("ev1, %d threads: rate / bare poll" % threads, .85, median(of_bare), "%.2f",
                       " (%.2f-%.2f)" % (min(of_bare), max(of_bare)))
    else:
        rate = found["topkd", threads]["rate"]
        goals.at_least("ev100, %d threads: M events/s" % threads, 5, median(rate) / 1e6, "%.2f",
                       " (quietest %.2f)" % (max(rate) / 1e6))
        goals.at_most("ev100, %d threads: or CPU us an event in all" % threads, .2, median(cpu), "%.3f", more)


def run(lab, options, report):
    table = Table("Throughput", "topic", "consumer", "threads", "M events/s", "quietest", "CPU s per M events",
                  "max RSS MB", "rate / bare poll", "rate / bare batches")
    shares = Table("Throughput: CPU of topkd by threads", "topic", "threads", "CPU s per M events", *GROUPS)
    goals = Goals("Throughput: goals")
    for name, batch, events in (("ev1", 1, options.events), ("ev100", 100, 4 * options.events)):
        topic = lab.topic(name)
        lab.fill(topic, events, batch)
        found, shape = measure(lab, topic, events, batch, options), "%s, %.1f M events" % (name, events / 1e6)
        add_rows(table, shape, found)
        add_shares(shares, shape, found)
        for threads in options.threads:
            add_goals(goals, name, found, threads)
        lab.kafka.delete_topic(topic)
    table.note("ev1: one event a message; ev100: 100 lines a message. Events of 91 bytes, 1 M items and 50 locations "
               "by Zipf(1.0), 10 minutes of event time, 4 partitions, no key, lz4; rounds: %d. Drained from the "
               "beginning into an empty Redis, everything stored and committed." % options.rounds)
    shares.note("Medians, looked at every 0.1 s while it runs; rest: the main thread, HTTP, and what no look has "
                "caught.")
    for one in (table, shares, goals):
        report.add(one)
