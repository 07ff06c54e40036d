"""kill -9, at random and at named points: no event lost, none counted twice."""
import data
from scenario import pause, scenario

QUICK_SESSION = {"RDKAFKA_SESSION_TIMEOUT_MS": 1500, "RDKAFKA_HEARTBEAT_INTERVAL_MS": 300}
POINTS = ("after_copy", "before_send", "after_answer", "after_note", "before_commit", "after_commit")


def await_somebody_at_work(s):
    s.wait_for("a worker has partitions",
               lambda: any(w.metrics().sum("topkd_assigned_partitions") for w in s.running()), 60)


@scenario()
def twenty_kills_at_random_moments_lose_and_double_nothing(s):
    rng = s.use_seed()
    s.create_topic()
    events = data.sales(300_000 if s.long_run else 60_000)
    load = s.load(events, seconds=90)
    watch = s.watch_finals()
    for _ in range(2):
        s.start_worker(**QUICK_SESSION)
    for _ in range(20):
        await_somebody_at_work(s)
        pause(rng.uniform(0, 1.5))
        s.kill(rng.choice(s.running()))
        s.start_worker(**QUICK_SESSION)
    s.note("%d of %d events were in the log at the last kill", load.sent, len(events))
    load.join(at_once=True)
    s.seal(events)
    found = s.expect_truth()
    assert not found.lost
    watch.finish(found)
    s.expect_exact_audit("--wait", "30s")


@scenario()
def a_kill_at_each_named_point_loses_and_doubles_nothing(s):
    rng = s.use_seed()
    s.create_topic()
    events = data.sales(60_000)
    load = s.load(events, seconds=60)
    s.start_worker(**QUICK_SESSION)
    for point in POINTS:
        w = s.start_worker(fault="%s:kill:%d" % (point, rng.randint(1, 4)), **QUICK_SESSION)
        assert w.await_exit(60) == -9, "%s was to be killed at %s:\n%s" % (w.name, point, w.tail())
        assert [e["point"] for e in w.events("fault_hit")][-1:] == [point], "the log does not show %s" % point
    load.join(at_once=True)
    s.seal(events)
    assert not s.expect_truth().lost


@scenario()
def the_only_worker_dies_and_an_open_minute_survives(s):
    """Everything is in one minute that stays open: what the dead worker counted must be counted anew, not on top."""
    s.create_topic()
    minute_ms = 1291191960000
    events = [data.event(minute_ms + i, "item%d" % (i % 50), "town%d" % (i % 3)) for i in range(3000)]
    w, = s.start_workers(1)
    s.feed(events[:2000])
    s.await_stored()
    s.kill(w)
    s.feed(events[2000:])
    s.start_worker()
    found = s.expect_truth()
    assert set(found.states.values()) == {"ended"}, found
    s.seal(events)
    assert not s.expect_truth().lost
