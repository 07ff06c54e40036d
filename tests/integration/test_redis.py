"""Redis away, frozen, emptied, set back, full or unfit."""
import data
from data import MINUTE_MS
from scenario import pause, scenario
from wait import NotYet


def settled_until(s):
    """The newest minute that any partition had settled when it found that Redis forgot, as its first row since says:
    what the loss may take."""
    def rows():
        found = s.redis("HGETALL", s.board + ":progress")
        rows = [row for name, row in zip(found[::2], found[1::2]) if b"/" in name]
        return rows if len(rows) == s.partitions else None
    rows = s.wait_for("every partition has a row again", rows, 30)
    return max(int(row.split(b";")[2]) for row in rows)


def await_settled_minutes(s):
    """Until every partition has settled some minutes, as a rewind offset in its commit says that is not 0 any more:
    nobody will have them in memory again."""
    def probe():
        commits = s.kafka.commits(s.group, s.topic, s.partitions).values()
        rewinds = [int(metadata.split(";")[6]) for _, metadata in commits]
        final = sum(state == "final" for state in s.served().states.values())
        return len(rewinds) == s.partitions and all(rewinds) and final > 100
    s.wait_for("minutes are settled and lists final", probe, 60)


def expect_truth_above(s, minute):
    """Lists of minutes that were settled when Redis forgot may be lost or gone; all others are there and exact."""
    found = s.expect_truth(lost=lambda key: key[1] <= minute)
    vouched = [key for key in found.states if key[1] > minute]
    assert vouched, "every list was settled before the loss: the scenario shows nothing"
    assert s.metric("topkd_redirty_total") > 0
    return found


def lose_everything_under_load(s, lose):
    s.create_topic()
    events = data.sales(60_000)
    load = s.load(events, seconds=20)
    s.start_workers(2, SETTLE_DELAY="2s")  # long enough to look at the settled minutes before they go on
    await_settled_minutes(s)
    lose()
    minute = settled_until(s)
    load.join()
    s.seal(events)
    found = expect_truth_above(s, minute)
    gone = sum(1 for key in found.counted.lists if key not in found.served.lists or key in found.lost)
    assert gone, "nothing was lost: the scenario shows nothing"
    s.note("%d lists were settled and gone with Redis", gone)


@scenario()
def flushall_under_load_loses_only_what_was_settled(s):
    lose_everything_under_load(s, lambda: s.redis("FLUSHALL"))


@scenario()
def redis_killed_and_restarted_empty_loses_only_what_was_settled(s):
    def lose():
        s.redis.kill()
        s.redis.start()
    lose_everything_under_load(s, lose)


@scenario()
def redis_set_back_by_less_than_the_settle_delay_loses_nothing(s):
    """As a failover does: the same Redis, by its life, but its last seconds are missing."""
    s.redis.stop()
    s.redis.args = ("--dbfilename", "dump.rdb")
    s.redis.start()
    s.create_topic()
    events = data.sales(60_000)
    load = s.load(events, seconds=25)
    s.start_workers(2, SETTLE_DELAY="10s")
    s.wait_for("lists are served", lambda: len(s.served().lists) > 200, 60)
    s.redis("SAVE")
    pause(3)  # what is written now will be missing
    s.redis.kill()
    s.redis.start()
    load.join()
    s.seal(events)
    assert not s.expect_truth(timeout_s=90).lost
    assert s.metric("topkd_redirty_total") > 0


@scenario()
def redis_stopped_for_a_while_under_load_loses_nothing(s):
    s.create_topic()
    events = data.sales(40_000)
    load = s.load(events, seconds=15)
    s.redis.stop()
    workers = [s.start_worker() for _ in range(2)]
    s.wait_for("/readyz is 503 and names Redis",
               lambda: all(w.get("/readyz")[0] == 503 and "redis" in w.get("/readyz")[1].lower() for w in workers), 20)
    s.redis.start()
    for w in workers:
        w.await_ready()
    load.join()
    s.seal(events)
    assert not s.expect_truth().lost


