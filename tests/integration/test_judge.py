"""topkd judge: what it says of events on its input and in a topic, and that it leaves nothing behind."""
import json
import re
import subprocess
import time

from scenario import scenario
from stack import BIN, program_env
from wait import NotYet
from wire import Record, Transaction

T = 1291191960000  # 2010-12-01T08:26
MINUTE = "2010-12-01T08:26"


def one(**fields):
    return json.dumps({"video_id": "a", "location": "x", "ts": T, **fields}).encode()


class Said:
    def __init__(self, done):
        self.code, self.text, self.errors = done.returncode, done.stdout.decode(), done.stderr.decode()
        self.lines = self.text.splitlines()

    def expect(self, code, *want):
        """The exit status, and a line for each of WANT that holds all of its parts."""
        assert self.code == code, "exit %d, want %d\n%s%s" % (self.code, code, self.text, self.errors)
        assert len(self.lines) == len(want), "want %d lines, got\n%s" % (len(want), self.text)
        for line, parts in zip(self.lines, want):
            for part in parts:
                assert part in line, "no %r in: %s" % (part, line)
        return self

    def expect_failure(self, *parts):
        assert self.code == 2 and not self.text, "exit %d\n%s" % (self.code, self.text)
        for part in parts:
            assert part in self.errors, "no %r in: %s" % (part, self.errors)


def judge(*args, given=b"", **settings):
    return Said(subprocess.run([str(BIN / "topkd"), "judge", *map(str, args)], env=program_env(settings), timeout=60,
                               input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE))


def lines(*messages):
    return b"".join(m + b"\n" for m in messages)


# -- standard input --------------------------------------------------------------------------------
@scenario(real=False)
def judge_says_of_every_line_what_it_becomes_and_why(s):
    given = lines(one(), b"", one(location=None, ts=None), b'{"id": 5, "country": "US"}', one(ts="27.11.2026"),
                  one(type="skip"), b'{"video_id": "a"', b"[" + one() + b"," + one(video_id=1.5) + b"]")
    said = judge(given=given, WEIGHTS="*=1,skip=0")
    said.expect(1, ("applied item=a location=x minute=%s weight=1 [line 1]" % MINUTE,),
                ("applied item=a location=- ", "counts in TOPKD_GLOBAL only", "time from the record", "[line 3]"),
                ('no_item: no field "video_id"; there are id, country: set TOPKD_FIELD_ITEM',),
                ('bad_time: "ts" is "27.11.2026": expected ',), ("weightless: ", '"skip"', "TOPKD_WEIGHTS"),
                ("malformed: behind byte 16: expected ',' or '}', got nothing more",),
                ("applied ", "[line 8]"), ('bad_item: "video_id" is 1.5', "[line 8]"),
                ("messages=7 events=8 applied=3 malformed=1 no_item=1 bad_item=1 bad_time=1 weightless=1: most",
                 "--suggest"))


@scenario(real=False)
def judge_exits_with_0_only_if_there_is_something_and_all_of_it_counts(s):
    now = b'{"video_id": "a", "location": "x"}\n'
    judge(given=now).expect(0, ("applied",), ("messages=1 events=1 applied=1",))
    assert judge(given=one()).lines[-1].endswith("their log decides that")
    judge(given=b'{"video_id": "a", "type": "skip"}', WEIGHTS="skip=0").expect(0, ("weightless",), ("weightless=1",))
    judge(given=now + b"{}").expect(1, ("applied",), ("no_item",), ("applied=1 no_item=1",))
    judge(given=b"").expect(1, ("messages=0 events=0 applied=0: there was nothing to judge",))
    judge(given=b"[]").expect(1, ("messages=1 events=0",))


@scenario(real=False)
def judge_takes_the_input_as_one_message_if_told_so(s):
    text = json.dumps([json.loads(one()), json.loads(one(video_id="b"))], indent=2).encode()
    judge("--whole", given=text).expect(0, ("applied item=a",), ("applied item=b",), ("messages=1 events=2",))
    framed = b"\0\0\0\0\7" + b"\2abc\4"
    assert judge("--whole", given=b"\xff\xfe{\0").lines[0].startswith("malformed: it begins like UTF-16")
    assert judge("--whole", given=framed).code == 1


