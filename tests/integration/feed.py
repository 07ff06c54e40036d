"""Events into the topic: shaped as messages, spread over partitions, at once or in the background."""
import threading
import time

from data import MINUTE_MS, event
from wire import Record

CHUNK = 500  # records of one partition that go in one request


def message(events, shape):
    """One message of EVENTS; its timestamp is the largest of their times."""
    texts = [e.text for e in events]
    if shape == "single":
        [value] = texts
    else:
        value = b"[" + b",".join(texts) + b"]" if shape == "array" else b"\n".join(texts) + b"\n"
    return Record(value, max(e.time_ms for e in events))


def messages(events, shape="single", batch=50):
    size = 1 if shape == "single" else batch
    return [message(events[i:i + size], shape) for i in range(0, len(events), size)]


def spread(records, partitions):
    """(partition, record), round about: every partition sees its records in the order of the log."""
    return [(i % partitions, r) for i, r in enumerate(records)]


def send(kafka, topic, placed):
    """PLACED, (partition, record) in order; returns when all are acknowledged."""
    by_partition = {}
    for partition, record in placed:
        by_partition.setdefault(partition, []).append(record)
    for partition, records in by_partition.items():
        for i in range(0, len(records), CHUNK):
            kafka.produce(topic, partition, records[i:i + CHUNK])


SEAL = "~seal"


def seal(kafka, topic, partitions, time_ms):
    """A record at TIME_MS in every partition: minutes that end well before it are sealed."""
    end = event(time_ms, "seal", SEAL)
    send(kafka, topic, [(p, Record(end.text, time_ms)) for p in range(partitions)])


def after(events, minutes=10):
    """A time MINUTES after the last of EVENTS."""
    return max(e.time_ms for e in events) // MINUTE_MS * MINUTE_MS + minutes * MINUTE_MS


class Load:
    """Records that flow into the topic in the background, evenly over SECONDS."""

    def __init__(self, kafka, topic, placed, seconds):
        self.kafka, self.topic, self.placed, self.seconds = kafka, topic, placed, seconds
        self.sent, self.error, self.hurry = 0, None, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            start, steps = time.monotonic(), max(1, int(self.seconds * 20))
            size = max(1, -(-len(self.placed) // steps))
            for i in range(0, len(self.placed), size):
                self.hurry.wait(max(0, start + i / len(self.placed) * self.seconds - time.monotonic()))
                part = self.placed[i:i + size]
                send(self.kafka, self.topic, part)
                self.sent += len(part)
        except Exception as e:  # told to whoever joins
            self.error = e

    def running(self):
        return self.thread.is_alive()

    def join(self, at_once=False):
        """Until everything is in the log. AT_ONCE: what is left goes without pacing."""
        if at_once:
            self.hurry.set()
        self.thread.join(180)
        assert not self.thread.is_alive(), "the load does not end"
        if self.error:
            raise AssertionError("the load failed: %r" % self.error)