def bulky(count, per_minute=10):
    """Many small buckets, each with a long id: memory fills, and none has to grow where it may not any more."""
    start = 1291191960000
    return [data.event(start + i // per_minute * MINUTE_MS + i % per_minute, "%0240d" % i, "place%d" % (i % 997))
            for i in range(count)]


@scenario()
def redis_frozen_under_load_pauses_within_the_memory_and_nobody_leaves(s):
    limit = 128 << 20
    s.create_topic()
    workers = s.start_workers(2, MEMORY_LIMIT="128MB", RDKAFKA_MAX_POLL_INTERVAL_MS=6000)
    events = bulky(150_000 if s.long_run else 40_000)
    s.feed(events[:400])
    s.await_stored()  # a partition whose row was never read could not even commit
    members = s.kafka.group(s.group)
    rebalances = s.metric("topkd_rebalances_total")
    s.redis.freeze()
    load = s.load(events[400:], seconds=5, shape="lines", batch=50)
    largest = 0

    def full():
        nonlocal largest
        largest = max([largest] + [w.rss_bytes() for w in workers])
        paused = [int(w.metrics().sum("topkd_paused_partitions")) for w in workers]
        if not all(paused):
            raise NotYet("paused %s, bytes of buckets %s" % (paused, [w.metrics().sum("topkd_sketch_bytes")
                                                                     for w in workers]))
        return True
    s.wait_for("both workers pause at the memory bound", full, 60)
    load.join()
    pause(120 if s.long_run else 8)  # longer than max.poll.interval.ms: a worker that blocked would be put out
    expect_true_lag(s)
    assert full(), "a worker went on without memory"
    assert s.kafka.group(s.group) == members, "the group was %s, is %s" % (members, s.kafka.group(s.group))
    assert s.metric("topkd_rebalances_total") == rebalances
    assert largest < limit, "RSS %d MB of 128" % (largest >> 20)
    s.note("largest RSS %d MB", largest >> 20)
    s.redis.thaw()
    s.seal(events)
    found = s.expect_truth(timeout_s=120)
    assert not found.lost


def expect_true_lag(s):
    """Lag by metric is lag by Kafka's own tool, and the position's lag is what the broker's end says."""
    def equal():
        tool = s.broker.lag_by_tool(s.group)
        ends = s.kafka.ends(s.topic, s.partitions)
        for w in s.running():
            for labels, value in w.metrics().all("topkd_committed_lag_records"):
                place = labels["topic"], int(labels["partition"])
                by_tool = tool[place][2]
                assert value == by_tool, "%s: committed lag %d, the tool says %d" % (place, value, by_tool)
                position = w.metrics().sum("topkd_position_offset", **labels)
                lag = w.metrics().sum("topkd_lag_records", **labels)
                assert lag == ends[place[1]] - position, "%s: lag %d, end %d, position %d" % (
                    place, lag, ends[place[1]], position)
        return len(tool) == s.partitions
    last = None
    for _ in range(5):  # the watermarks of the metrics are some seconds old
        try:
            return equal()
        except AssertionError as e:
            last = e
            pause(2)
    raise last


@scenario()
def a_full_redis_stops_nothing_for_good(s):
    s.create_topic()
    events = data.sales(60_000)
    load = s.load(events, seconds=15)
    workers = s.start_workers(2)
    await_settled_minutes(s)
    s.redis("CONFIG", "SET", "maxmemory", int(s.redis("INFO", "memory").split(b"used_memory:")[1].split()[0]) + 500_000)
    s.wait_for("Redis is full, and the metrics say so", lambda: s.metric("topkd_redis_errors_total", kind="oom") > 0)
    load.join()
    pause(2)
    assert all(w.running() for w in workers)
    s.redis("CONFIG", "SET", "maxmemory", 0)
    s.seal(events)
    assert not s.expect_truth().lost


@scenario()
def a_redis_that_may_evict_is_refused(s):
    s.create_topic()
    s.redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    w = s.start_worker()
    w.may_end = True
    assert w.await_exit(30) == 2, "exit %d:\n%s" % (w.process.returncode, w.tail())
    assert "noeviction" in w.log_text(), "the log does not name the remedy:\n" + w.tail()
    s.start_workers(1, ALLOW_EVICTION=1)


@scenario()
def two_groups_on_one_board_are_refused(s):
    s.create_topic()
    events = data.sales(500)
    s.feed(events)
    s.start_workers(1)
    s.await_stored()
    w = s.start_worker(GROUP=s.group + "-other")
    w.may_end = True
    assert w.await_exit(40) in (1, 2), w.tail()
    assert s.group in w.log_text(), "the log does not name the board's group:\n" + w.tail()
    s.seal(events)
    s.expect_truth()
