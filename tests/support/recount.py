#!/usr/bin/env python3
"""A recount of topics in plain Python, by none of the worker's code and none of the audit's: the third opinion.

usage: recount.py count   [--set NAME=VALUE]... [--from-offsets T/P=N,...] FILE...
       recount.py compare [--set NAME=VALUE]... [--from-offsets T/P=N,...] --redis WHERE FILE...

FILE     what kcat wrote with  -C -t TOPIC -o beginning -e -q -f '%t\\t%p\\t%o\\t%T\\t%S\\t%s\\n'
         (KCAT_FORMAT below; a size of -1 is a tombstone; '-': standard input)
--set    a setting of the worker without its prefix, e.g. LATENESS=2s, WEIGHTS=view=1,like=4, LOG_CLOCK=event,
         BOARD=topk, K=100; what is not set comes from the environment (TOPKD_LATENESS, ...), else it is the default
--from-offsets   where the group began, if not at offset 0
--redis  unix:///path of a socket, or host:port

count    prints JSON: the outcomes of all events by class, and for every location and minute the whole list, the higher
         count first, of equal counts the larger bytes first.
compare  prints JSON: how many lists are final, ended, open and lost, which differ from the recount's top K (members,
         counts and order), which are missing or foreign, and the notes left for final lists. Exit 1 if there are any.

Standard library only.
"""
import argparse
import collections
import datetime
import json
import math
import os
import re
import socket
import sys

KCAT_FORMAT = r"%t\t%p\t%o\t%T\t%S\t%s\n"
MINUTE_MS = 60_000
LAST_MS = 253402300799999  # 9999-12-31T23:59:59.999Z
INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1
SHARDS = 256
OUTCOMES = ("applied", "tombstone", "malformed", "no_item", "bad_item", "no_location", "bad_location", "bad_time",
            "bad_type", "bad_value", "weightless", "future", "late", "many_locations")
DEFAULTS = {"WEIGHTS": "*=1", "FIELD_ITEM": "video_id", "FIELD_LOCATION": "location", "FIELD_TYPE": "type",
            "FIELD_TIME": "ts", "FIELD_VALUE": "value", "GLOBAL": "global", "LATENESS": "1m", "FUTURE": "1m",
            "LOG_CLOCK": "record", "BOARD": "topk", "K": "100", "LOCATIONS_MAX": "20000"}
MAY_BE_EMPTY = ("GLOBAL",)

Record = collections.namedtuple("Record", "topic partition offset time_ms value")
Event = collections.namedtuple("Event", "outcome item location time_ms weight", defaults=(None, None, None, None))


# -- JSON as jansson takes it ------------------------------------------------------------------------------------------

class Malformed(ValueError):
    """Not JSON, or such that jansson with its default flags refuses it."""


def integer(text):
    if len(text) > 20 or not INT64_MIN <= int(text) <= INT64_MAX:
        raise Malformed("an integer beyond 64 bits")
    return int(text)


def real(text):
    value = float(text)
    if math.isinf(value):
        raise Malformed("a number beyond a double")
    return value


def constant(text):
    raise Malformed(text)


DECODER = json.JSONDecoder(parse_int=integer, parse_float=real, parse_constant=constant)
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
ESCAPE = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u([0-9a-fA-F]{4})|\\.", re.DOTALL)
DEPTH_MAX = 2048


def check_escapes(text):
    """jansson refuses \\u0000 and half a surrogate pair; Python takes both."""
    for string in STRING.findall(text):
        for escape in ESCAPE.finditer(string):
            if escape[2] and (int(escape[2], 16) == 0 or 0xd800 <= int(escape[2], 16) <= 0xdfff):
                raise Malformed(escape[0])


def check_depth(text):
    """jansson counts every value, so what stands at the greatest depth must be empty."""
    depth = 0
    for char in STRING.sub("0", text):
        if depth == DEPTH_MAX and char not in "]} \t\r\n":
            raise Malformed("too deep")
        if char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1


