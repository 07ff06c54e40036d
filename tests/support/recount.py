#!/usr/bin/env python3
"""A recount of topics in plain Python, by none of the worker's code and none of the audit's: the third opinion.

usage: recount.py count   [--set NAME=VALUE]... [--from-offsets T/P=N,...] FILE...
       recount.py compare [--set NAME=VALUE]... [--from-offsets T/P=N,...] --redis WHERE FILE...

FILE     what kcat wrote with  -C -t TOPIC -o beginning -e -q -f '%t\\t%p\\t%o\\t%T\\t%S\\t%s\\n'
         (KCAT_FORMAT below; a size of -1 is a tombstone; '-': standard input)
         Where a field is @key or @header:NAME: KCAT_FORMAT_BESIDE below. kcat writes headers as name=value,name=value,
         so no value may hold a line's end, or a comma with the look of another header behind it.
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
import zoneinfo

KCAT_FORMAT = r"%t\t%p\t%o\t%T\t%S\t%s\n"
KCAT_FORMAT_BESIDE = r"%t\t%p\t%o\t%T\t%S\t%K\t%s%k%h\n"  # with keys and headers
MINUTE_MS = 60_000
LAST_MS = 253402300799999  # 9999-12-31T23:59:59.999Z
INT64_MAX = (1 << 63) - 1
SHARDS = 256
OUTCOMES = ("applied", "tombstone", "malformed", "framed", "no_events", "no_item", "bad_item", "no_location",
            "bad_location", "bad_time", "bad_type", "bad_value", "weightless", "future", "late", "duplicate",
            "many_locations")
DEFAULTS = {"WEIGHTS": "*=1", "FIELD_ITEM": "video_id", "FIELD_LOCATION": "location", "FIELD_TYPE": "type",
            "FIELD_TIME": "ts", "FIELD_ID": "", "EVENTS_AT": "", "TIME_ZONE": "UTC", "GLOBAL": "global",
            "LATENESS": "1m", "FUTURE": "1m", "LOG_CLOCK": "record", "DEDUP": "10m", "DEDUP_IDS_MAX": "1000000",
            "BOARD": "topk", "K": "100", "LOCATIONS_MAX": "20000"}
MAY_BE_EMPTY = ("GLOBAL",)

# HEADERS: (name, value or None), bytes, in their order.
Record = collections.namedtuple("Record", "topic partition offset time_ms value key headers", defaults=(None, ()))
Event = collections.namedtuple("Event", "outcome item location time_ms weight id", defaults=(None,) * 5)


# -- structure: where values begin and end -----------------------------------------------------------------------------

BLANK = re.compile(rb"[ \t\r\n]*")
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
WORD = re.compile(rb'[^\x00-\x20",:\[\]{}]+')
MARK = re.compile(STRING.pattern + rb'|["\[\]{}]', re.DOTALL)  # all that counts inside of a container
SPACE = b" \t\r\n"


class Broken(ValueError):
    """What stands there does not fit the grammar."""


class Text:
    """Bytes that are read from the left, up to END."""

    def __init__(self, raw, at=0, end=None):
        self.raw, self.at, self.end = raw, at, len(raw) if end is None else end

    def blank(self):
        self.at = BLANK.match(self.raw, self.at, self.end).end()

    def peek(self):
        return self.raw[self.at:min(self.at + 1, self.end)]

    def take(self, pattern):
        found = pattern.match(self.raw, self.at, self.end)
        if not found:
            raise Broken(self.at)
        self.at = found.end()
        return found[0]

    def expect(self, byte):
        if self.peek() != byte:
            raise Broken(self.at)
        self.at += 1

    def skip(self):
        """A value, without looking into it."""
        start = self.at
        if self.peek() in (b"[", b"{"):
            self._skip_container()
        else:
            self.take(STRING if self.peek() == b'"' else WORD)
        return self.raw[start:self.at]

    def _skip_container(self):
        depth = 0
        for mark in MARK.finditer(self.raw, self.at, self.end):
            if mark[0] == b'"':
                break  # a string without an end
            depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(mark[0], 0)
            if depth == 0:
                self.at = mark.end()
                return
        raise Broken(self.at)


# A value, and what was found below it: names, or indexes as texts, on the way to the fields.
Node = collections.namedtuple("Node", "token below", defaults=({},))


def ways_to(places):
    """Paths as a tree, so that each container is looked through once."""
    tree = {}
    for path in places:
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})
    return tree


def read(text, ways):
    """The value that TEXT is at. Containers that lie on WAYS must fit the grammar."""
    start = text.at
    if not ways or text.peek() not in (b"[", b"{"):
        return Node(text.skip())
    below = read_object(text, ways) if text.peek() == b"{" else read_array(text, ways)
    return Node(text.raw[start:text.at], below)


def read_object(text, ways):
    """Of a repeated name the last value takes the place of the former."""
    below = {}
    for _ in children(text, b"}"):
        name = name_of(text.take(STRING))
        text.blank()
        text.expect(b":")
        text.blank()
        below[name] = read(text, ways.get(name))
    return below


def read_array(text, ways):
    below = {}
    for number, _ in enumerate(children(text, b"]")):
        name = b"%d" % number
        node = read(text, ways.get(name))
        if name in ways:
            below[name] = node
    return below


def children(text, closing):
    """Stops at the beginning of each child, which the caller then reads, and at last behind CLOSING."""
    text.at += 1
    text.blank()
    if text.peek() != closing:
        yield
        text.blank()
        while text.peek() != closing:
            text.expect(b",")
            text.blank()
            yield
            text.blank()
    text.at += 1


def read_elements(text, ways):
    """Of an array: None for what is no object."""
    found = []
    for _ in children(text, b"]"):
        is_object = text.peek() == b"{"
        node = read(text, ways if is_object else None)
        found.append(node if is_object else None)
    return found


def name_of(token):
    """A name as its bytes; None: JSON has no such name."""
    if b"\\" not in token:
        return token[1:-1]
    name = string_of(token)
    return None if name is None else name.encode()


# -- messages ----------------------------------------------------------------------------------------------------------

ALONE = {b"": {}}  # ways of an object that must fit although nothing is looked for in it


class Shape:
    """Where everything stands, as the settings say."""

    def __init__(self, fields, events_at):
        """FIELDS: name -> the text of its setting."""
        self.fields = {name: text for name, text in fields.items() if text}
        self.wrapped = events_at != ""
        event = [path_of(text) for text in self.fields.values() if text[0] != "@" and not text.startswith("^/")]
        self.event = ways_to(event) or ALONE
        self.events_at = path_of(events_at) if self.wrapped else None
        outer = [path_of(text[1:]) for text in self.fields.values() if text.startswith("^/")]
        self.top = ways_to([*outer, self.events_at]) if self.wrapped else self.event

    def looks_beside(self):
        """Keys or headers are needed."""
        return any(text == "@key" or text.startswith("@header:") for text in self.fields.values())

    def of(self, field, record, event, wrapper):
        """The value of a FIELD."""
        text = self.fields.get(field)
        if text is None:
            return ABSENT
        if text == "@key":
            return beside(record.key)
        if text == "@topic":
            return beside(record.topic.encode())
        if text.startswith("@header:"):
            return beside(dict(record.headers).get(text[len("@header:"):].encode()))
        if text.startswith("^/"):
            return meaning(find(wrapper, path_of(text[1:])))
        return meaning(find(event, path_of(text)))


def path_of(text):
    if text[0] != "/":
        return [text.encode()]
    return [step.replace("~1", "/").replace("~0", "~").encode() for step in text[1:].split("/")]


def find(node, path):
    for step in path:
        node = node and node.below.get(step)
    return node and node.token


def split(raw, shape):
    """What a message holds: (event, wrapper) for each event that is an object, else the name of its outcome."""
    if raw is None:
        return ["tombstone"]
    if raw[:1] == b"\0":
        if raw[5:6] not in (b"{", b"["):
            return ["framed"]
        text = Text(raw, 5)
    else:
        text = Text(raw, 3 if raw.startswith(b"\xef\xbb\xbf") else 0)
    text.blank()
    if text.at == text.end:
        return ["malformed"]
    if text.peek() == b"[":
        return split_array(text, shape)
    return split_objects(text, shape) + split_lines(text, shape)


def split_array(text, shape):
    try:
        elements = read_elements(text, shape.top)
        text.blank()
        if text.at != text.end:
            raise Broken(text.at)
    except Broken:
        return ["malformed"]
    return [event for node in elements for event in unwrap(node, shape)]


def split_objects(text, shape):
    """As many objects as can be read one behind the other; TEXT then stands at what is none, or at its end."""
    found = []
    text.blank()
    while text.peek() == b"{":
        start = text.at
        try:
            found += unwrap(read(text, shape.top), shape)
        except Broken:
            text.at = start
            break
        text.blank()
    return found


def split_lines(text, shape):
    found = []
    while text.at < text.end:
        end = text.raw.find(b"\n", text.at, text.end)
        line = Text(text.raw, text.at, text.end if end < 0 else end)
        found += split_objects(line, shape)
        if line.at < line.end:
            found.append("malformed")
        text.at = line.end + 1
    return found


def unwrap(node, shape):
    """The events of an object that may be a wrapper."""
    if node is None:
        return ["malformed"]
    if not shape.wrapped:
        return [(node, None)]
    try:
        return [(event, node) if event else "malformed" for event in wrapped(find(node, shape.events_at), shape)]
    except Broken:
        return ["malformed"]
    except LookupError:
        return ["no_events"]


def wrapped(token, shape):
    """The events that a wrapper has at their place, None for what is no object."""
    if token is None or token[:1] not in (b"[", b"{"):
        raise LookupError
    text = Text(token)
    found = [read(text, shape.event)] if token[:1] == b"{" else read_elements(text, shape.event)
    if text.at != text.end:
        raise Broken(text.at)
    return found


# -- values ------------------------------------------------------------------------------------------------------------

class Other:
    """Neither text nor number, or it cannot be read."""


class Raw(bytes):
    """An array, as it is written."""


ABSENT = None
INTEGER = re.compile(rb"-?(?:0|[1-9][0-9]*)")
REAL = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class Integer(str):
    """A text of digits that was written as a number: of any length."""


def meaning(token):
    """ABSENT, a str, an Integer, a float, Raw of an array, or Other."""
    if token is None or token == b"null":
        return ABSENT
    if token[:1] == b"[":
        return Raw(token)
    if token[:1] == b'"':
        text = string_of(token)
        return Other if text is None else text
    if INTEGER.fullmatch(token):
        return Integer("0" if token == b"-0" else token.decode())
    if REAL.fullmatch(token):
        return real_of(token)
    return Other


def real_of(token):
    value = float(token)
    return Other if math.isinf(value) else value


def string_of(token):
    """None: it is no text, or one with a NUL or with half a surrogate pair."""
    try:
        text = json.loads(token.decode())
        text.encode()  # refuses halves of pairs
    except ValueError:
        return None
    return None if "\0" in text else text


def beside(raw):
    """What stands beside the message's value."""
    if raw is None:
        return ABSENT
    try:
        return Other if b"\0" in raw else raw.decode()
    except ValueError:
        return Other


