"""TOPICS with patterns: topics that come and go while workers run."""
import subprocess

import data
import feed
import truth
from data import MINUTE_MS
from scenario import pause, scenario
from stack import BIN, program_env
from test_check import check
from test_settings import RETIRE_AFTER_S, await_lists, go_on, half_an_hour_ago, lists, say, start

GONE_AFTER_S = 30
PATTERN = {"RDKAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS": 1000}


def pattern(s):
    return {"TOPICS": r"^%s\.p-[a-z]+$" % s.topic, **PATTERN}


def create(s, name, partitions):
    """A topic that the pattern fits; from now on it has its part in the truth."""
    topic = "%s.p-%s" % (s.topic, name)
    s.kafka.create_topic(topic, partitions)
    s.read = {**(s.read or {}), topic: partitions}
    return topic


def await_owned(s, timeout_s=60):
    """Every partition of every topic has an owner, and all workers know all topics."""
    partitions, topics = sum(s.topics().values()), len(s.topics())

    def probe():
        known = {w.metrics().sum("topkd_topics") for w in s.running()}
        owned = s.metric("topkd_assigned_partitions")
        return known == {topics} and owned == partitions and s.metric("topkd_silent_partitions") == 0
    s.wait_for("%d topics are known, and %d partitions owned" % (topics, partitions), probe, timeout_s)


def spread(s, events):
    """(topic, partition, record) round about over all that is read."""
    places = [(topic, p) for topic, n in sorted(s.topics().items()) for p in range(n)]
    return [(*places[i % len(places)], r) for i, r in enumerate(feed.messages(events))]


class Loads:
    """EVENTS over SECONDS, spread over the topics that there are now: a load for each of them."""

    def __init__(self, s, events, seconds):
        placed = {}
        for topic, partition, record in spread(s, events):
            placed.setdefault(topic, []).append((partition, record))
        self.of = [feed.Load(s.broker.client(), topic, p, seconds) for topic, p in placed.items()]

    def join(self):
        for load in self.of:
            load.join()


def seal_all(s, events, minutes=10):
    for topic, partitions in s.topics().items():
        feed.seal(s.kafka, topic, partitions, feed.after(events, minutes))


@scenario()
def topics_created_under_load_are_read_from_their_first_record_on(s):
    """Events of a time that is not over yet, or they would be late: they are sent once the topic is on the board."""
    create(s, "a", 3)
    create(s, "b", 1)
    events = sorted(data.sales(40_000), key=lambda e: e.time_ms)
    watch = s.watch_finals()
    s.start_workers(2, **pattern(s))
    await_owned(s)
    for at, name in ((0, "c"), (10_000, "bb"), (20_000, "aa")):
        loads = Loads(s, events[at:at + 10_000], 6)
        pause(1)
        create(s, name, 2)
        await_owned(s)
        loads.join()
    Loads(s, events[30_000:], 2).join()
    seal_all(s, events)
    found = s.expect_truth()
    assert not found.lost
    watch.finish(found)
    assert s.metric("topkd_events_total", outcome="late") == 0
    s.expect_exact_audit(**pattern(s))


@scenario()
def a_topic_that_comes_while_nobody_runs_is_found_with_its_records(s):
    create(s, "a", 2)
    events = sorted(data.sales(10_000), key=lambda e: e.time_ms)
    [first] = s.start_workers(1, **pattern(s))
    Loads(s, events[:5000], 0).join()
    s.await_consumed()
    assert s.terminate(first) == 0
    create(s, "b", 2)
    s.start_workers(2, **pattern(s))
    await_owned(s)
    Loads(s, events[5000:], 0).join()
    seal_all(s, events)
    assert not s.expect_truth().lost


@scenario()
def without_a_topic_it_waits_and_says_so(s):
    w = s.start_worker(**pattern(s))
    s.read = {}
    s.wait_for("/readyz is 503 and names the pattern",
               lambda: w.get("/readyz")[0] == 503 and "no topic fits TOPKD_TOPICS=^" in w.get("/readyz")[1], 20)
    assert w.get("/healthz")[0] == 200
    check(s, **pattern(s)).expect_problems(0).expect("warning", "no topic fits it now")
    create(s, "a", 4)
    w.await_ready()
    events = data.sales(2000)
    Loads(s, events, 0).join()
    seal_all(s, events)
    s.expect_truth()


@scenario()
def the_dead_letter_topic_and_topics_of_kafka_are_not_read_though_they_fit(s):
    """`^` fits every name: all topics of this broker but those."""
    a = create(s, "a", 2)
    letters = "%s.p-letters" % s.topic
    s.kafka.create_topic(letters, 1)
    settings = {**pattern(s), "TOPICS": r"^(%s|__consumer_offsets)" % s.topic.replace(".", r"\."), "DLQ_TOPIC": letters}
    check(s, **settings).expect_problems(0).expect("ok", "1 topic fits it now: %s" % a)
    [w] = s.start_workers(1, **settings)
    await_owned(s)
    s.kafka.produce(a, 0, [feed.Record(b"not json", data.MINUTE_MS)])
    s.wait_for("the dead letter is there", lambda: s.kafka.ends(letters, 1)[0] == 1, 30)
    events = data.sales(2000)
    Loads(s, events, 0).join()
    seal_all(s, events)
    s.expect_truth()
    assert s.kafka.ends(letters, 1)[0] == 1 and s.metric("topkd_topics") == 1
    assert w.metrics().sum("topkd_events_total", outcome="malformed") == 1


