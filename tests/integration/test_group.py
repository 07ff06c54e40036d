"""Members that join, leave, freeze and come back."""
import data
from scenario import SESSION_S, pause, scenario

MINUTE_MS = 1291191960000


@scenario()
def members_join_and_leave_under_load(s):
    rng = s.use_seed()
    s.create_topic(8)
    events = data.sales(120_000 if s.long_run else 40_000)
    load = s.load(events, seconds=30)
    watch = s.watch_finals()
    s.start_workers(1)
    for _ in range(12 if s.long_run else 5):
        s.start_workers(1, THREADS=rng.choice((1, 2, 3)))
        if len(s.running()) > 2:
            leaver = rng.choice(s.running())
            assert s.terminate(leaver) == 0, "%s left with %d:\n%s" % (leaver.name, leaver.process.returncode,
                                                                      leaver.tail())
    load.join(at_once=True)
    s.seal(events)
    found = s.expect_truth()
    assert not found.lost
    watch.finish(found)


@scenario()
def a_member_frozen_beyond_its_session_comes_back_harmless(s):
    s.create_topic()
    events = data.sales(40_000)
    load = s.load(events, seconds=20)
    frozen, _ = s.start_workers(2)
    for _ in range(3 if s.long_run else 1):
        frozen.freeze()
        s.wait_for("the group has gone on without it",
                   lambda: s.metric("topkd_assigned_partitions") == s.partitions, SESSION_S + 20)
        pause(1)  # the others write under their own fences meanwhile
        frozen.thaw()
        s.wait_for("it is a member again", lambda: frozen.metrics().sum("topkd_assigned_partitions") > 0, 40)
    load.join(at_once=True)
    s.seal(events)
    assert not s.expect_truth().lost


@scenario()
def what_a_frozen_member_had_still_to_send_is_refused(s):
    """It stops between copy and send; others own its partitions and write newer parts; then it wakes and sends."""
    s.create_topic()
    events = [data.event(MINUTE_MS + i, "item%d" % (i % 40), "town%d" % (i % 3)) for i in range(4000)]
    load = s.load(events[:3000], seconds=6)
    sleeper = s.start_worker(fault="before_send:stop:3")
    sleeper.await_stopped()
    assert sleeper.events("fault_hit"), "the log does not show before_send"
    s.start_worker()
    load.join()
    s.await_stored()
    sleeper.thaw()
    newer = s.wait_for("its late copies are answered `newer`",
                       lambda: sleeper.metrics().sum("topkd_contributions_total", result="newer"), 20)
    s.note("%d newer answers", newer)
    s.feed(events[3000:])
    s.seal(events)
    assert not s.expect_truth().lost
