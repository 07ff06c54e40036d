"""Bad and odd events: each has one outcome, each rejected one is a dead letter, and nothing stops."""
import json
import subprocess
import time
from collections import Counter

import data
from scenario import scenario
from wire import Record

T = 1291191960000
WEIGHTS = "view=1,like=4,*=0"


def one(**fields):
    return json.dumps({"video_id": "a", "location": "x", "ts": T, **fields}).encode()


# (message, outcomes of its events in their order). The record's time is T.
MESSAGES = [
    (one(), ["applied"]),
    (one(video_id=42, location=None), ["applied"]),
    (one(type="like", user_id=7, value=1.5), ["applied"]),
    (one(location="a{b}%c"), ["applied"]),
    (None, ["tombstone"]),
    (b"", ["malformed"]),
    (b"{", ["malformed"]),
    (b"[" + one() + b"," + one() + b",", ["malformed"]),
    (b"\xff\xfe", ["malformed"]),
    (b"{}", ["no_item"]),
    (one(video_id=None), ["no_item"]),
    (one(video_id=""), ["bad_item"]),
    (one(video_id=1.5), ["bad_item"]),
    (one(video_id="i" * 257), ["bad_item"]),
    (one(location=""), ["applied"]),
    (one(location=5), ["applied"]),
    (one(location=True), ["bad_location"]),
    (one(location="l" * 65), ["bad_location"]),
    (one(location="tab\t"), ["bad_location"]),
    (one(ts="yesterday"), ["bad_time"]),
    (one(ts=True), ["bad_time"]),
    (one(ts=-1), ["bad_time"]),
    (one(type=[]), ["bad_type"]),
    (one(type="t" * 257), ["bad_type"]),
    (one(type=5), ["weightless"]),
    (one(value=-1), ["applied"]),
    (one(value="much"), ["applied"]),
    (b"\0Avro", ["framed"]),
    (b"\0\0\0\0\7" + one(), ["applied"]),
    (b"\xef\xbb\xbf" + one(), ["applied"]),
    (one() + one(video_id=""), ["applied", "bad_item"]),
    (one(type="skip"), ["weightless"]),
    (one(ts=T + 600_000), ["future"]),
    (one(ts=T - 600_000), ["late"]),
    (b"[]", []),
    (b"[" + one() + b",{}," + one(type="skip") + b"]", ["applied", "no_item", "weightless"]),
    (one() + b"\r\n\n" + b"nonsense\n" + one(ts="x") + b"\n", ["applied", "malformed", "bad_time"]),
]
SILENT = {"applied", "tombstone", "weightless"}


def dead_letters(s, topic):
    """(headers, key, value) of each, as kcat shows them."""
    raw = subprocess.run(["kcat", "-b", s.broker.bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f",
                          "%h\x01%k\x01%s\x02"], stdout=subprocess.PIPE, timeout=60, check=True).stdout
    found = []
    for text in raw.split(b"\x02")[:-1]:
        headers, key, value = text.split(b"\x01")
        found.append((dict(h.split("=", 1) for h in headers.decode().split(",")), key, value))
    return found


def event_bytes(message, index):
    """The bytes of one event of a message: all of it, an element of the array, one of two objects, or a line."""
    if message.startswith(b"[") and message.endswith(b"]"):
        return [one(), b"{}", one(type="skip")][index]
    if b"}{" in message:
        return message.replace(b"}{", b"}\n{").split(b"\n")[index]
    lines = [line.rstrip(b"\r") for line in message.split(b"\n") if line.strip()]
    return lines[index] if len(lines) > 1 else message


def expected_letters(s, offsets):
    want = []
    for (message, outcomes), offset in zip(MESSAGES, offsets):
        for index, outcome in enumerate(outcomes):
            if outcome not in SILENT:
                headers = {"topkd.reason": outcome, "topkd.topic": s.topic, "topkd.partition": "2",
                           "topkd.offset": str(offset), "topkd.index": str(index)}
                want.append((headers, b"key%d" % offset, event_bytes(message, index)))
    return want