@scenario(real=False)
def judge_takes_no_longer_for_an_event_that_has_many_before_it(s):
    """A message of many events: glued, in lines, in an array, in a wrapper."""
    count = 200_000
    glued, array = b"{}" * count, b"[" + b"{}," * (count - 1) + b"{}]"
    for text, settings in ((glued, {}), (b"x\n" + glued, {}), (b"{}\n" * count, {}), (array, {}),
                           (b'{"e":' + array + b"}", {"EVENTS_AT": "/e"}), (glued, {"EVENTS_AT": "/e"})):
        start = time.monotonic()
        said = judge("--whole", given=text, **settings)
        took = time.monotonic() - start
        assert len(said.lines) in (count + 1, count + 2) and took < 20, "%d lines in %.1f s" % (len(said.lines), took)


@scenario(real=False)
def judge_is_safe_for_a_terminal(s):
    nasty = '{"video_id": "\\u001b[2J\\u202e", "location": "x", "ts": "\u001b]0;title\u0007"}\n'.encode()
    long = one(video_id="v" * 5000) + b"\n"
    said = judge(given=nasty + long + b'{"\x1b[31m\xff": "' + b"\x9b" * 99 + b'"}\n')
    assert len(said.lines) == 4 and said.code == 1, said.text
    assert re.fullmatch(r"[ -~\n]+", said.text), repr(said.text)
    assert max(map(len, said.lines)) < 600 and "(5002 bytes)" in said.text, said.text


@scenario(real=False)
def judge_refuses_wrong_settings_and_options_with_2(s):
    judge(K=0, NONSENSE=1).expect_failure("TOPKD_K:", "TOPKD_NONSENSE:")
    for args, parts in ((("--nonsense",), ("--help",)), (("word",), ("word", "--help")),
                        (("--last", "5"), ("--topic",)), (("--topic", "t", "--last", "0"), ("--last", "1..")),
                        (("--topic", "t", "--whole"), ("--whole",))):
        judge(*args).expect_failure(*parts)
    for option in ("-h", "--help"):
        said = judge(option)
        assert said.code == 0 and "--suggest" in said.text and not said.errors, said.text


@scenario(real=False)
def judge_stops_when_nobody_reads_it(s):
    command = "yes '%s' | %s judge | head -n 3" % (one().decode(), BIN / "topkd")
    start = time.monotonic()
    done = subprocess.run(["bash", "-c", command], env=program_env({}), timeout=30, stdout=subprocess.PIPE)
    assert done.stdout.count(b"applied") == 3 and time.monotonic() - start < 15
    full = subprocess.run(["bash", "-c", "yes '%s' | %s judge > /dev/full; exit ${PIPESTATUS[1]}" % (
        one().decode(), BIN / "topkd")], env=program_env({}), timeout=30, stderr=subprocess.PIPE)
    assert full.returncode == 2 and b"expected to print" in full.stderr, full


