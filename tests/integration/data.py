"""The events that scenarios feed: the real data set where it is at hand, else a seeded stand-in of the same shape."""
import gzip
import itertools
import json
import os
import random
from pathlib import Path

FILE = "online_retail.ndjson.gz"
MINUTE_MS = 60_000


class Event:
    __slots__ = ("time_ms", "text")

    def __init__(self, time_ms, text):
        self.time_ms, self.text = time_ms, text


def event(time_ms, item, location=None, **fields):
    body = {"video_id": item, **({} if location is None else {"location": location}), "ts": time_ms, **fields}
    return Event(time_ms, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def real_file():
    folder = os.environ.get("TOPKD_TEST_DATA")
    path = folder and Path(folder) / FILE
    return path if path and path.exists() else None


def source():
    path = real_file()
    return "the real data set (%s)" % FILE if path else "a seeded stand-in (TOPKD_TEST_DATA is not set)"


def sales(count, skip=0):
    """COUNT events in time order, each in its whole minute, after the first SKIP."""
    path = real_file()
    if not path:
        return list(itertools.islice(stand_in(), skip, skip + count))
    with gzip.open(path) as lines:
        chosen = itertools.islice(lines, skip, skip + count)
        return [Event(json.loads(line)["ts"], line.rstrip(b"\n")) for line in chosen]


def stand_in(seed=20101201):
    """Invoices of a shop: bursts at one instant with gaps between, one country far ahead, items by Zipf's law."""
    rng = random.Random(seed)
    items = ["%d%s" % (10000 + rng.randrange(80000), rng.choice(["", "", "A", "b"])) for _ in range(4000)]
    weights = list(itertools.accumulate(1 / (i + 1) ** 0.7 for i in range(len(items))))
    countries = ["United Kingdom"] * 200 + ["Germany", "France", "EIRE"] * 4 + ["Land %d" % i for i in range(34)]
    time_ms = 1291191960000
    while True:
        time_ms += MINUTE_MS * min(int(rng.expovariate(0.7)), 600)
        country = rng.choice(countries)
        for item in rng.choices(items, cum_weights=weights, k=1 + min(int(rng.paretovariate(0.8)), 1000)):
            kind = "like" if rng.random() < 0.017 else "view"
            yield event(time_ms, item, country, type=kind, user_id=str(rng.randrange(9000)))