def outcomes_seen(s):
    counts = Counter()
    for w in s.running():
        counts.update({k: int(v) for k, v in w.metrics().by("outcome", "topkd_events_total").items() if v})
    return counts


@scenario()
def every_bad_event_has_its_outcome_and_its_dead_letter(s):
    s.create_topic(4)
    letters = s.topic + "-dead"
    s.kafka.create_topic(letters, 1)
    w, = s.start_workers(1, WEIGHTS=WEIGHTS, DLQ_TOPIC=letters)
    s.kafka.produce(s.topic, 2, [Record(m, T, key=b"key%d" % i) for i, (m, _) in enumerate(MESSAGES)])
    want = Counter(outcome for _, outcomes in MESSAGES for outcome in outcomes)
    s.wait_for("every event has an outcome", lambda: sum(outcomes_seen(s).values()) >= sum(want.values()), 30)
    assert outcomes_seen(s) == want, "outcomes %s, want %s" % (outcomes_seen(s), want)
    s.await_consumed()

    def found():
        return sorted(dead_letters(s, letters), key=repr)
    expected = sorted(expected_letters(s, range(len(MESSAGES))), key=repr)
    s.wait_for("all dead letters are there", lambda: len(found()) >= len(expected), 20)
    for seen, wanted in zip(found(), expected):
        assert seen == wanted, "dead letter %r, want %r" % (seen, wanted)
    assert len(found()) == len(expected)
    assert s.metric("topkd_dead_letters_total", result="delivered") == len(expected)

    s.kill(w)  # what lies below the frontier is not sent again by a successor
    s.start_workers(1, WEIGHTS=WEIGHTS, DLQ_TOPIC=letters)
    s.kafka.produce(s.topic, 2, [Record(b"{}", T, key=b"last")])
    s.wait_for("the last dead letter is there", lambda: any(key == b"last" for _, key, _ in found()), 40)
    assert len(found()) == len(expected) + 1
    s.note("%d messages, %d outcomes, %d dead letters", len(MESSAGES), len(want), len(expected))


@scenario()
def late_and_future_are_judged_by_the_record_and_what_came_before_it(s):
    """LATENESS 2 s, FUTURE 5 s. The recount knows the rules, too; here they are told by hand."""
    s.create_topic(1)
    end = T // 60_000 * 60_000 + 60_000  # of T's minute
    records = [
        (T, T, "applied"),
        (end + 1_999, T, "applied"),  # judged before this record moves W
        (T, T, "applied"),  # W = end + 1999: not sealed yet
        (end + 2_000, T, "applied"),
        (end + 2_000, T, "late"),
        (end + 2_000, end, "applied"),
        (end + 54_999, end + 60_000, "future"),
        (end + 55_000, end + 60_000, "applied"),
        (end + 1_000, end, "applied"),  # an older record does not set W back
        (end + 700_000, end + 700_000, "applied"),
        (T, T, "late"),
    ]
    w, = s.start_workers(1)
    for i, (record_ms, event_ms, _) in enumerate(records):
        s.kafka.produce(s.topic, 0, [Record(data.event(event_ms, "item%d" % i, "x").text, record_ms)])
    want = Counter(outcome for _, _, outcome in records)
    s.wait_for("all are judged", lambda: sum(outcomes_seen(s).values()) >= len(records), 30)
    assert outcomes_seen(s) == want, "outcomes %s, want %s" % (outcomes_seen(s), want)
    found = s.expect_truth()
    assert found.counted.outcomes == want


@scenario()
def without_a_global_list_an_event_without_location_is_an_outcome(s):
    s.create_topic(1)
    s.start_workers(1, GLOBAL="")
    s.kafka.produce(s.topic, 0, [Record(one(), T), Record(one(location=None), T)])
    s.wait_for("both are judged", lambda: sum(outcomes_seen(s).values()) == 2, 30)
    assert outcomes_seen(s) == {"applied": 1, "no_location": 1}
    s.await_stored()
    s.wait_for("the list is served", lambda: {loc for loc, _ in s.served().lists} == {"x"}, 20)


