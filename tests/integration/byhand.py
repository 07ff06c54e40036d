"""Lists put into Redis by hand, right ones and ways to spoil them, and the audit that looks at them."""
import json
import subprocess
import time

from recount import Recount, encode_location, minute_text
from wire import Record
from worker import BIN, program_env

T = 1763751600123
SETTINGS = {"WEIGHTS": "view=1,like=4,skip=0,*=2", "K": "20", "LIST_SIZE": "50", "LATENESS": "1m", "FUTURE": "1m"}


# -- lists by hand -----------------------------------------------------------------------------------------------------

def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes([n])


def pack(rows, total, absent_upper, slack=None):
    """A merged list. SLACK: how far the bounds lie from each count; None: it says that it is exact."""
    out = bytes([1, slack is None]) + b"".join(map(varint, (total, absent_upper, len(rows), rows[0][1] if rows else 0)))
    previous = rows[0][1] if rows else 0
    for item, count in rows:
        bounds = b"" if slack is None else varint(min(slack, count)) + varint(slack)
        out += varint(previous - count) + bounds + varint(len(item.encode())) + item.encode()
        previous = count
    return out


class Board:
    """What an exact worker would serve of RECOUNT, and ways to spoil it."""

    def __init__(self, redis, board, recount, k=20, deep=50):
        self.redis, self.board, self.recount, self.k, self.deep = redis, board, recount, k, deep
        redis("FLUSHALL")
        # As if the workers had begun now: no list can have expired, old as its minute is.
        redis("HSET", board + ":progress", "events/0", "%016x%016x;" % (int(time.time() * 1000), 1))
        for location, minute in recount.lists:
            self.put(location, minute)
        self.name = max(recount.lists, key=lambda name: len(recount.lists[name]))  # of the longest list
        self.minute = minute_text(self.name[1])

    def key(self, name, location=None):
        location = self.name[0] if location is None else location
        return "%s:{%s}:%s" % (self.board, encode_location(location), name)

    def put(self, location, minute, rows=None, state="final", **packed):
        full = self.recount.top(location, minute)
        rows = full[:self.deep] if rows is None else rows
        said = {"total": sum(n for _, n in full), "absent_upper": full[len(rows)][1] if len(full) > len(rows) else 0}
        text = minute_text(minute)
        zset = [word for item, n in rows[:self.k] for word in (n, item)]
        self.redis.pipeline([
            ("DEL", self.key(text, location)), ("ZADD", self.key(text, location), *zset),
            ("HSET", self.key("part:" + text, location), "merged", pack(rows, **{**said, **packed})),
            ("HSET", self.key("states", location), text, state),
            ("ZADD", self.key("minutes", location), minute * 60, text),
            ("HINCRBY", self.key("meta", location), "seq", 1), ("ZADD", self.board + ":locations", 1, location)])

    def rows(self):
        return self.recount.top(*self.name, self.deep)

    def put_again(self, rows=None, **packed):
        self.put(*self.name, rows=rows or self.rows(), **packed)

    def forget_oldest(self):
        oldest = min(minute for _, minute in self.recount.lists)
        for location in {location for location, minute in self.recount.lists if minute == oldest}:
            self.redis("DEL", self.key(minute_text(oldest), location))

    def state(self, state):
        self.redis("HSET", self.key("states"), self.minute, state)


def audit(s, *args, **settings):
    done = subprocess.run([str(BIN / "topkd-audit"), "--json", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, env=program_env(s.settings(**{**SETTINGS, **settings})))
    assert done.stdout, "topkd-audit: exit %d\n%s" % (done.returncode, done.stderr.decode())
    return done.returncode, json.loads(done.stdout)


def shown(s, *args, **settings):
    """(exit code, lines of the table, lines of stderr)."""
    done = subprocess.run([str(BIN / "topkd-audit"), *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120,
                          env=program_env(s.settings(**{**SETTINGS, **settings})))
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def count(s, starts=None, **settings):
    found = Recount({**SETTINGS, **settings}, starts)
    for entry in s.log():
        found.add(entry)
    return found


# -- traffic -----------------------------------------------------------------------------------------------------------

def odd_event(rng, now_ms):
    item = rng.choice([rng.paretovariate(0.6), rng.randrange(1000)])
    fields = {"video_id": "v%d" % item, "location": rng.choice(["US", "DE", "a{b}%c", "global"]),
              "type": rng.choice(["view", "view", "like", "skip"]), "ts": now_ms + rng.randrange(-200_000, 100_000)}
    fields.update(rng.choice([{}] * 20 + [{"location": None}, {"video_id": 7}, {"video_id": ""}, {"ts": "bad"},
                                          {"ts": None}, {"value": -1}, {"type": 5}]))
    return json.dumps(fields).encode()


def odd_value(rng, now_ms):
    some = [odd_event(rng, now_ms) for _ in range(rng.randrange(1, 5))]
    return rng.choice([some[0], b"[" + b",".join(some) + b"]", b"\r\n".join(some), None, b"nonsense"])


def feed_odd(s, records=1500):
    s.create_topic(3)
    for partition in range(3):
        now_ms, values = T, []
        for _ in range(records):
            now_ms += s.rng.randrange(600)
            values.append(Record(odd_value(s.rng, now_ms), now_ms))
        s.kafka.produce(s.topic, partition, values)


def plain(number, item="a"):
    """A record each second."""
    return Record(json.dumps({"video_id": "%s%d" % (item, number % 7), "location": "US",
                              "ts": T + number * 1000}).encode(), T + number * 1000)
