"""Single events whose way to the lists is timed: sent by one thread, looked for in Redis every 2 ms by another, first
among the contributions of the partitions, then on its list.

A probe is an item of its own at a place of its own, with few enough others that the list shows them all."""
import json
import random
import threading
import time

from lab import PARTITIONS, Record, Resp

LOOK_EVERY_S = 0.002
PROBES_A_PLACE = 50  # below K


class Probe:
    def __init__(self, number, board, stem, event_ms=None):
        self.number, self.item = number, "%s-%04d" % (stem, number)
        self.place = "%s-%d" % (stem, number // PROBES_A_PLACE)
        self.partition = number % PARTITIONS
        self.event_ms = event_ms or int(time.time() * 1000)
        minute = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(self.event_ms // 1000))
        self.key = "%s:{%s}:%s" % (board, self.place, minute)
        self.part = "%s:{%s}:part:%s" % (board, self.place, minute)
        self.sent = self.acked = self.acked_wall = self.stored = self.seen = None  # seconds

    def send(self, kafka, topic):
        text = json.dumps({"video_id": self.item, "location": self.place, "type": "view", "ts": self.event_ms})
        self.sent = time.monotonic()
        kafka.produce(topic, self.partition, [Record(text.encode(), self.event_ms)])
        self.acked, self.acked_wall = time.monotonic(), time.time()

    def wait_s(self):
        return self.seen - self.sent


class Watch:
    """Looks for probes until each was seen."""

    def __init__(self, redis):
        self.redis = Resp(redis.socket)
        self.open, self.lock = [], threading.Lock()

    def add(self, probe):
        with self.lock:
            self.open.append(probe)

    def look(self):
        """One look at all that are awaited. True if any still is."""
        with self.lock:
            awaited = list(self.open)
        if awaited:
            self._look_for_stored([p for p in awaited if p.stored is None])
            scores = self.redis.pipeline([("ZSCORE", p.key, p.item) for p in awaited])
            now = time.monotonic()
            for probe, score in zip(awaited, scores):
                probe.seen = now if score is not None else None
            with self.lock:
                self.open = [p for p in self.open if p.seen is None]
        return bool(self.open)

    def _look_for_stored(self, probes):
        """In the contributions to its list, whatever their form: they hold names as they are."""
        found = self.redis.pipeline([("HVALS", p.part) for p in probes])
        now = time.monotonic()
        for probe, values in zip(probes, found):
            if any(probe.item.encode() in value for value in values):
                probe.stored = now

    def until_seen(self, timeout_s, more=lambda: False):
        """Looks until everything was seen and MORE() is false."""
        give_up = time.monotonic() + timeout_s
        try:
            while self.look() or more():
                if time.monotonic() > give_up:
                    raise SystemExit("bench: %d events are not visible after %g s" % (len(self.open), timeout_s))
                time.sleep(LOOK_EVERY_S)
        finally:
            self.redis.close()


def sent(lab, topic, board, count, gap_s, timeout_s=120):
    """COUNT probes, sent at random moments GAP_S apart on average, when all were seen."""
    watch, rng, probes = Watch(lab.redis), random.Random(1), []
    stem = lab.name("probe")

    def send():
        kafka = lab.broker.client()
        for number in range(count):
            time.sleep(rng.uniform(0, 2 * gap_s))
            probe = Probe(number, board, stem)
            probe.send(kafka, topic)
            probes.append(probe)
            watch.add(probe)
        kafka.close()

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    watch.until_seen(timeout_s + count * gap_s, sender.is_alive)
    sender.join()
    return probes