# Microseconds, the largest there is, the first one that is not believed, and none at all.
NO_TIMES = [T * 1000, (1 << 63) - 1, 253402300800000, -1]


@scenario()
def a_record_time_that_is_none_closes_nobodys_minutes(s):
    """Neither while it is read nor by what a restart takes from the commit."""
    s.create_topic(1, message_timestamp_after_max_ms=(1 << 63) - 1)
    w, = s.start_workers(1)
    for i, odd in enumerate(NO_TIMES):
        s.kafka.produce(s.topic, 0, [Record(one(video_id="odd%d" % i), odd)])  # before there is any time: future
    for i, odd in enumerate(NO_TIMES):
        s.kafka.produce(s.topic, 0, [Record(one(video_id="a%d" % i), T)])
        s.kafka.produce(s.topic, 0, [Record(one(video_id="b%d" % i), odd)])
        s.kafka.produce(s.topic, 0, [Record(json.dumps({"video_id": "no time"}).encode(), odd)])
        s.kafka.produce(s.topic, 0, [Record(one(ts=T + 86_400_000), odd)])
    s.await_stored()
    s.expect_outcomes(s.recount())
    assert outcomes_seen(s) == {"applied": 8, "bad_time": 4, "future": 8}, outcomes_seen(s)
    assert w.events("record_time_missing")[0]["partition"] == "0"
    assert s.metric("topkd_odd_record_times_total", kind="none") == 16
    s.kill(w)
    s.start_workers(1)
    s.kafka.produce(s.topic, 0, [Record(one(video_id="c"), T), Record(one(ts=T + 600_000), T + 600_000)])
    s.expect_truth()
    assert outcomes_seen(s) == {"applied": 2}, outcomes_seen(s)
    s.expect_exact_audit()


@scenario()
def times_in_another_unit_or_ahead_are_told_with_the_remedy(s):
    s.create_topic(2, message_timestamp_after_max_ms=(1 << 63) - 1)
    w, = s.start_workers(1)
    now = int(time.time() * 1000)
    s.kafka.produce(s.topic, 0, [Record(one(ts=now), now // 1000)])
    s.kafka.produce(s.topic, 1, [Record(one(ts=now), now + 3_600_000)])
    old, = s.wait_for("seconds are told", lambda: w.events("record_time_old"), 20)
    ahead, = s.wait_for("a clock ahead is told", lambda: w.events("log_time_ahead"), 20)
    assert (old["partition"], ahead["partition"]) == ("0", "1")
    assert "message.timestamp.type=LogAppendTime" in old["remedy"] and "LogAppendTime" in ahead["remedy"]
    assert 3500 < s.metric("topkd_log_time_ahead_seconds") <= 3600
    assert s.metric("topkd_odd_record_times_total", kind="before_2000") == 1


@scenario()
def events_that_do_not_count_are_told_while_they_outweigh(s):
    s.create_topic(2)
    w, = s.start_workers(1)
    other = json.dumps({"id": "a\x1b", "place": "x", "ts": T}).encode()
    s.kafka.produce(s.topic, 0, [Record(other, T)] * 80 + [Record(one(), T)])
    s.kafka.produce(s.topic, 1, [Record(one(ts=-T), T)] * 10)
    told, = s.wait_for("it is told", lambda: w.events("events_rejected"), 30)
    assert (told["applied"], told["rejected"], told["no_item"], told["bad_time"]) == ("1", "90", "80", "10"), told
    assert "TOPKD_FIELD_ITEM" in told["look_at"] and "TOPKD_FIELD_TIME" in told["look_at"], told
    assert told["example_outcome"] in ("no_item", "bad_time") and told["example"], told
    s.kafka.produce(s.topic, 0, [Record(one(), T)] * 500 + [Record(other, T)])
    s.await_stored()
    assert len(w.events("events_rejected")) == 1