@scenario()
def check_names_the_topics_that_a_pattern_fits(s):
    names = [create(s, c, 1) for c in "abcdef"]
    s.kafka.create_topic(s.topic, 2)
    found = check(s, **{**pattern(s), "TOPICS": "%s,%s,^nothing-" % (s.topic, pattern(s)["TOPICS"])})
    found.expect_problems(0).expect("ok", "6 topics fit it now: %s" % ", ".join(names[:3]))
    found.expect("warning", "pattern ^nothing-", "no topic fits it now").expect("ok", "all 8 partitions may be read")
    check(s, TOPICS="^a(").expect("problem", "TOPICS", "correct the regular expression")


def refusal(s, program, *args):
    """What PROGRAM says when it ends at once."""
    done = subprocess.run([str(BIN / program), *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=30,
                          stderr=subprocess.STDOUT, text=True, env=program_env({**s.settings(**pattern(s))}))
    assert done.returncode, "%s took it" % program
    return done.stdout


@scenario()
def programs_that_cannot_do_with_a_pattern_say_what_they_want(s):
    said = refusal(s, "topkd-audit")
    assert "expected a topic that TOPKD_TOPICS fits, got none" in said, said
    for args in ((), ("--topic", "^a")):
        said = refusal(s, "topkd-loadgen", "--brokers", s.broker.bootstrap, *args)
        assert "expected a topic to write to, got the pattern ^" in said, said


@scenario(long=True)
def topics_come_one_after_the_other_while_workers_die(s):
    rng = s.use_seed()
    create(s, "a", 2)
    events = sorted(data.sales(60_000), key=lambda e: e.time_ms)
    share = len(events) // 12
    watch = s.watch_finals()
    s.start_workers(2, **pattern(s))
    await_owned(s)
    for i in range(12):
        loads = Loads(s, events[i * share:(i + 1) * share], 4)
        create(s, rng.choice("bcd") + "xyzwvutsrqpo"[i], rng.choice((1, 2, 3)))
        if i % 3 == 1:
            s.kill(rng.choice(s.running()))
        if len(s.running()) < 3:
            s.start_worker(THREADS=rng.choice((1, 2)), **pattern(s))
        await_owned(s)
        loads.join()
    seal_all(s, events)
    found = s.expect_truth(timeout_s=120)
    assert not found.lost
    watch.finish(found)


@scenario()
def with_start_latest_a_later_topic_begins_at_its_beginning(s):
    """What is there when the group begins is passed over, what is created later is not: neither while workers run nor
    while none does, though its records are there long before it is found."""
    latest = {**pattern(s), "START": "latest"}
    a = create(s, "a", 2)
    events = sorted(data.sales(20_000), key=lambda e: e.time_ms)
    Loads(s, events[:2000], 0).join()
    begin = {(a, p): end for p, end in s.kafka.ends(a, 2).items()}
    [first] = s.start_workers(1, **latest)
    await_owned(s)
    assert s.metric("topkd_events_total") == 0

    def created_with_records(name, batch):
        topic = create(s, name, 2)
        feed.send(s.kafka, topic, feed.spread(feed.messages(batch), 2))
    # Far above what may have been touched before the group began.
    last = max(e.time_ms for e in events[:2000])
    later = [e for e in events if e.time_ms > last + 10 * MINUTE_MS][:3000]
    created_with_records("b", later[:1000])
    await_owned(s)
    s.wait_for("the new topic is read wholly", lambda: s.metric("topkd_events_total", outcome="applied") == 1000, 30)
    s.await_consumed()
    assert s.terminate(first) == 0
    created_with_records("c", later[1000:2000])
    s.start_workers(2, **latest)
    await_owned(s)
    s.wait_for("so is the one that came while nobody ran",
               lambda: s.metric("topkd_events_total", outcome="applied") == 1000, 30)
    Loads(s, later[2000:], 0).join()
    seal_all(s, events)
    counted = truth.count(s.log(), s.settings(**latest), begin)
    found = s.expect_truth(counted, lost=lambda key: key[1] <= last // MINUTE_MS + 2)
    assert found.equal > 10


@scenario(long=True)
def a_topic_that_is_deleted_holds_later_lists_back_for_minutes_only(s):
    a, b, minute = create(s, "a", 2), create(s, "b", 2), half_an_hour_ago()
    start(s, 2, **pattern(s))
    await_owned(s)
    for topic in (a, b):
        for p in range(2):
            say(s, topic, p, minute)
        go_on(s, topic, range(2), minute + 4)
    await_lists(s, minute, "final", 4)
    s.kafka.delete_topic(b)
    del s.read[b]
    for p in range(2):
        say(s, a, p, minute + 8)
    go_on(s, a, range(2), minute + 12)
    s.wait_for("it is given up", lambda: all(w.events("topic_gone") for w in s.running()), GONE_AFTER_S + 20)
    assert all(state != "final" for state, _ in lists(s, minute + 8)), "nobody waited for what it may have held"
    await_lists(s, minute + 8, "final", 2, RETIRE_AFTER_S + 60)
    await_lists(s, minute, "final", 4)
    for w in s.running():
        w.await_ready()
    # Made again it is another log, and joins as a new topic does.
    b = create(s, "b", 2)
    await_owned(s)
    for topic in (a, b):
        for p in range(2):
            say(s, topic, p, minute + 16)
        go_on(s, topic, range(2), minute + 20)
    await_lists(s, minute + 16, "final", 4)
