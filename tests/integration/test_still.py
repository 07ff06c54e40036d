"""Others that hang, refuse or give what cannot be read: who stops because of it, who says so, and what it costs."""
import struct
import time

import data
from data import MINUTE_MS
from scenario import pause, scenario
from stack import Broker
from test_redis import bulky
from wait import NotYet
from wire import Record, Transaction
import feed

READY_AGE_S = 5
READY_AGE = "%ds" % READY_AGE_S


def readyz(w):
    return w.get("/readyz")


def await_not_ready(s, w, *words, timeout_s=40):
    """Until /readyz is 503 and its line has all WORDS."""
    def probe():
        status, text = readyz(w)
        return status == 503 and all(word in text for word in words)
    s.wait_for("/readyz is 503 and speaks of %s" % " ".join(words), probe, timeout_s)


# -- a batch that is broken on the broker's disk -----------------------------------------------------------------------
def break_batch(broker, topic, partition, offset):
    """The broker is down meanwhile; the batch that begins at OFFSET fails its checksum from now on."""
    broker.stop()
    [path] = broker.directory.glob("**/%s-%d/*.log" % (topic, partition))
    content, at = bytearray(path.read_bytes()), 0
    while at < len(content):
        base, length = struct.unpack_from(">qi", content, at)
        at += 12 + length
        if base == offset:
            content[at - 1] ^= 1
            path.write_bytes(content)
            broker.start()
            return
    raise AssertionError("%s has no batch at %d" % (path, offset))


