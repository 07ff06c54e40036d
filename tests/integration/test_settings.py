"""What may be changed from one worker to the other: topics, their order, how long lists are kept."""
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import truth
from data import MINUTE_MS, event
from scenario import scenario
from wire import Record

LOCATIONS = ["L%02d" % i for i in range(24)]
RETIRE_AFTER_S = 120


def half_an_hour_ago():
    return int(time.time() * 1000) // MINUTE_MS - 30


def say(s, topic, partition, minute, times=1):
    """TIMES one event of each location, in and of MINUTE."""
    at = minute * MINUTE_MS + 1000
    s.kafka.produce(topic, partition, [Record(event(at, "x", location).text, at)
                                       for location in LOCATIONS for _ in range(times)])


def go_on(s, topic, partitions, minute):
    """Log time of these partitions is MINUTE: what was before is over."""
    at = minute * MINUTE_MS
    for partition in partitions:
        s.kafka.produce(topic, partition, [Record(event(at, "y", "elsewhere").text, at)])


def lists(s, minute):
    """The different (state, count of x) of the lists of MINUTE."""
    found = set()
    for location in LOCATIONS:
        at = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(minute * 60))
        key = "%s:{%s}" % (s.board, truth.encode_location(location))
        count = s.redis("ZSCORE", "%s:%s" % (key, at), "x")
        state = s.redis("HGET", key + ":states", at)
        found.add((state and state.decode(), count and int(count)))
    return found


def await_lists(s, minute, state, count, timeout_s=30):
    s.wait_for("every list of the minute is %s with %d" % (state, count),
               lambda: lists(s, minute) == {(state, count)}, timeout_s)


def settled(s, source):
    """The highest minute that a partition has settled, by its row."""
    found = s.redis("HGET", s.board + ":progress", source).split(b";")[2]
    return int(found) if found.isdigit() else -1


def start(s, n, **more):
    workers = s.start_workers(n, THREADS=1, **more)
    s.wait_for("each worker has partitions",
               lambda: all(w.metrics().sum("topkd_assigned_partitions") > 0 for w in s.running()), 30)
    return workers


def two_topics(s, partitions):
    a, b = s.topic + "-a", s.topic + "-b"
    s.kafka.create_topic(a, partitions[0])
    s.kafka.create_topic(b, partitions[1])
    return a, b, half_an_hour_ago()


@scenario()
def the_order_of_topics_does_not_matter(s):
    a, b, minute = two_topics(s, (1, 3))
    workers = [s.start_worker(TOPICS=topics, THREADS=1) for topics in ("%s,%s" % (a, b), "%s,%s" % (b, a))]
    for w in workers:
        w.await_ready()
    say(s, a, 0, minute)
    for p in range(3):
        say(s, b, p, minute)
    go_on(s, a, range(1), minute + 4)
    go_on(s, b, range(3), minute + 4)
    await_lists(s, minute, "final", 4)


@scenario()
def a_topic_is_taken_in_by_one_worker_after_the_other(s):
    """What the one reads already and the other does not is waited for by both."""
    a, b, minute = two_topics(s, (2, 1))
    first, second = start(s, 2, TOPICS=a)
    s.terminate(second)
    third = s.start_worker(TOPICS="%s,%s" % (a, b), THREADS=1)
    s.wait_for("the new topic has an owner", lambda: third.metrics().sum("topkd_assigned_partitions") == 2, 30)
    s.wait_for("it is on the board", lambda: s.redis("HGET", s.board + ":progress", b + "/0"), 30)
    say(s, a, 0, minute)
    say(s, a, 1, minute)
    say(s, b, 0, minute)
    go_on(s, a, range(2), minute + 4)
    s.wait_for("all is read", lambda: s.metric("topkd_events_total", outcome="applied") == 3 * len(LOCATIONS) + 2, 30)
    say(s, b, 0, minute)
    assert not any(state == "final" for state, _ in lists(s, minute)), "final, though one topic has more to say"
    s.terminate(first)
    fourth = s.start_worker(TOPICS="%s,%s" % (a, b), THREADS=1)
    fourth.await_ready()
    go_on(s, b, range(1), minute + 4)
    await_lists(s, minute, "final", 4)
    assert s.metric("topkd_events_total", outcome="late") == 0


@scenario(long=True)
def a_topic_left_out_and_taken_in_again_is_late_for_what_is_final(s):
    a, b, minute = two_topics(s, (2, 2))
    both = "%s,%s" % (a, b)
    workers = start(s, 2, TOPICS=both)
    for topic in (a, b):
        for p in range(2):
            say(s, topic, p, minute)
        go_on(s, topic, range(2), minute + 4)
    await_lists(s, minute, "final", 4)
    for w in workers:
        s.terminate(w)
    workers = start(s, 2, TOPICS=a)
    for topic in (a, b):
        for p in range(2):
            say(s, topic, p, minute + 8)
    go_on(s, a, range(2), minute + 12)
    await_lists(s, minute + 8, "final", 2, RETIRE_AFTER_S + 60)
    for w in workers:
        s.terminate(w)
    start(s, 2, TOPICS=both)
    go_on(s, b, range(2), minute + 12)
    s.wait_for("what came too late says so",
               lambda: s.metric("topkd_events_total", outcome="late") == 2 * len(LOCATIONS), 60)
    await_lists(s, minute, "final", 4)
    await_lists(s, minute + 8, "final", 2)


@scenario(long=True)
def a_longer_retention_makes_nothing_final_that_expired_under_the_shorter_one(s):
    s.create_topic(2)
    minute = half_an_hour_ago()
    workers = start(s, 2, RETENTION="3m")
    say(s, s.topic, 0, minute, 3)
    say(s, s.topic, 1, minute, 2)
    go_on(s, s.topic, range(1), minute + 4)
    s.wait_for("the lists are there", lambda: {count for _, count in lists(s, minute)} == {5}, 30)
    s.wait_for("the one partition has settled the minute", lambda: settled(s, s.topic + "/0") >= minute, 30)
    for w in workers:
        s.terminate(w)
    s.wait_for("the lists have expired", lambda: lists(s, minute) == {(None, None)}, 240)
    start(s, 2, RETENTION="25h")
    say(s, s.topic, 1, minute)
    go_on(s, s.topic, range(1, 2), minute + 4)
    s.wait_for("the lists are settled", lambda: {state for state, _ in lists(s, minute)} <= {"final", "lost"}, 60)
    found = lists(s, minute)
    assert all(state == "lost" or count == 6 for state, count in found), "final without what expired: %s" % found


@scenario()
def a_time_that_says_no_zone_is_in_that_of_the_setting(s):
    """In every thread; a zone without summer time, so that no hour of the year comes twice."""
    zone, minute, n = "Asia/Kathmandu", half_an_hour_ago(), 4
    s.create_topic(n)
    s.start_workers(1, THREADS=2, TIME_ZONE=zone)
    for ago in range(2, -1, -1):
        at = (minute - ago) * MINUTE_MS + 1000
        local = datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S.5")
        for p in range(n):
            s.kafka.produce(s.topic, p, [Record(event(local, "x", location).text, at) for location in LOCATIONS])
    go_on(s, s.topic, range(n), minute + 4)
    for ago in range(3):
        await_lists(s, minute - ago, "final", n)
    assert s.metric("topkd_events_total", outcome="applied") == (3 * len(LOCATIONS) + 1) * n