# -- times -------------------------------------------------------------------------------------------------------------

EPOCH = datetime.datetime(1970, 1, 1)
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
                  r"(?: ?(?:(Z|z|UTC|GMT)|([+-])([0-9]{2})(?::?([0-9]{2}))?)(?:\[[^\]]+\])?)?")
OFFSET = re.compile(r"([+-])([0-9]{2})(?::?([0-9]{2}))?")


class Zone:
    """The zone of times that say none."""

    def __init__(self, text):
        offset = OFFSET.fullmatch(text)
        self.none = text == "none"
        self.named = self.fixed = None
        if text in ("UTC", "Z", "none"):
            self.fixed = datetime.timedelta(0)
        elif offset:
            self.fixed = offset_of(*offset.groups())
        else:
            self.named = zoneinfo.ZoneInfo(text)

    def offset(self, local):
        return self.fixed if self.named is None else local.replace(tzinfo=self.named).utcoffset()


def offset_of(sign, hours, minutes):
    return datetime.timedelta(minutes=(int(hours) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1))


def believed(ms):
    return ms if 0 <= ms <= LAST_MS else None


def time_of_integer(value):
    if not 0 <= value <= INT64_MAX:
        return None
    if value >= 10**17:
        return believed(value // 10**6)
    if value >= 10**14:
        return believed(value // 1000)
    return believed(value if value >= 10**11 else value * 1000)


def time_of_real(value):
    """Seconds: microseconds are rounded, for a double may lie just below what was written; milliseconds are cut."""
    if not 0 <= value < 2.0**63:
        return None
    whole = math.floor(value)
    if value >= 10**11:
        return time_of_integer(whole)
    return believed(whole * 1000 + min(math.floor((value - whole) * 1e6 + 0.5), 999999) // 1000)


def time_of_digits(text):
    stripped = text.lstrip("0") or "0"
    return time_of_integer(int(stripped)) if len(stripped) < 20 else None


def time_of_text(text, zone):
    if re.fullmatch("[0-9]+", text):
        return time_of_digits(text)
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", text):
        return time_of_real(float(text))
    found = DATE.fullmatch(text)
    if not found:
        return None
    parts = [int(part or 0) for part in found.groups()[:6]]
    nanos = int(((found[7] or "") + "0" * 9)[:9])
    if found[8]:
        return time_of_parts(parts, nanos, datetime.timedelta(0))
    if found[9]:
        hours, minutes = int(found[10]), int(found[11] or 0)
        return time_of_parts(parts, nanos, offset_of(*found.groups()[8:])) if hours < 24 and minutes < 60 else None
    return time_of_local(parts, nanos, zone)


def time_of_local(parts, nanos, zone):
    return None if zone.none else time_of_parts(parts, nanos, zone.offset)


def time_of_parts(parts, nanos, offset):
    """OFFSET: local time less UTC, or a function that says it of a local time."""
    *rest, second = parts
    try:
        local = datetime.datetime(*rest) + datetime.timedelta(seconds=second)
    except (ValueError, OverflowError):
        return None
    seconds = (local - EPOCH - (offset(local) if callable(offset) else offset)) // datetime.timedelta(seconds=1)
    if second > 60 or (second == 60 and seconds % 86400):
        return None  # a leap second ends a day in UTC
    return believed(seconds * 1000 + nanos // 10**6)


def time_of_array(raw, zone):
    """[year, month, day, hour, minute] and what may follow: second, nanosecond."""
    text = Text(raw)
    try:
        words = [text.skip() for _ in children(text, b"]")]
    except Broken:
        return None
    if text.at != text.end or not 5 <= len(words) <= 7 or not all(re.fullmatch(rb"0|[1-9][0-9]*", w) for w in words):
        return None
    if max(map(len, words)) > 9:
        return None
    *parts, second, nanos = ([int(word) for word in words] + [0, 0])[:7]
    return time_of_local([*parts, second], nanos, zone) if second < 60 else None


def time_of(value, zone):
    if isinstance(value, Integer):
        return time_of_integer(int(value)) if len(value) < 20 else None
    if isinstance(value, float):
        return time_of_real(value)
    if isinstance(value, Raw):
        return time_of_array(value, zone)
    return time_of_text(value, zone) if isinstance(value, str) else None


# -- judging -----------------------------------------------------------------------------------------------------------

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
        fields = {name: settings["FIELD_" + name] for name in ("ITEM", "LOCATION", "TIME", "ID")}
        if set(self.weights.values()) != {self.weights["*"]}:
            fields["TYPE"] = settings["FIELD_TYPE"]  # else every event weighs the same
        self.shape = Shape(fields, settings["EVENTS_AT"])
        self.zone = Zone(settings["TIME_ZONE"])
        self.has_global = settings["GLOBAL"] != ""

    def events(self, record):
        """The events of a record, judged."""
        return [Event(part) if isinstance(part, str) else self._judge(record, *part)
                for part in split(record.value, self.shape)]

    def _judge(self, record, event, wrapper):
        item, location, time, kind, ident = (self.shape.of(name, record, event, wrapper)
                                             for name in ("ITEM", "LOCATION", "TIME", "TYPE", "ID"))
        if item is ABSENT:
            return Event("no_item")
        if not is_text(item, 1, 256):
            return Event("bad_item")
        location = ABSENT if location == "" else location
        if location is ABSENT and not self.has_global:
            return Event("no_location")
        if location is not ABSENT and not good_location(location):
            return Event("bad_location")
        time_ms = believed(record.time_ms) if time is ABSENT else time_of(time, self.zone)
        if time_ms is None:
            return Event("bad_time")
        if kind is not ABSENT and not is_text(kind, 0, 256):
            return Event("bad_type")
        weight = self.weights.get("view" if kind is ABSENT else kind, self.weights["*"])
        return Event("applied" if weight else "weightless", item, location, time_ms, weight,
                     ident if is_text(ident, 1, 256) else None)


def is_text(value, least, most):
    return isinstance(value, str) and least <= size(value) <= most


def good_location(location):
    return is_text(location, 1, 64) and not any(c < " " or c == "\x7f" for c in location)


# -- the log's time, and counting --------------------------------------------------------------------------------------

class Ids:
    """The ids that a partition has seen: an id is seen again if that was less than SECONDS ago by the log's time, and
    is among the last IDS_MAX sightings."""

    def __init__(self):
        self.last = {}  # id -> (number of its last sighting, second)
        self.sightings = 0

    def see(self, ident, second, seconds, ids_max):
        number, when = self.last.get(ident, (-math.inf, -math.inf))
        again = self.sightings - number <= ids_max and second - when < seconds
        self.last[ident] = self.sightings, second
        self.sightings += 1
        return again


class Recount:
    """What the log says: lists[location, minute][item] = count; outcomes[class] = events; messages."""

    def __init__(self, settings=None, starts=None):
        """SETTINGS: names without prefix, as texts; what is absent is the default. STARTS: (topic, partition) -> where
        the group began, if not at offset 0."""
        self.settings = full_settings(settings or {})
        self.rules = Rules(self.settings)
        self.lateness_ms, self.future_ms, self.dedup_ms = (duration_ms(self.settings[name])
                                                           for name in ("LATENESS", "FUTURE", "DEDUP"))
        self.ids_max = int(self.settings["DEDUP_IDS_MAX"])
        self.by_event = self.settings["LOG_CLOCK"] == "event"
        self.locations_max = int(self.settings["LOCATIONS_MAX"])
        self.taken = collections.defaultdict(set)  # (topic, partition, minute) -> the first locations that came
        self.ids = collections.defaultdict(Ids)  # (topic, partition) -> the ids that it has seen
        self.starts = starts or {}
        self.lists = collections.defaultdict(collections.Counter)
        self.outcomes = collections.Counter()
        self.messages = 0
        self.log_time = {}  # (topic, partition) -> ms; absent = minus infinity

    def add(self, record):
        """One record; those of a partition in the order of their offsets."""
        where = record.topic, record.partition
        start = self.starts.get(where, 0)
        events = self.rules.events(record)
        if record.offset < start or (start > 0 and where not in self.log_time):
            self._move(where, record, events)
        if record.offset < start:
            return
        self.messages += 1
        before = self.log_time.get(where, -math.inf)
        self._move(where, record, events)
        for event in events:
            outcome = self._judge(event, record, before)
            if outcome == "applied" and event.id is not None and self._is_seen(where, event.id):
                outcome = "duplicate"
            if outcome == "applied":
                outcome = self._count(event, self.taken[(*where, event.time_ms // MINUTE_MS)])
            self.outcomes[outcome] += 1

    def _is_seen(self, where, ident):
        """By log time after the record, whose sighting this is."""
        return self.ids[where].see(ident, self.log_time[where] // 1000, -(-self.dedup_ms // 1000), self.ids_max)

    def _is_future(self, event, record, log_time):
        """A record without a time is held against the log's; by event clock it may jump."""
        timed = believed(record.time_ms) is not None
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
        times = [ms for ms in [believed(record.time_ms)] if ms is not None]
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


CUT = "the file is cut short, or not in the format that is asked for"


def read_records(stream, with_beside=False):
    """Records of what kcat wrote with KCAT_FORMAT; WITH_BESIDE: with KCAT_FORMAT_BESIDE."""
    while True:
        head = [read_word(stream) for _ in range(6 if with_beside else 5)]
        if head[0] is None:
            return
        topic, partition, offset, time_ms, *sizes = head[0].decode(), *map(int, head[1:])
        value, key = [read_sized(stream, size) for size in sizes + [-1] * (2 - len(sizes))]
        headers = parse_headers(stream.readline()[:-1]) if with_beside else ()
        if not with_beside and stream.read(1) != b"\n":
            raise ValueError(CUT)
        yield Record(topic, partition, offset, time_ms, value, key, headers)


def read_sized(stream, length):
    part = stream.read(length) if length >= 0 else None
    if part is not None and len(part) != length:
        raise ValueError(CUT)
    return part


def parse_headers(text):
    """As kcat writes them: name=value, with commas between; one without a value is NULL."""
    found = re.findall(rb"(?:^|,)([^=,]+)=(.*?)(?=,[^=,]+=|$)", text, re.DOTALL)
    return [(name, None if value == b"NULL" else value) for name, value in found]


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
            for record in read_records(stream, recount.rules.shape.looks_beside()):
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
