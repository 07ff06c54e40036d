"""A recount of a topic in plain Python: every event judged and counted one by one, by none of the worker's code."""
import json
from collections import Counter, defaultdict

MINUTE_MS = 60_000
NEVER = float("-inf")


class Recount:
    """What the log says: lists[location, minute][item] = count; outcomes[class] = events."""

    def __init__(self, settings):
        self.lists, self.outcomes = defaultdict(Counter), Counter()
        self.weights = dict(w.split("=") for w in settings.get("WEIGHTS", "*=1").split(","))
        self.lateness_ms, self.future_ms = (ms(settings[k]) for k in ("LATENESS", "FUTURE"))
        self.log_time = defaultdict(lambda: NEVER)

    def add(self, record):
        w = self.log_time[record.topic, record.partition]
        for e in split(record.value):
            outcome = self._judge(e, record.time_ms, w)
            self.outcomes[outcome] += 1
        self.log_time[record.topic, record.partition] = max(w, record.time_ms)

    def _judge(self, e, record_ms, w):
        time_ms = e["ts"]
        minute = time_ms // MINUTE_MS
        if minute > (record_ms + self.future_ms) // MINUTE_MS:
            return "future"
        if (minute + 1) * MINUTE_MS + self.lateness_ms <= w:
            return "late"
        kind = e.get("type") or "view"
        weight = int(self.weights.get(kind, self.weights.get("*", 1)))
        if not weight:
            return "weightless"
        for location in {e.get("location") or "global", "global"}:
            self.lists[location, minute][str(e["video_id"])] += weight
        return "applied"


def split(value):
    text = value.decode()
    if text.startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def ms(text):
    for unit, factor in (("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)):
        if text.endswith(unit):
            return int(text[:-len(unit)]) * factor
    raise ValueError(text)
