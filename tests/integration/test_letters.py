"""Dead letters whose topic does not take them: nothing is lost, nothing is committed past them, and it is said why."""
from collections import Counter

from scenario import scenario
from test_input import T, dead_letters, one
from wire import Record

BAD = b'{"video_id":'


def feed_bad(s, count, partition=0):
    """COUNT messages that cannot be decoded; their offsets."""
    first = s.kafka.produce(s.topic, partition, [Record(BAD, T, key=b"k%d" % i) for i in range(count)])
    return range(first, first + count)


def feed_good(s, count, partition=0):
    s.kafka.produce(s.topic, partition, [Record(one(), T) for _ in range(count)])
    s.await_consumed()


def arrived(s, letters):
    """(partition, offset, index) -> how often."""
    return Counter((int(h["topkd.partition"]), int(h["topkd.offset"]), int(h["topkd.index"]))
                   for h, _, _ in dead_letters(s, letters))


def await_said(s, worker, *parts):
    def probe():
        status, text = worker.get("/readyz")
        return status == 503 and all(p in text for p in parts)
    s.wait_for("/readyz is 503 and says %s" % (parts,), probe, 40)


def committed(s, partition=0):
    return s.kafka.commits(s.group, s.topic, s.partitions).get(partition, (0,))[0]


def expect_letters(s, letters, offsets, at_most=None):
    """One of each offset at least, AT_MOST so many of each, and none of anything else."""
    s.wait_for("all letters are there", lambda: len(arrived(s, letters)) >= len(offsets), 40)
    found = arrived(s, letters)
    assert set(found) == {(0, o, 0) for o in offsets}, "letters of %s" % sorted(found)
    assert at_most is None or max(found.values()) <= at_most, "some came %d times" % max(found.values())
    return found


@scenario()
def letters_wait_for_their_topic_and_no_commit_passes_them(s):
    s.create_topic(2)
    letters = s.topic + "-dead"
    w, = s.start_workers(1, DLQ_TOPIC=letters)  # the topic is missing, and nobody is stopped by that yet
    feed_good(s, 5)
    offsets = feed_bad(s, 40)
    await_said(s, w, "create topic " + letters)
    assert committed(s) == 5, "committed %d, the letters begin at 5" % committed(s)
    s.kill(w)  # nobody but the log knows of the letters now
    w = s.start_worker(DLQ_TOPIC=letters)
    await_said(s, w, "create topic " + letters)
    assert committed(s) == 5
    s.kafka.create_topic(letters, 2)
    w.await_ready()
    s.await_consumed()
    expect_letters(s, letters, offsets, at_most=1)
    assert s.metric("topkd_dead_letters_total", result="delivered") == len(offsets)
    assert s.metric("topkd_dead_letters_total", result="failed") == 0


@scenario()
def letters_of_a_worker_killed_while_they_go_are_sent_by_the_next(s):
    s.create_topic(2)
    letters = s.topic + "-dead"
    s.kafka.create_topic(letters, 2)
    w, = s.start_workers(1, DLQ_TOPIC=letters, CHECKPOINT_INTERVAL="3s")
    offsets = []
    for _ in range(3):
        offsets += feed_bad(s, 2000)
        s.wait_for("some are there", lambda: s.metric("topkd_dead_letters_total", result="delivered") > 0, 20)
        s.kill(w)
        w, = s.start_workers(1, DLQ_TOPIC=letters, CHECKPOINT_INTERVAL="3s")
    s.await_consumed()
    found = expect_letters(s, letters, offsets)
    s.note("%d letters, %d of them sent again", len(found), sum(found.values()) - len(found))


@scenario()
def a_batch_that_is_too_large_goes_letter_by_letter_and_one_that_is_too_large_is_named(s):
    s.create_topic(1)
    letters = s.topic + "-dead"
    s.kafka.create_topic(letters, 1, max_message_bytes=3000)
    w, = s.start_workers(1, DLQ_TOPIC=letters)
    lines = [BAD + b" " * 100] * 150
    lines[70] = b"SECRET" + b"x" * 5000
    s.kafka.produce(s.topic, 0, [Record(b"\n".join(lines), T)])
    s.await_consumed()
    w.await_ready()
    found = arrived(s, letters)
    assert found == Counter((0, 0, i) for i in range(150) if i != 70), "letters %s" % found
    assert s.metric("topkd_dead_letters_total", result="delivered") == 149
    assert s.metric("topkd_dead_letters_total", result="failed") == 1
    lost, = w.events("dead_letter_given_up")
    assert (lost["topic"], lost["partition"], lost["offset"], lost["index"]) == (s.topic, "0", "0", "70"), lost
    assert "SECRET" not in w.log_text(), "the log has bytes of a letter"


@scenario()
def a_stop_commits_past_no_letter_that_a_full_queue_refused(s):
    s.create_topic(1)
    letters = s.topic + "-dead"
    settings = {"DLQ_TOPIC": letters, "RDKAFKA_QUEUE_BUFFERING_MAX_MESSAGES": 10, "SHUTDOWN_TIMEOUT": "3s"}
    w, = s.start_workers(1, **settings)
    feed_good(s, 5)
    offsets = feed_bad(s, 100)
    s.wait_for("the partitions are paused", lambda: s.metric("topkd_paused_partitions") == 1, 20)
    assert s.terminate(w) == 1
    assert committed(s) == 5, "committed %d, the letters begin at 5" % committed(s)
    s.kafka.create_topic(letters, 1)
    s.start_workers(1, **settings)
    s.await_consumed()
    expect_letters(s, letters, offsets)  # the partition may move once more, hence more than one of some
