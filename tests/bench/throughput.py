"""How fast a topic is drained, beside a consumer that does nothing with what it reads.

The worker shows its counters once a publish tick, so its rate is taken between its assignment and the last tick before
everything was read: at a tick nothing is in between, and the wait for the first or after the last one does not count.
"""
import time
from collections import defaultdict

from lab import log_time_s, reap
from report import Table, spread

LOOK_S = 0.8  # into the second: the tick of the second is over by then
# As the worker has it: checked sums, one fetch size. Queues as large as peers.md's measurement wants them.
BARE_SETTINGS = ["check.crcs=true", "fetch.message.max.bytes=1048576", "queued.min.messages=2000000",
                 "queued.max.messages.kbytes=1048576"]


class Drain:
    """One worker that reads a topic from its beginning to its end, watched from outside."""

    def __init__(self, lab, topic, events, threads, **more):
        self.events, self.samples = events, []
        board = lab.name("drain")
        lab.redis("FLUSHALL")
        self.worker = lab.worker(topic, board, EXIT_AT_END=1, THREADS=threads, **more)
        self.usage = self._watch()
        if self.worker.process.returncode != 0 or self.applied() != events:
            raise SystemExit("bench: the worker ended with %s, %d of %d events applied\n%s" % (
                self.worker.process.returncode, self.applied(), events, self.worker.tail()))

    def applied(self):
        return self.samples[-1][1] if self.samples else 0

    def _watch(self):
        next_look = int(time.time()) + LOOK_S
        while not (usage := reap(self.worker.process)):
            if time.time() >= next_look:
                self._look()
                next_look = int(time.time()) + 1 + LOOK_S
            time.sleep(0.02)
        return usage

    def _look(self):
        tick = int(time.time())
        try:
            self.samples.append((tick, self.worker.metrics().sum("topkd_events_total", outcome="applied")))
        except OSError:  # not listening yet, or not any more
            pass

    def rate(self):
        """Events a second; a lower bound if all was read within the first tick."""
        start = min(log_time_s(e) for e in self.worker.events("partition_assigned"))
        whole = [(tick, n) for tick, n in self.samples if 0 < n < self.events]
        end, n = whole[-1] if whole else next((tick, n) for tick, n in self.samples if n == self.events)
        return n / (end - start)


def bare_round(lab, topic, events, batch, threads):
    facts, usage = lab.bare(topic, threads, BARE_SETTINGS)
    if facts["messages"] != -(-events // batch):
        raise SystemExit("bench: the bare consumer read %d messages" % facts["messages"])
    return {"rate": facts["messages_per_s"] * batch, "cpu": usage.cpu_s * 1e6 / events, "rss": usage.rss_mb}


def topkd_round(lab, topic, events, threads):
    drain = Drain(lab, topic, events, threads)
    return {"rate": drain.rate(), "cpu": drain.usage.cpu_s * 1e6 / events, "rss": drain.usage.rss_mb}


def measure(lab, topic, events, batch, options):
    """(contestant, threads) -> figure -> one value a round"""
    found = defaultdict(lambda: defaultdict(list))
    for _ in range(options.rounds):
        for threads in options.threads:
            for name, figures in (("bare", bare_round(lab, topic, events, batch, threads)),
                                  ("topkd", topkd_round(lab, topic, events, threads))):
                for figure, value in figures.items():
                    found[name, threads][figure].append(value)
    return found


def add_rows(table, shape, found):
    for threads in sorted({threads for _, threads in found}):
        bare, ours = found["bare", threads], found["topkd", threads]
        for name, f in (("bare librdkafka", bare), ("topkd", ours)):
            ratio = [a / b for a, b in zip(ours["rate"], bare["rate"])] if f is ours else []
            table.add(shape, name, threads, spread([r / 1e6 for r in f["rate"]]), spread(f["cpu"]),
                      spread(f["rss"], "%.0f"), spread(ratio))


def run(lab, options, report):
    table = Table("Throughput", "topic", "consumer", "threads", "M events/s", "CPU s per M events", "max RSS MB",
                  "rate / bare")
    for shape, batch, events in (("ev1", 1, options.events), ("ev100", 100, 4 * options.events)):
        topic = lab.topic(shape)
        lab.fill(topic, events, batch)
        add_rows(table, "%s, %.1f M events" % (shape, events / 1e6), measure(lab, topic, events, batch, options))
        lab.kafka.delete_topic(topic)
    table.note("ev1: one event a message; ev100: 100 lines a message. Events of 91 bytes, 1 M items and 50 locations "
               "by Zipf(1.0), 10 minutes of event time, 4 partitions, no key, lz4; rounds: %d. Drained from the "
               "beginning into an empty Redis, everything stored and committed." % options.rounds)
    report.add(table)
