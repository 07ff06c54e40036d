"""What the lists in Redis must say: the topic read by kcat, counted anew, and compared with what is served."""
import re
import subprocess
import sys
from collections import Counter, namedtuple
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from recount import (Recount, encode_location, minute_of, minute_text,  # noqa: E402  the tests' own counting
                     parse_headers)

SHARDS = 256
Entry = namedtuple("Entry", "topic partition offset time_ms key value headers")
MINUTE_KEY = re.compile(r"^(.*):\{([^}]*)\}:(\d{4}-\d\d-\d\dT\d\d:\d\d)$")


def read_log(bootstrap, topic):
    """Every record of TOPIC that a reader of committed data sees, by kcat. Partitions apart, offsets ascending. No
    header may hold a line's end."""
    head = "%p %o %T %K %S\n"
    done = subprocess.run(["kcat", "-b", bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f",
                           head + "%k%s%h\n", "-X", "isolation.level=read_committed", "-X", "check.crcs=true"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    assert done.returncode == 0, "kcat cannot read %s: %s" % (topic, done.stderr.decode())
    return sorted(parse_log(topic, done.stdout), key=lambda e: (e.partition, e.offset))


def parse_log(topic, raw):
    at = 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        partition, offset, time_ms, key_size, size = map(int, raw[at:end].split())
        at = end + 1
        key = raw[at:at + key_size] if key_size >= 0 else None
        at += max(key_size, 0)
        value = raw[at:at + size] if size >= 0 else None
        at += max(size, 0)
        end = raw.index(b"\n", at)
        yield Entry(topic, partition, offset, time_ms, key, value, parse_headers(raw[at:end]))
        at = end + 1


def count(entries, settings, starts=None):
    """STARTS: (topic, partition) -> where the group began."""
    result = Recount(settings, starts)
    for entry in entries:
        result.add(entry)
    return result


def top(counts, k):
    """As ZREVRANGE answers: higher count first, then larger bytes."""
    rows = sorted(((n, item.encode()) for item, n in counts.items() if n > 0), reverse=True)[:k]
    return [(item, n) for n, item in rows]


def decode_location(text):
    return text.replace("%7D", "}").replace("%7B", "{").replace("%25", "%")


class Served:
    """What Redis serves on BOARD right now: lists[location, minute] = [(item, count)], states likewise. STATES_ONLY: a
    look that costs less, without the lists."""

    def __init__(self, redis, board, states_only=False):
        self.redis, self.board = redis, board
        self.keys = scan(redis, board + ":*")
        self.states = self._states()  # before the lists: what is final by then is not changed any more when it is read
        self.lists = {} if states_only else self._lists()

    def _lists(self):
        found = [m for m in map(MINUTE_KEY.match, self.keys) if m and m[1] == self.board]
        rows = self.redis.pipeline([("ZREVRANGE", m[0], 0, -1, "WITHSCORES") for m in found])
        return {(decode_location(m[2]), minute_of(m[3])): [(item, int(n)) for item, n in zip(r[::2], r[1::2])]
                for m, r in zip(found, rows)}

    def _states(self):
        keys = [k for k in self.keys if k.endswith("}:states")]
        found = {}
        for key, flat in zip(keys, self.redis.pipeline([("HGETALL", k) for k in keys])):
            location = decode_location(key[len(self.board) + 2:-len("}:states")])
            for minute, state in zip(flat[::2], flat[1::2]):
                found[location, minute_of(minute.decode())] = state.decode()
        return found

    def key(self, location, name):
        return "%s:{%s}:%s" % (self.board, encode_location(location), name)

    def notes(self):
        """(location, minute) of every note for the mergers, waiting ones included."""
        commands = [("HKEYS", "%s:{s%d}:%s" % (self.board, shard, name))
                    for shard in range(SHARDS) for name in ("changed", "waiting")]
        found = set()
        for fields in self.redis.pipeline(commands):
            for field in fields:
                location, _, minute = field.decode().rpartition("|")
                found.add((decode_location(location), minute_of(minute)))
        return found

    def counts_by_state(self):
        return Counter(self.states.values())

    def index_problems(self):
        """Lists without index entry or TTL, final lists that still keep their parts."""
        problems = []
        locations = sorted({location for location, _ in self.lists})
        indexes = self.redis.pipeline([("ZRANGE", self.key(location, "minutes"), 0, -1, "WITHSCORES")
                                       for location in locations])
        indexed = {(loc, int(score) // 60) for loc, index in zip(locations, indexes) for score in index[1::2]}
        if self.lists.keys() - indexed:
            problems.append("not in the index: " + names(self.lists.keys() - indexed))
        ordered = list(self.lists)
        ttls = self.redis.pipeline([("TTL", self.key(loc, minute_text(m))) for loc, m in ordered])
        problems += ["%s has no TTL" % (k,) for k, ttl in zip(ordered, ttls) if ttl <= 0]
        final = [k for k, state in self.states.items() if state == "final"]
        fields = self.redis.pipeline([("HKEYS", self.key(loc, "part:" + minute_text(m))) for loc, m in final])
        problems += ["%s is final and keeps parts: %s" % (k, f) for k, f in zip(final, fields)
                     if any(b"/" in name for name in f)]
        return problems

    def fingerprint(self):
        """Everything that a reader may read of finished lists, in bytes."""
        ordered = sorted(self.lists)
        merged = self.redis.pipeline([("HGET", self.key(loc, "part:" + minute_text(m)), "merged")
                                      for loc, m in ordered])
        return {k: (self.states.get(k), tuple(self.lists[k]), bytes_) for k, bytes_ in zip(ordered, merged)}


def scan(redis, pattern):
    keys, cursor = set(), b"0"
    while True:
        cursor, found = redis("SCAN", cursor, "MATCH", pattern, "COUNT", 2000)
        keys.update(k.decode() for k in found)
        if cursor == b"0":
            return keys


def names(lists, limit=5):
    ordered = sorted(lists)
    text = ", ".join("%s %s" % (loc, minute_text(m)) for loc, m in ordered[:limit])
    return text + (" and %d more" % (len(ordered) - limit) if len(ordered) > limit else "")


def difference(want, have):
    """The first place in which two lists differ."""
    n = next((i for i, (a, b) in enumerate(zip(want, have)) if a != b), min(len(want), len(have)))
    return "%d and %d items; from rank %d: log %s, served %s" % (
        len(want), len(have), n + 1, want[n:n + 3], have[n:n + 3])


class Comparison:
    """Served lists held against the recount. `wrong` are those that are not lost and differ, `missing` those that the
    log has and Redis does not (lost or not), `foreign` those that the log does not have."""

    def __init__(self, truth, served, k):
        want = {key: top(counts, k) for key, counts in truth.items()}
        want = {key: rows for key, rows in want.items() if rows}
        self.states = {key: served.states.get(key, "none") for key in set(want) | set(served.lists)}
        self.lost = {key for key, state in self.states.items() if state == "lost"}
        self.missing = {key for key in want if key not in served.lists}
        self.foreign = {key for key in served.lists if key not in want} - self.lost
        both = want.keys() & served.lists.keys()
        self.wrong = {key for key in both if key not in self.lost and want[key] != served.lists[key]}
        self.equal = len(both - self.lost - self.wrong)
        self.examples = ["%s (%s): %s" % (names([key]), self.states[key], difference(want[key], served.lists[key]))
                         for key in sorted(self.wrong)[:3]]

    def problems(self):
        found = []
        for what in ("wrong", "missing", "foreign"):
            if getattr(self, what):
                found.append("%d %s: %s" % (len(getattr(self, what)), what, names(getattr(self, what))))
        return found + self.examples

    def __str__(self):
        by_state = Counter(self.states.values())
        return "%d equal; %s" % (self.equal, ", ".join("%d %s" % (n, s) for s, n in sorted(by_state.items())))