def load(raw):
    """The object or array that RAW holds."""
    try:
        text = raw.decode("utf-8")
        if text.count("[") + text.count("{") > 200:
            check_depth(text)
            sys.setrecursionlimit(max(sys.getrecursionlimit(), 10 * DEPTH_MAX))
        value = DECODER.decode(text)
    except (ValueError, RecursionError) as e:
        raise Malformed(str(e)) from None
    if "\\u" in text:
        check_escapes(text)
    if not isinstance(value, (dict, list)):
        raise Malformed("neither object nor array")
    return value


# -- messages and fields -----------------------------------------------------------------------------------------------

SPACE = b" \t\r\n"


def split(raw):
    """What a message holds: objects, and None for each event that is none."""
    if not raw.strip(SPACE):
        return [None]
    if raw.lstrip(SPACE).startswith(b"["):
        try:
            return load(raw)
        except Malformed:
            return [None]
    try:
        return [load(raw)]
    except Malformed:
        return [load_line(line) for line in raw.split(b"\n") if line.strip(SPACE)]


def load_line(line):
    try:
        return load(line)
    except Malformed:
        return None


def time_of_integer(value):
    if value < 0:
        return None
    ms = value // 1000 if value >= 10**14 else value if value >= 10**11 else value * 1000
    return ms if ms <= LAST_MS else None


def time_of_real(value):
    """Microseconds are rounded, for a double may lie just below what was written; milliseconds are cut."""
    whole = math.floor(value)
    if not 0 <= whole <= LAST_MS // 1000:
        return None
    return whole * 1000 + min(math.floor((value - whole) * 1e6 + 0.5), 999999) // 1000


RFC3339 = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
                     r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))")


def time_of_text(text):
    if re.fullmatch("[0-9]+", text):
        stripped = text.lstrip("0") or "0"
        return time_of_integer(int(stripped)) if len(stripped) < 20 and int(stripped) <= INT64_MAX else None
    found = RFC3339.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(found[i]) for i in range(1, 7))
    off_hour, off_minute = int(found[9] or 0), int(found[10] or 0)
    if hour > 23 or minute > 59 or second > 60 or off_hour > 23 or off_minute > 59:
        return None
    try:
        days = datetime.date(year, month, day).toordinal() - datetime.date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    offset_min = (off_hour * 60 + off_minute) * (-1 if found[8] == "-" else 1)
    seconds = days * 86400 + (hour * 60 + minute - offset_min) * 60 + second
    if second == 60 and seconds % 86400:
        return None  # a leap second ends a day in UTC
    ms = seconds * 1000 + int(((found[7] or "") + "000")[:3])
    return ms if 0 <= ms <= LAST_MS else None


def time_of(value):
    if type(value) is int:
        return time_of_integer(value)
    if type(value) is float:
        return time_of_real(value)
    return time_of_text(value) if type(value) is str else None


def size(text):
    return len(text.encode())


def parse_weights(text):
    found = {"*": 1}
    for part in text.split(","):
        name, _, weight = part.rpartition("=")
        found[name.strip()] = int(weight)
    return found


class Rules:
    """How an event is judged by itself, before the log's time is asked."""

    def __init__(self, settings):
        self.weights = parse_weights(settings["WEIGHTS"])
        self.fields = {name: settings["FIELD_" + name] for name in ("ITEM", "LOCATION", "TYPE", "TIME", "VALUE")}
        self.has_global = settings["GLOBAL"] != ""

    def judge(self, value, record_ms):
        if not isinstance(value, dict):
            return Event("malformed")
        item, location, kind, time, number = (value.get(self.fields[name])
                                              for name in ("ITEM", "LOCATION", "TYPE", "TIME", "VALUE"))
        if item is None:
            return Event("no_item")
        item = str(item) if type(item) is int else item
        if type(item) is not str or not 1 <= size(item) <= 256:
            return Event("bad_item")
        if location is None and not self.has_global:
            return Event("no_location")
        if location is not None and not good_location(location):
            return Event("bad_location")
        time_ms = time_of_integer_ms(record_ms) if time is None else time_of(time)
        if time_ms is None:
            return Event("bad_time")
        kind = "view" if kind is None else kind
        if type(kind) is not str or size(kind) > 64:
            return Event("bad_type")
        if number is not None and (type(number) not in (int, float) or number < 0):
            return Event("bad_value")
        weight = self.weights.get(kind, self.weights["*"])
        return Event("applied" if weight else "weightless", item, location, time_ms, weight)


