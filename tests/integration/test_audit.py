"""The audit by itself: lists put into Redis by hand, right ones and wrong ones of every kind; no worker runs."""
import json
import subprocess
from pathlib import Path

from byhand import SETTINGS, T, Board, audit, count, feed_odd, plain
from recount import Record as Entry
from recount import Rules, full_settings, minute_text
from scenario import scenario
from wire import Record, Transaction
from worker import BIN, program_env

CORPUS = Path(__file__).resolve().parents[1] / "data/events"


def expect_agreement(s, *args, starts=None, **settings):
    counted = count(s, starts, **settings)
    Board(s.redis, s.board, counted)
    code, said = audit(s, "--exact", *args, **settings)
    want = {name: n for name, n in counted.outcomes.items() if n}
    seen = {name: n for name, n in said["outcomes"].items() if n}
    assert seen == want, "%s: the audit counts %s, the recount %s" % (settings, seen, want)
    assert code == 0 and said["verdict"] == "exact", "%s: exit %d, %s" % (settings, code, said["reasons"])
    assert said["events"] == sum(want.values())
    return said


@scenario()
def recount_and_audit_judge_odd_events_alike_under_every_clock(s):
    s.use_seed()
    feed_odd(s)
    for settings in ({}, {"LOG_CLOCK": "event"}, {"GLOBAL": ""}, {"GLOBAL": "US"}, {"FIELD_TYPE": "kind"}):
        expect_agreement(s, **settings)


@scenario()
def recount_and_audit_judge_the_corpus_of_events_as_written(s):
    """Only by rules of a test is a value needed. What else becomes of the event then, the corpus does not say. A case
    may have settings of its own: it is judged by them, and is not among what one worker reads."""
    values = []
    for case in sorted(CORPUS.glob("*.in")):
        lines = case.with_suffix(".want").read_bytes().decode().splitlines()
        want = [line.split()[0] for line in lines if line and not line.startswith("#")]
        own = dict(word.split("=", 1) for line in lines if line.startswith("#:") for word in line[2:].split())
        if not own:
            values.append(case.read_bytes())
        rules = Rules(full_settings({**SETTINGS, **own}))
        entry = Entry("events", 0, 0, T, case.read_bytes(), b"k1", [(b"country", b"SE")])
        judged = [event.outcome for event in rules.events(entry)]
        same = len(judged) == len(want) and all(w in (j, "bad_value") for j, w in zip(judged, want))
        assert same, "%s: the recount says %s, the corpus %s" % (case.name, judged, want)
    s.create_topic(1)
    s.kafka.produce(s.topic, 0, [Record(value, T) for value in values])
    expect_agreement(s)
    s.note("%d messages", len(values))


def spoilings(b):
    """(what, arguments of the audit, exit code, a word of its reasons, how)."""
    first, last = b.rows()[0][0], b.rows()[19][0]
    one_more = [(item, n + (item == first)) for item, n in b.rows()]
    zset, index, states, part = b.key(b.minute), b.key("minutes"), b.key("states"), b.key("part:" + b.minute)
    absent = b.recount.top(*b.name)[50][1]
    return [
        ("nothing", ["--exact"], 0, "", lambda: None),
        ("a count", ["--exact"], 1, "differ", lambda: b.redis("ZINCRBY", zset, 1, first)),
        ("a count, against the merged list", [], 1, "broken", lambda: b.redis("ZINCRBY", zset, 1, first)),
        ("an item", ["--exact"], 1, "differ", lambda: b.redis("ZREM", zset, last)),
        ("a list", [], 1, "missing", lambda: b.redis("DEL", zset)),
        ("a list, by retention", [], 0, "", lambda: (b.redis("DEL", b.board + ":progress"), b.forget_oldest())),
        ("an index entry", [], 1, "broken", lambda: b.redis("ZREM", index, b.minute)),
        ("a state", [], 1, "broken", lambda: b.redis("HDEL", states, b.minute)),
        ("a list of nobody", [], 1, "foreign", lambda: b.put("Nowhere", b.name[1], [("x", 3)])),
        ("a list of nobody, out of range", ["--to", b.minute], 0, "",
         lambda: b.put("Nowhere", b.name[1], [("x", 3)])),
        ("an open list", [], 0, "", lambda: b.state("open")),
        ("an open list, exactly", ["--exact"], 1, "open", lambda: b.state("open")),
        ("an open list, allowed", ["--exact", "--allow-open"], 0, "", lambda: b.state("open")),
        ("a lost list", ["--exact"], 1, "lost", lambda: b.state("lost")),
        ("a lost list, wrong and allowed", ["--exact", "--allow-lost"], 0, "",
         lambda: b.put_again(one_more, state="lost")),
        ("a count within bounds", [], 0, "", lambda: b.put_again(one_more, slack=1)),
        ("a count within bounds, exactly", ["--exact"], 1, "differ",
         lambda: b.put_again(one_more, slack=1)),
        ("a count beyond its bounds", [], 1, "bounds", lambda: b.put_again(one_more)),
        ("the bound of what is absent", [], 1, "bounds", lambda: b.put_again(absent_upper=absent - 1)),
        ("the total", [], 1, "bounds", lambda: b.put_again(total=1)),
        ("the merged list", [], 1, "broken", lambda: b.redis("HSET", part, "merged", b"\x01\x01junk")),
        ("the merged list's version", [], 1, "broken", lambda: b.redis("HSET", part, "merged", b"\x02\x01")),
        ("everything", [], 1, "no list", lambda: b.redis("FLUSHALL")),
        ("the workers", ["--wait", "300ms"], 1, "did not catch up", lambda: None),
    ]