@scenario()
def a_broken_batch_stops_only_its_partition_says_so_and_is_got_past(s):
    s.use_broker(Broker(s.directory / "kafka"))
    s.create_topic(2)
    start = 1291191960000

    def records(item, n, minutes):
        return [feed.message([data.event(start + minutes * MINUTE_MS + i, item, "paris")], "single") for i in range(n)]
    s.kafka.produce(s.topic, 0, records("before", 10, 0))
    s.kafka.produce(s.topic, 0, records("broken", 10, 1))
    s.kafka.produce(s.topic, 0, records("behind", 10, 20))
    s.kafka.produce(s.topic, 1, records("neighbour", 50, 0))
    feed.seal(s.kafka, s.topic, 2, start + 40 * MINUTE_MS)
    entries = [e for e in s.log() if e.partition == 1 or not 10 <= e.offset < 20]
    break_batch(s.broker, s.topic, 0, 10)
    w, = s.start_workers(1, THREADS=1, READY_AGE=READY_AGE)
    await_not_ready(s, w, s.topic + "/0", "offset 10", "CRC")
    assert w.get("/healthz")[0] == 200
    metrics = w.metrics()
    assert metrics.sum("topkd_partitions_standing_still") == 1
    assert metrics.sum("topkd_lag_seconds", partition="0") > 0
    assert metrics.sum("topkd_events_total", outcome="applied") == 61, "counted again, or a neighbour waits"
    assert metrics.sum("topkd_restores_total") == 2, "a memory was dropped"
    served = s.wait_for("what was read before is shown",
                        lambda: s.served().lists.get(("paris", start // MINUTE_MS)), 20)
    assert dict(served) == {b"before": 10, b"neighbour": 50} or dict(served) == {"before": 10, "neighbour": 50}, served
    lines = w.events("partition_unreadable")
    assert lines and lines[0]["offset"] == "10" and "runbook" in lines[0]["remedy"], lines
    assert len(lines) < 8, "%d lines" % len(lines)

    code = s.terminate(w)
    assert code == 0, "exit %d:\n%s" % (code, w.tail())
    reset_past = ("--to-offset", "20")
    s.wait_for("the group is empty", lambda: s.kafka.group(s.group)[0] in ("Empty", "Dead"), 20)
    s.broker.group_tool("--reset-offsets", "--group", s.group, "--topic", s.topic + ":0", "--execute", *reset_past)
    s.start_workers(1, THREADS=1, READY_AGE=READY_AGE)
    found = s.expect_truth(s.recount(entries), lost=lambda key: key[1] <= start // MINUTE_MS + 22)
    assert found.states["paris", start // MINUTE_MS + 20] == "lost", found.states


# -- stops -------------------------------------------------------------------------------------------------------------
@scenario()
def a_stop_keeps_its_time_whatever_hangs(s):
    """Many members, a broker that accepts and never answers, questions to it under way, then Redis too."""
    s.use_broker(Broker(s.directory / "kafka"))
    s.create_topic(8)
    events = data.sales(4_000)
    fed, timeout_s = 0, 2
    for hangs in ([s.broker], [s.redis], [s.broker, s.redis]):
        w, = s.start_workers(1, THREADS=8, SHUTDOWN_TIMEOUT="%ds" % timeout_s, CHECKPOINT_INTERVAL="60s")
        s.feed(events[fed:fed + 1000])
        fed += 1000
        s.wait_for("they are applied", lambda: w.metrics().sum("topkd_lag_records") == 0
                   and w.metrics().sum("topkd_messages_total") > 0, 20)
        for part in hangs:
            part.freeze()
        s.feed(events[fed:fed + 500]) if s.broker not in hangs else None
        pause(1.5)  # a question to the broker is asked each second
        start = time.monotonic()
        code = s.terminate(w)
        took = time.monotonic() - start
        for part in hangs:
            part.thaw()
        assert code == 1, "exit %d:\n%s" % (code, w.tail())
        assert took < timeout_s + 1, "the stop took %.1f s, SHUTDOWN_TIMEOUT is %d s\n%s" % (took, timeout_s, w.tail())
        [line] = w.events("worker_stopped")
        assert "nothing is lost" in line["why"], line
        s.note("%.1f s", took)
        fed += 500 if s.broker not in hangs else 0
    s.start_workers(1)
    s.seal(events[:fed])
    assert not s.expect_truth(timeout_s=90).lost


# -- waits -------------------------------------------------------------------------------------------------------------
def expect_rest(s, w, what, seconds=5, share=0.2):
    """Next to nothing to do costs next to nothing: a thread that does not wait would take all of a core."""
    before = w.cpu_s()
    pause(seconds)
    used = (w.cpu_s() - before) / seconds
    s.note("%s: %.0f %% of a core", what, used * 100)
    assert used < share, "%s: %.0f %% of a core is used for waiting" % (what, used * 100)


@scenario()
def nobody_spins_while_kafka_is_away(s):
    s.use_broker(Broker(s.directory / "kafka"))
    s.create_topic(4)
    w, = s.start_workers(1, THREADS=4)
    s.feed(data.sales(2_000))
    s.await_stored()
    expect_rest(s, w, "idle")
    s.broker.freeze()
    pause(2)
    expect_rest(s, w, "broker frozen")
    s.broker.thaw()
    s.broker.kill()
    pause(2)
    expect_rest(s, w, "broker gone")
    s.broker.start()


@scenario()
def nobody_spins_while_redis_is_away(s):
    s.create_topic(4)
    w, = s.start_workers(1, THREADS=4, MEMORY_LIMIT="128MB")
    s.feed(data.sales(2_000))
    s.await_stored()
    s.redis.freeze()
    events = bulky(20_000)
    s.feed(events)
    s.wait_for("all are applied, or no more fit in memory",
               lambda: w.metrics().sum("topkd_lag_records") == 0 or w.metrics().sum("topkd_paused_partitions"), 60)
    pause(3)
    expect_rest(s, w, "Redis frozen")
    s.redis.kill()
    pause(3)
    expect_rest(s, w, "Redis gone")
    s.redis.start()


@scenario()
def nobody_spins_while_dead_letters_wait(s):
    s.create_topic(4)
    w, = s.start_workers(1, THREADS=4, DLQ_TOPIC=s.topic + "-nowhere")
    s.kafka.produce(s.topic, 0, [Record(b"not json", 1291191960000)])
    s.wait_for("a dead letter waits", lambda: w.metrics().sum("topkd_dead_letters_waiting") > 0, 20)
    pause(2)
    expect_rest(s, w, "the dead-letter topic is missing")


# -- the alerts of METRICS.md ------------------------------------------------------------------------------------------
@scenario()
def lag_grows_while_a_transaction_is_open_and_the_worker_is_ready(s):
    s.create_topic(4)
    events = data.sales(2_000)
    w, = s.start_workers(1, READY_AGE=READY_AGE)
    s.feed(events)
    s.await_stored()
    producer = Transaction(s.kafka, s.topic + "-open")
    feed.seal(producer, s.topic, 4, feed.after(events))
    s.wait_for("the lag is 10 s in each partition",
               lambda: min(v for _, v in w.metrics().all("topkd_lag_seconds")) > 10, 30)
    assert w.ready(), readyz(w)
    assert w.metrics().sum("topkd_partitions_standing_still") == 0
    producer.commit()
    s.wait_for("no lag is left", lambda: w.metrics().sum("topkd_lag_seconds") == 0, 30)
    s.expect_truth()


@scenario()
def a_redis_that_refuses_writes_is_never_ready(s):
    s.create_topic(4)
    events = data.sales(4_000)
    w, = s.start_workers(1, READY_AGE=READY_AGE)
    s.feed(events[:2_000])
    s.await_stored()
    s.redis("CONFIG", "SET", "min-replicas-to-write", "1")
    s.feed(events[2_000:])
    await_not_ready(s, w, "redis", "NOREPLICAS")
    looks = [readyz(w)[0] for _ in range(60) if pause(0.1) is None]
    assert looks.count(503) == 60, "ready in %d of 60 looks" % looks.count(200)
    s.wait_for("the age of lists grows", lambda: w.metrics().sum("topkd_publish_age_seconds") > 8, 20)
    s.redis("CONFIG", "SET", "min-replicas-to-write", "0")
    w.await_ready()
    assert w.metrics().sum("topkd_publish_age_seconds") < READY_AGE_S
    s.seal(events)
    s.expect_truth()


@scenario()
def a_broker_that_hangs_is_seen_in_every_figure_and_all_is_well_after(s):
    s.use_broker(Broker(s.directory / "kafka"))
    s.create_topic(4)
    events = data.sales(4_000)
    w, = s.start_workers(1, READY_AGE=READY_AGE, RDKAFKA_SESSION_TIMEOUT_MS=60_000)  # it keeps its partitions
    s.feed(events[:2_000])
    s.await_stored()
    s.broker.freeze()

    def told():
        m = w.metrics()
        ages = [m.sum("topkd_commit_age_seconds")] + [v for _, v in m.all("topkd_lag_seconds")]
        if min(ages) <= 10 or len(ages) == 1:
            raise NotYet("seconds since the commit, then lags: %s; healthz %s" % (ages, w.get("/healthz")))
        return True
    s.wait_for("commits and ends are old", told, 40)
    await_not_ready(s, w, "kafka")
    s.broker.thaw()
    s.feed(events[2_000:])
    w.await_ready()
    s.wait_for("nothing is old any more", lambda: w.metrics().sum("topkd_commit_age_seconds") < 5
               and w.metrics().sum("topkd_lag_seconds") == 0, 40)
    s.seal(events)
    s.expect_truth()


@scenario()
def a_worker_without_partitions_is_ready_and_alarms_nobody(s):
    s.create_topic(1)
    s.start_workers(1, THREADS=1)
    spare, = s.start_workers(1, THREADS=1, READY_AGE="1s")
    events = data.sales(1_000)
    s.feed(events)
    pause(5)

    def idle(w):
        return w.metrics().sum("topkd_assigned_partitions") == 0
    [w] = [w for w in s.workers if idle(w)]
    assert w.ready(), readyz(w)
    assert w.metrics().sum("topkd_publish_age_seconds") == 0 and w.metrics().sum("topkd_commit_age_seconds") == 0
    s.seal(events)
    s.expect_truth()