@scenario(real=False)
def judge_tells_each_line_as_it_comes(s):
    with subprocess.Popen([str(BIN / "topkd"), "judge"], env=program_env({}), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        for name in ("a", "b"):
            process.stdin.write(one(video_id=name) + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().startswith(b"applied item=" + name.encode())
        process.stdin.close()
        assert process.stdout.readline().startswith(b"messages=2 ")
        assert process.wait(20) == 0


# -- proposals -------------------------------------------------------------------------------------
def settings_in(text):
    """What is ready to be pasted, read as a shell does."""
    done = subprocess.run(["bash", "-c", "set -a; . /dev/stdin; env -0"], input=text.encode(), stdout=subprocess.PIPE,
                          env={}, check=True)
    pairs = (entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry.startswith("TOPKD_"))
    return {name.removeprefix("TOPKD_"): value for name, value in pairs}


def tracked(i):
    return json.dumps({"messageId": "m%d" % i, "type": "track", "event": ("Viewed", "Liked")[i % 2],
                       "properties": {"sku": "s%d" % (i % 7)},
                       "context": {"location": {"country": ("US", "DE")[i % 2]}},
                       "originalTimestamp": "2010-12-01T08:26:%02dZ" % i}).encode()


@scenario(real=False)
def judge_proposes_settings_that_can_be_pasted_and_work(s):
    given = lines(*map(tracked, range(20)))
    said = judge("--suggest", given=given)
    assert said.code == 0, said.text
    found = settings_in(said.text)
    assert found == {"FIELD_ITEM": "/properties/sku", "FIELD_LOCATION": "/context/location/country",
                     "FIELD_TIME": "originalTimestamp", "FIELD_ID": "messageId"}, said.text
    after = judge(given=given, **found)
    assert after.code == 0 and len(after.lines) == 21, after.text
    assert "applied item=s1 location=DE minute=%s weight=1 id=m1 [line 2]" % MINUTE in after.lines, after.text
    again = judge("--suggest", given=given, **found)
    assert again.code == 0 and not settings_in(again.text), again.text


@scenario(real=False)
def judge_proposes_nothing_of_nothing(s):
    for given in (b"", lines(b"nonsense"), lines(b"{}")):
        said = judge("--suggest", given=given)
        assert said.code == 1 and not settings_in(said.text), said.text


# -- a topic ---------------------------------------------------------------------------------------
@scenario()
def judge_reads_the_last_of_a_topic_and_leaves_nothing_behind(s):
    s.create_topic(3)
    for partition in range(3):
        s.kafka.produce(s.topic, partition, [
            Record(one(video_id="p%d-%d" % (partition, i)), T + 1000 * i + partition, key=b"k%d" % partition,
                   headers=[("place", b"h%d" % partition)]) for i in range(10)])
    said = judge("--topic", s.topic, "--last", 4, **s.settings())
    said.expect(0, ("item=p2-8 ", "[partition 2 offset 8]"), ("item=p0-9 ", "[partition 0 offset 9]"),
                ("item=p1-9 ", "[partition 1 offset 9]"), ("item=p2-9 ", "[partition 2 offset 9]"),
                ("messages=4 events=4 applied=4",))
    beside = judge("--topic", s.topic, "--last", 1, **s.settings(FIELD_ITEM="@key", FIELD_LOCATION="@header:place",
                                                                 FIELD_TIME="none"))
    beside.expect(0, ("item=k2 location=h2 minute=" + MINUTE, "time from the record"), ("applied=1",))
    for setting in ("FIELD_ITEM", "FIELD_LOCATION"):
        missed = judge("--topic", s.topic, "--last", 1, **s.settings(**{setting: "@header:land"}))
        assert 'no header "land", but place: ' in missed.lines[0], missed.text
    everything = judge("--topic", s.topic, "--last", 1000, **s.settings())
    assert len(everything.lines) == 31 and everything.code == 0, everything.text
    assert len(judge("--topic", s.topic, **s.settings()).lines) == 21
    assert s.group not in s.broker.group_tool("--list").split(), "the group exists now"
    assert s.redis("DBSIZE") == 0


@scenario()
def judge_goes_further_back_where_records_are_missing(s):
    """The last records of the partition are those of an aborted transaction, and markers."""
    s.create_topic(2)
    s.kafka.produce(s.topic, 0, [Record(one(video_id="v%d" % i), T) for i in range(20)] + [Record(None, T)])
    transaction = Transaction(s.kafka, s.topic)
    transaction.produce(s.topic, 0, [Record(one(video_id="aborted"), T) for _ in range(50)])
    transaction.abort()
    said = judge("--topic", s.topic, "--last", 3, **s.settings())
    said.expect(0, ("item=v18 ",), ("item=v19 ",), ("tombstone: ",), ("messages=3 events=3 applied=2 tombstone=1",))


@scenario()
def judge_reads_no_more_of_a_topic_than_there_is_room_for(s):
    s.create_topic(2, **{"max.message.bytes": 10_000_000})
    for i in range(20):
        s.kafka.produce(s.topic, i % 2, [Record(one(pad="x" * 9_000_000, video_id="v%d" % i), T + i)])
    said = judge("--topic", s.topic, **s.settings())
    said.expect(0, *(("item=v%d " % i,) for i in range(6, 20)), ("messages=14 events=14 applied=14",))
    assert "as take 128 MB" in said.errors, said.errors
    said = judge("--topic", s.topic, "--last", 14, **s.settings())
    assert len(said.lines) == 15 and not said.errors, said.errors


@scenario()
def judge_says_late_and_future_as_far_as_the_records_tell(s):
    s.create_topic(1)
    s.kafka.produce(s.topic, 0, [Record(one(), T), Record(one(), T + 600_000), Record(one(), T + 600_000),
                                 Record(one(ts=T + 1_200_000), T + 600_000)])
    said = judge("--topic", s.topic, **s.settings())
    said.expect(1, ("applied",), ("applied",),
                ("late: its minute " + MINUTE, "2010-12-01T08:36", "TOPKD_LATENESS is 2s"),
                ("future: its time is 2010-12-01T08:46", "TOPKD_FUTURE is 5s"),
                ("messages=4 events=4 applied=2 future=1 late=1",))


@scenario()
def judge_proposes_settings_for_a_topic(s):
    s.create_topic(2)
    for partition in range(2):
        s.kafka.produce(s.topic, partition, [Record(tracked(i), T + 1000 * i, key=b"%d" % i) for i in range(20)])
    said = judge("--topic", s.topic, "--last", 40, "--suggest", **s.settings())
    assert settings_in(said.text)["FIELD_ITEM"] == "/properties/sku" and said.code == 0, said.text


@scenario()
def judge_proposes_a_header_where_no_field_is_a_location(s):
    s.create_topic(1)
    s.kafka.produce(s.topic, 0, [Record(json.dumps({"video_id": "v%d" % (i % 7), "ts": T}).encode(), T,
                                        headers=[("trace", b"t%d" % i), ("region", (b"US", b"DE")[i % 2])])
                                 for i in range(20)])
    said = judge("--topic", s.topic, "--suggest", **s.settings())
    assert settings_in(said.text) == {"FIELD_LOCATION": "@header:region"} and said.code == 0, said.text
    after = judge("--topic", s.topic, "--last", 1, **s.settings(**settings_in(said.text)))
    assert "location=DE" in after.lines[0], after.text


@scenario()
def judge_proposes_the_zone_of_times_that_are_future_without_it(s):
    s.create_topic(1)
    s.kafka.produce(s.topic, 0, [Record(json.dumps({"clip": "c%d" % (i % 7), "country": ("US", "DE")[i % 2],
                                                    "when": "2010-12-01 10:26:%02d" % i}).encode(), T + 1000 * i)
                                 for i in range(40)])
    fields = {"FIELD_ITEM": "clip", "FIELD_LOCATION": "country", "FIELD_TIME": "when"}
    said = judge("--topic", s.topic, "--last", 40, "--suggest", **s.settings())
    assert settings_in(said.text) == {**fields, "TIME_ZONE": "+02:00"} and said.code == 0, said.text
    assert "40 of 40 events would be future, by about 2 hours. Their times say no zone" in said.text, said.text
    said = judge("--topic", s.topic, "--last", 40, "--suggest", **s.settings(**fields))
    assert settings_in(said.text) == {"TIME_ZONE": "+02:00"} and said.code == 0, said.text
    assert judge("--topic", s.topic, "--last", 40, **s.settings(**fields, TIME_ZONE="+02:00")).code == 0


@scenario()
def judge_says_what_is_wrong_with_a_topic(s):
    s.create_topic(2)
    judge("--topic", s.topic, **s.settings()).expect(1, ("messages=0 events=0 applied=0: there was nothing",))
    judge("--topic", "nowhere", **s.settings()).expect_failure("topic nowhere", "create topic nowhere")
    judge("--topic", "not/a/name", **s.settings()).expect_failure("not/a/name")
    judge("--topic", "\x1b[31m", **s.settings()).expect_failure(r'topic "\x1b[31m": expected')
    judge("--topic", "", **s.settings()).expect_failure('topic "": expected')
    judge("--topic", s.topic, **s.settings(RDKAFKA_FETCH_MIN_BYTES="-1")).expect_failure(
        "TOPKD_RDKAFKA_FETCH_MIN_BYTES")
    start = time.monotonic()
    judge("--topic", s.topic, **s.settings(BROKERS="127.0.0.1:1")).expect_failure("expected an answer of Kafka")
    assert time.monotonic() - start < 30
    assert s.group not in s.broker.group_tool("--list").split(), "the group exists now"
