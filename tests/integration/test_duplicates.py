"""Ids that come again while workers die, leave and come: an event counts once for its id, as a recount of the log says.

What the ids were is in the log alone, and minutes that are settled are not counted again for their sake."""
import data
from scenario import pause, scenario

QUICK_SESSION = {"RDKAFKA_SESSION_TIMEOUT_MS": 1500, "RDKAFKA_HEARTBEAT_INTERVAL_MS": 300}
BEGIN_MS = 1291191960000
STEP_MS = 60  # of event time between two events
PARTITIONS = 4


def use_ids(s, **more):
    s.own = {"FIELD_ID": "id", "DEDUP": "5m", **more}


def resent(rng, count, far_ms=8 * 60_000, begin_ms=BEGIN_MS, first_id=0):
    """Events with ids, a third of them said again: soon mostly, now and then after up to FAR_MS.

    They go round about, so some duplicates meet what they repeat in a partition, and others do not."""
    said, events = [], []
    for i in range(count):
        back = int(rng.expovariate(1 / 200)) if rng.random() < 0.7 else rng.randrange(far_ms // STEP_MS)
        ident = said[-1 - back] if rng.random() < 0.33 and back < len(said) else "e%d" % (first_id + i)
        said.append(ident)
        events.append(data.event(begin_ms + i * STEP_MS, "item%d" % rng.randrange(300), "town%d" % rng.randrange(5),
                                 **({} if rng.random() < 0.02 else {"id": ident})))
    return events


def expect_duplicates(s, found, least):
    outcomes = found.counted.outcomes
    assert outcomes["duplicate"] >= least, "only %d of the events came again" % outcomes["duplicate"]
    s.note("%d applied, %d duplicates", outcomes["applied"], outcomes["duplicate"])


def await_somebody_at_work(s):
    s.wait_for("a worker has partitions",
               lambda: any(w.metrics().sum("topkd_assigned_partitions") for w in s.running()), 60)


def expect_exact(s, events, load, watch, least):
    load.join(at_once=True)
    s.seal(events)
    found = s.expect_truth()
    assert not found.lost
    expect_duplicates(s, found, least)
    watch.finish(found)
    s.expect_exact_audit("--wait", "30s")


def kill_at_random(s, events, kills, seconds):
    load, watch = s.load(events, seconds=seconds), s.watch_finals()
    for _ in range(2):
        s.start_worker(**QUICK_SESSION)
    for _ in range(kills):
        await_somebody_at_work(s)
        pause(s.rng.uniform(0, 1.5))
        s.kill(s.rng.choice(s.running()))
        s.start_worker(**QUICK_SESSION)
    return load, watch


@scenario()
def kills_at_random_moments_neither_forget_nor_invent_an_id(s):
    rng = s.use_seed()
    use_ids(s)
    s.create_topic(PARTITIONS)
    events = resent(rng, 120_000 if s.long_run else 40_000)
    load, watch = kill_at_random(s, events, 20 if s.long_run else 8, 40)
    expect_exact(s, events, load, watch, len(events) // 20)


@scenario()
def a_limit_of_ids_holds_over_kills(s):
    """So few that they are what limits: which ids are the last ones is the same for every reader."""
    rng = s.use_seed()
    use_ids(s, DEDUP_IDS_MAX=300)
    s.create_topic(PARTITIONS)
    events = resent(rng, 30_000)
    load, watch = kill_at_random(s, events, 6, 30)
    s.wait_for("ids are forgotten early", lambda: s.metric("topkd_ids_forgotten_early_total") > 0)
    assert s.metric("topkd_ids_remembered") <= 300 * PARTITIONS
    expect_exact(s, events, load, watch, len(events) // 20)


@scenario()
def ids_go_with_their_partition(s):
    """Members join and leave: who gets a partition knows the ids that another one saw."""
    rng = s.use_seed()
    use_ids(s)
    s.create_topic(8)
    events = resent(rng, 40_000)
    load, watch = s.load(events, seconds=30), s.watch_finals()
    s.start_workers(1)
    for _ in range(5):
        s.start_workers(1, THREADS=rng.choice((1, 2, 3)))
        if len(s.running()) > 2:
            leaver = rng.choice(s.running())
            assert s.terminate(leaver) == 0, "%s left with %d" % (leaver.name, leaver.process.returncode)
    expect_exact(s, events, load, watch, len(events) // 50)


@scenario()
def ids_of_settled_minutes_are_known_after_a_restart(s):
    """Everything is final, and the worker is killed. The next one reads the ids again, and none of what was counted."""
    rng = s.use_seed()
    use_ids(s, DEDUP="1h")
    s.create_topic(PARTITIONS)
    first = resent(rng, 3000)
    worker, = s.start_workers(1)
    s.feed(first)
    s.seal(first, minutes=3)
    s.await_final()
    before = s.recount().outcomes
    s.kill(worker)
    again = [data.event(BEGIN_MS + 20 * 60_000 + i, "late%d" % (i % 7), "town0", id="e%d" % i) for i in range(3000)]
    s.start_workers(1)
    s.feed(again)
    s.seal(again)
    found = s.expect_truth()
    assert not found.lost
    came = found.counted.outcomes["duplicate"] - before["duplicate"]
    assert came > 500, "of %d events only %d were known" % (len(again), came)
    s.note("%d of %d that came again were known", came, len(again))
    s.expect_exact_audit("--wait", "30s")
