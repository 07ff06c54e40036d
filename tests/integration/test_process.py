"""How the worker begins and ends, and what it says of itself."""
import subprocess
import time

import data
import truth
from scenario import pause, scenario
from stack import BIN, program_env
from test_redis import expect_true_lag


def run_topkd(*args, **env):
    return subprocess.run([str(BIN / "topkd"), *args], env=program_env(env), timeout=20, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@scenario(real=False)
def all_configuration_errors_are_told_at_once_with_exit_2(s):
    done = run_topkd(K="0", LATENESS="5", REDIS="http://x", NONSENSE="1", WEIGHTS="view=many", THREADS="two",
                     RDKAFKA_ENABLE_AUTO_COMMIT="true")
    assert done.returncode == 2, "exit %d\n%s" % (done.returncode, done.stdout)
    for name in ("K", "LATENESS", "REDIS", "NONSENSE", "WEIGHTS", "THREADS", "RDKAFKA_ENABLE_AUTO_COMMIT"):
        assert "TOPKD_" + name in done.stdout, "TOPKD_%s is not named:\n%s" % (name, done.stdout)


@scenario(real=False)
def help_and_version_are_answered(s):
    done = run_topkd("--help")
    assert done.returncode == 0 and "TOPKD_SETTLE_DELAY" in done.stdout, done.stdout
    assert run_topkd("--version").returncode == 0


@scenario()
def exit_at_end_in_several_processes_leaves_all_stored_and_committed(s):
    s.create_topic(4)
    events = data.sales(30_000)
    s.feed(events)
    s.seal(events)
    ends = s.kafka.ends(s.topic, 4)
    workers = [s.start_worker(EXIT_AT_END=1) for _ in range(2)]
    for w in workers:
        assert w.await_exit(90) == 0, "%s ended with %d:\n%s" % (w.name, w.process.returncode, w.tail())
    commits = {p: offset for p, (offset, _) in s.kafka.commits(s.group, s.topic, 4).items()}
    assert commits == ends, "committed %s, ends %s" % (commits, ends)
    found = truth.Comparison(s.recount().lists, s.served(), 100)
    assert not found.problems(), "\n".join(found.problems())
    assert not found.lost
    s.note("%s", found)


@scenario()
def a_stop_under_load_is_quick_and_leaves_nothing_behind(s):
    s.create_topic(4)
    events = data.sales(40_000)
    load = s.load(events, seconds=8)
    w, = s.start_workers(1)
    for _ in range(3):
        pause(1)
        start = time.monotonic()
        code = s.terminate(w)
        assert code == 0, "exit %d:\n%s" % (code, w.tail())
        assert time.monotonic() - start < 10, "the stop took longer than SHUTDOWN_TIMEOUT"
        w, = s.start_workers(1)
    load.join()
    s.seal(events)
    assert not s.expect_truth().lost


@scenario()
def a_stop_without_redis_ends_in_time_with_1_and_loses_nothing(s):
    s.create_topic(4)
    events = data.sales(20_000)
    w, = s.start_workers(1, SHUTDOWN_TIMEOUT="3s")
    s.feed(events[:10_000])
    s.await_stored()
    s.redis.freeze()
    s.feed(events[10_000:])
    s.wait_for("they are applied, though not stored",
               lambda: s.metric("topkd_events_total", outcome="applied") == len(events), 20)
    start = time.monotonic()
    code = s.terminate(w)
    took = time.monotonic() - start
    s.redis.thaw()
    assert code == 1, "exit %d:\n%s" % (code, w.tail())
    assert took < 5, "the stop took %.1f s, SHUTDOWN_TIMEOUT is 3 s" % took
    s.start_workers(1)
    s.seal(events)
    assert not s.expect_truth().lost


@scenario()
def lag_at_rest_is_what_kafkas_own_tool_says(s):
    s.create_topic(4)
    events = data.sales(10_000)
    s.start_workers(2)
    s.feed(events)
    s.await_stored()
    expect_true_lag(s)
    assert s.metric("topkd_lag_records") == 0
    assert s.metric("topkd_committed_lag_records") == 0
    s.seal(events)
    s.expect_truth()


@scenario()
def the_audit_agrees_and_sees_a_count_that_was_tampered_with(s):
    s.create_topic(4)
    events = data.sales(10_000)
    s.start_workers(2)
    s.feed(events)
    s.seal(events)
    found = s.expect_truth()
    s.expect_exact_audit("--wait", "30s")
    location, minute = max(found.served.lists, key=lambda key: len(found.served.lists[key]))
    key = found.served.key(location, truth.minute_text(minute))
    s.redis("ZINCRBY", key, 1, found.served.lists[location, minute][0][0])
    try:
        s.expect_exact_audit("--wait", "30s")
    except AssertionError:
        return
    raise AssertionError("the audit did not see that %s was changed" % key)