@scenario()
def every_kind_of_difference_is_seen_and_named(s):
    s.use_seed()
    feed_odd(s)
    counted = count(s)
    table = spoilings(Board(s.redis, s.board, counted))
    for what, args, code, word, spoil in table:
        Board(s.redis, s.board, counted)
        spoil()
        seen, said = audit(s, *args)
        assert seen == code and word in "; ".join(said["reasons"]), "%s spoilt, %s: exit %d, %s" % (
            what, args, seen, said["reasons"])
    s.note("%d cases", len(table))


@scenario()
def what_was_aborted_is_not_counted_and_an_open_transaction_does_not_hang_the_audit(s):
    s.create_topic(2)
    for number, (item, end) in enumerate((("a", Transaction.commit), ("b", Transaction.abort))):
        transaction = Transaction(s.kafka, "%s-%d" % (s.topic, number))
        for partition in (0, 1):
            transaction.produce(s.topic, partition, [plain(i, item) for i in range(200)])
        end(transaction)
    assert expect_agreement(s)["events"] == 400
    pending = Transaction(s.kafka, s.topic + "-pending")
    pending.produce(s.topic, 1, [plain(300)])
    s.kafka.produce(s.topic, 1, [plain(301)])
    assert expect_agreement(s)["events"] == 400
    pending.commit()
    assert expect_agreement(s)["events"] == 402


@scenario()
def what_the_log_cannot_tell_any_more_is_set_apart(s):
    s.create_topic(2)
    for partition in (0, 1):
        s.kafka.produce(s.topic, partition, [plain(i) for i in range(600)])
    assert expect_agreement(s)["lists"]["unknowable"] == 0
    starts = {(s.topic, 0): 100, (s.topic, 1): 250}
    said = expect_agreement(s, "--from-offsets", ",".join("%s/%d=%d" % (*where, at) for where, at in starts.items()),
                            starts=starts)
    assert said["lists"]["unknowable"] > 0 and said["lists"]["compared"] > 0
    s.kafka.delete_records(s.topic, {0: 300, 1: 200})
    said = expect_agreement(s, starts={(s.topic, 0): 300, (s.topic, 1): 200})
    assert said["lists"]["unknowable"] > 0 and said["lists"]["compared"] > 0


def with_id(number, ident):
    """A record each second."""
    body = {"video_id": "a%d" % (number % 7), "location": "US", "ts": T + number * 1000, "id": ident}
    return Record(json.dumps(body).encode(), T + number * 1000)


@scenario()
def duplicates_of_records_that_are_gone_are_held_against_nobody(s):
    """The workers saw them, so the lists are those of the whole log. In partition 0 every id comes again in time."""
    s.create_topic(2)
    s.kafka.produce(s.topic, 0, [with_id(i, "id%d" % (i % 200)) for i in range(1200)])
    s.kafka.produce(s.topic, 1, [with_id(i, i) for i in range(1200)])
    settings = {"FIELD_ID": "id", "DEDUP": "5m"}
    assert expect_agreement(s, **settings)["outcomes"]["duplicate"] == 1000
    whole = count(s, **settings)
    s.kafka.delete_records(s.topic, {0: 100, 1: 0})
    Board(s.redis, s.board, whole)
    code, said = audit(s, "--exact", **settings)
    assert code == 0 and said["verdict"] == "exact", said["reasons"]
    assert said["lists"]["unknowable"] > 0 and said["outcomes"]["duplicate"] == 900, said["lists"]


def connections(s):
    info = dict(line.split(":", 1) for line in s.redis("INFO", "stats").decode().splitlines() if ":" in line)
    return int(info["total_connections_received"])


@scenario()
def lists_that_grow_while_the_audit_looks_are_set_apart(s):
    s.create_topic(2)
    for partition in (0, 1):
        s.kafka.produce(s.topic, partition, [plain(i) for i in range(600)])
    board = Board(s.redis, s.board, count(s))
    before = connections(s)
    running = subprocess.Popen([str(BIN / "topkd-audit"), "--json", "--wait", "3s"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env=program_env(s.settings(**SETTINGS)))
    # It connects twice: to see that Redis is there, and when the log is read.
    s.wait_for("the audit has read the log", lambda: connections(s) >= before + 2)
    s.kafka.produce(s.topic, 0, [plain(601)])
    board.redis("ZINCRBY", board.key(minute_text((T + 601_000) // 60_000), "US"), 1, "later")
    said = json.loads(running.communicate(timeout=60)[0])
    assert said["events"] == 1200
    assert said["lists"]["moving"] > 0 and said["lists"]["compared"] > 0, said["lists"]
    assert all("did not catch up" in reason for reason in said["reasons"]), said["reasons"]