def good_location(location):
    return (type(location) is str and 1 <= size(location) <= 64 and
            not any(c < " " or c == "\x7f" for c in location))


def time_of_integer_ms(ms):
    return ms if 0 <= ms <= LAST_MS else None


# -- the log's time, and counting --------------------------------------------------------------------------------------

class Recount:
    """What the log says: lists[location, minute][item] = count; outcomes[class] = events; messages."""

    def __init__(self, settings=None, starts=None):
        """SETTINGS: names without prefix, as texts; what is absent is the default. STARTS: (topic, partition) -> where
        the group began, if not at offset 0."""
        self.settings = full_settings(settings or {})
        self.rules = Rules(self.settings)
        self.lateness_ms, self.future_ms = (duration_ms(self.settings[n]) for n in ("LATENESS", "FUTURE"))
        self.by_event = self.settings["LOG_CLOCK"] == "event"
        self.locations_max = int(self.settings["LOCATIONS_MAX"])
        self.taken = collections.defaultdict(set)  # (topic, partition, minute) -> the first locations that came
        self.starts = starts or {}
        self.lists = collections.defaultdict(collections.Counter)
        self.outcomes = collections.Counter()
        self.messages = 0
        self.log_time = {}  # (topic, partition) -> ms; absent = minus infinity

    def add(self, record):
        """One record; those of a partition in the order of their offsets."""
        where = record.topic, record.partition
        start = self.starts.get(where, 0)
        events = self._events(record)
        if record.offset < start or (start > 0 and where not in self.log_time):
            self._move(where, record, events)
        if record.offset < start:
            return
        self.messages += 1
        before = self.log_time.get(where, -math.inf)
        for event in events:
            outcome = self._judge(event, record, before)
            if outcome == "applied":
                outcome = self._count(event, self.taken[(*where, event.time_ms // MINUTE_MS)])
            self.outcomes[outcome] += 1
        self._move(where, record, events)

    def _events(self, record):
        if record.value is None:
            return [Event("tombstone")]
        return [self.rules.judge(value, record.time_ms) for value in split(record.value)]

    def _is_future(self, event, record, log_time):
        """A record without a time is held against the log's; by event clock it may jump."""
        timed = time_of_integer_ms(record.time_ms) is not None
        if not timed and (self.by_event or log_time == -math.inf):
            return not self.by_event
        near = (record.time_ms if timed else log_time) + self.future_ms
        return event.time_ms // MINUTE_MS > near // MINUTE_MS

    def _judge(self, event, record, log_time):
        if event.outcome != "applied":
            return event.outcome
        if self._is_future(event, record, log_time):
            return "future"
        end = (event.time_ms // MINUTE_MS + 1) * MINUTE_MS
        return "late" if end + self.lateness_ms <= log_time else "applied"

    def _move(self, where, record, events):
        before = self.log_time.get(where, -math.inf)
        times = [ms for ms in [time_of_integer_ms(record.time_ms)] if ms is not None]
        if self.by_event:
            times = [e.time_ms for e in events if e.time_ms is not None and not self._is_future(e, record, before)]
        for ms in times:
            self.log_time[where] = max(ms, self.log_time.get(where, -math.inf))

    def _count(self, event, taken):
        """TAKEN: the locations that its minute has; a new one needs room."""
        board = self.settings["GLOBAL"]
        has_room = event.location in (None, board) or event.location in taken or len(taken) < self.locations_max
        if has_room and event.location not in (None, board):
            taken.add(event.location)
        for location in {event.location if has_room else None, board or None} - {None}:
            self.lists[location, event.time_ms // MINUTE_MS][event.item] += event.weight
        return "applied" if has_room else "many_locations"

    def top(self, location, minute, k=None):
        """[(item, count)] in the order in which ZREVRANGE answers."""
        counts = self.lists.get((location, minute), {})
        return sorted(counts.items(), key=lambda row: (row[1], row[0].encode()), reverse=True)[:k]

    def as_json(self):
        lists = collections.defaultdict(dict)
        for location, minute in sorted(self.lists):
            lists[location][minute_text(minute)] = self.top(location, minute)
        return {"messages": self.messages, "events": sum(self.outcomes.values()),
                "outcomes": {name: self.outcomes[name] for name in OUTCOMES}, "lists": lists}


def full_settings(settings):
    given = {name: str(value) for name, value in settings.items()}
    return {name: given[name] if given.get(name) or (name in MAY_BE_EMPTY and name in given) else default
            for name, default in DEFAULTS.items()}


def duration_ms(text):
    number, unit = re.fullmatch("([0-9]+)(ms|s|m|h|d)", text).groups()
    return int(number) * {"ms": 1, "s": 1000, "m": MINUTE_MS, "h": 3_600_000, "d": 86_400_000}[unit]


def minute_text(minute):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M")


def minute_of(text):
    return (datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M") - datetime.datetime(1970, 1, 1)) // \
        datetime.timedelta(minutes=1)


def read_records(stream):
    """Records of what kcat wrote with KCAT_FORMAT."""
    while True:
        head = [read_word(stream) for _ in range(5)]
        if head[0] is None:
            return
        length = int(head[4])
        value = stream.read(length) if length >= 0 else None
        if (value is not None and len(value) != length) or stream.read(1) != b"\n":
            raise ValueError("the file is cut short, or not in the format that is asked for")
        yield Record(head[0].decode(), int(head[1]), int(head[2]), int(head[3]), value)


def read_word(stream):
    word = bytearray()
    while True:
        byte = stream.read(1)
        if not byte and not word:
            return None
        if byte in (b"\t", b""):
            return bytes(word)
        word += byte


# -- what Redis serves -------------------------------------------------------------------------------------------------

class Redis:
    """As much of a Redis client as this needs. WHERE: unix:///path or host:port."""

    def __init__(self, where):
        if where.startswith("unix://"):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(where[len("unix://"):])
        else:
            host, _, port = where.rpartition(":")
            self.sock = socket.create_connection((host, int(port)))
        self.file = self.sock.makefile("rb")

    def pipeline(self, commands, at_once=500):
        answers = []
        for start in range(0, len(commands), at_once):
            part = commands[start:start + at_once]
            self.sock.sendall(b"".join(encode_command(words) for words in part))
            answers += [self._read() for _ in part]
        return answers

    def _read(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self._read() for _ in range(int(rest))]
        if kind == b":":
            return int(rest)
        if kind == b"+":
            return rest
        raise OSError("Redis: %s" % (rest.decode(errors="replace") or "connection closed"))


def encode_command(words):
    raw = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    return b"*%d\r\n" % len(raw) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in raw)


def encode_location(location):
    return re.sub("[%{}]", lambda c: "%%%02X" % ord(c[0]), location)


class Served:
    """What the public keys of a board say: lists[location, minute] = [(item, count)], states, and notes left."""

    def __init__(self, redis, board, locations=()):
        self.redis, self.board = redis, board
        known = {name.decode() for name in redis.pipeline([("ZRANGE", board + ":locations", 0, -1)])[0]}
        self.locations = sorted(known | set(locations))
        self.states = self._states()
        self.indexed = self._indexed()
        self.lists = self._lists(sorted(set(self.states) | self.indexed))

    def key(self, location, name):
        return "%s:{%s}:%s" % (self.board, encode_location(location), name)

    def _states(self):
        answers = self.redis.pipeline([("HGETALL", self.key(loc, "states")) for loc in self.locations])
        return {(loc, minute_of(m.decode())): s.decode()
                for loc, flat in zip(self.locations, answers) for m, s in zip(flat[::2], flat[1::2])}

    def _indexed(self):
        answers = self.redis.pipeline([("ZRANGE", self.key(loc, "minutes"), 0, -1) for loc in self.locations])
        return {(loc, minute_of(m.decode())) for loc, found in zip(self.locations, answers) for m in found}

    def _lists(self, names):
        answers = self.redis.pipeline([("ZREVRANGE", self.key(loc, minute_text(m)), 0, -1, "WITHSCORES")
                                       for loc, m in names])
        return {name: [(item.decode(errors="surrogateescape"), float(n)) for item, n in zip(flat[::2], flat[1::2])]
                for name, flat in zip(names, answers) if flat}

    def notes(self):
        """(location, minute) -> names of the hashes that hold a note of it."""
        names = [(shard, name) for shard in range(SHARDS) for name in ("changed", "waiting")]
        answers = self.redis.pipeline([("HKEYS", "%s:{s%d}:%s" % (self.board, *n)) for n in names])
        found = collections.defaultdict(list)
        for (shard, name), fields in zip(names, answers):
            for field in fields:
                location, _, minute = field.decode().rpartition("|")
                location = re.sub("%(25|7B|7D)", lambda c: chr(int(c[1], 16)), location)
                found[location, minute_of(minute)].append("s%d:%s" % (shard, name))
        return found


def compare(recount, served, k):
    """Everything that is to be said of SERVED. Lists that are lost are not held against the recount."""
    want = {name: recount.top(*name, k) for name in recount.lists}
    lost = {name for name, state in served.states.items() if state == "lost"}
    both = want.keys() & served.lists.keys()
    differ = sorted(name for name in both - lost if want[name] != served.lists[name])
    left = sorted(name for name in served.notes() if served.states.get(name) == "final")
    return {"states": dict(collections.Counter(served.states.values())), "equal": len(both - lost) - len(differ),
            "different": [named(n, log=want[n][:5], served=served.lists[n][:5]) for n in differ],
            "missing": [named(n) for n in sorted(want.keys() - served.lists.keys())],
            "foreign": [named(n) for n in sorted(served.lists.keys() - want.keys() - lost)],
            "unindexed": [named(n) for n in sorted(served.lists.keys() - served.indexed)],
            "notes_of_final_lists": [named(n) for n in left]}


def named(name, **more):
    return {"location": name[0], "minute": minute_text(name[1]), **more}


# -- the command -------------------------------------------------------------------------------------------------------

def parse_starts(text):
    found = {}
    for part in filter(None, text.split(",")):
        where, _, offset = part.rpartition("=")
        topic, _, partition = where.rpartition("/")
        found[topic, int(partition)] = int(offset)
    return found


def environment():
    return {name[len("TOPKD_"):]: value for name, value in os.environ.items() if name.startswith("TOPKD_")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=("count", "compare"))
    parser.add_argument("files", nargs="+")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--from-offsets", default="", metavar="T/P=N,...")
    parser.add_argument("--redis", metavar="WHERE")
    args = parser.parse_args()
    settings = {**environment(), **dict(part.split("=", 1) for part in args.set)}
    recount = Recount(settings, parse_starts(args.from_offsets))
    for path in args.files:
        with sys.stdin.buffer if path == "-" else open(path, "rb") as stream:
            for record in read_records(stream):
                recount.add(record)
    if args.mode == "count":
        said = recount.as_json()
    else:
        if not args.redis:
            parser.error("compare needs --redis")
        served = Served(Redis(args.redis), recount.settings["BOARD"], {loc for loc, _ in recount.lists})
        said = compare(recount, served, int(recount.settings["K"]))
    json.dump(said, sys.stdout, indent=1)
    print()
    good = args.mode == "count" or not any(value for value in said.values() if isinstance(value, list))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
