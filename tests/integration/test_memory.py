"""MEMORY_LIMIT is true for the whole process: a backlog many times as large is read at full speed, the kernel holds the
limit against it where it lets us, and everything is counted all the same."""
import os
import re
import resource
from pathlib import Path

from data import MINUTE_MS, event
from scenario import pause, scenario
from stack import BIN, program_env, run
from wire import Record

MB = 1 << 20
EVENTS, MINUTES = 500_000, 10
ITEMS, LOCATIONS = 200, 20_000


# -- limits of the kernel --------------------------------------------------------------------------------------------

class MemoryGroup:
    """A memory cgroup, of either version, with room for LIMIT bytes; raises OSError where there is none for us."""
    PLACES = ((Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"), (Path("/sys/fs/cgroup"), "memory.max"))

    def __init__(self, limit):
        mounted = [place for place in self.PLACES if (place[0] / "cgroup.procs").exists()]
        if not mounted:
            raise OSError("no memory cgroups")
        root, file = mounted[0]
        self.path = root / ("topkd-test-%d-%d" % (os.getpid(), id(self)))
        self.path.mkdir()
        try:
            if not (self.path / file).exists():
                raise OSError("memory is not among the cgroup's controllers")
            (self.path / file).write_text(str(limit))
        except OSError:
            self.path.rmdir()
            raise

    def add(self, pid):
        (self.path / "cgroup.procs").write_text(str(pid))

    def close(self):
        self.path.rmdir()


def limit_data(pid, limit):
    """No memory beyond LIMIT. The kernel counts a thread's stack in full, though little of it is ever touched."""
    threads = len(os.listdir("/proc/%d/task" % pid))
    stack, _ = resource.prlimit(pid, resource.RLIMIT_STACK)
    room = limit + threads * (8 * MB if stack == resource.RLIM_INFINITY else stack)
    resource.prlimit(pid, resource.RLIMIT_DATA, (room, room))


def hold(s, worker, limit):
    """Returns what is to be closed when WORKER has ended."""
    try:
        group = MemoryGroup(limit)
    except OSError as e:
        worker.await_ready()
        limit_data(worker.process.pid, limit)
        s.note("held by RLIMIT_DATA (%s)", e)
        return None
    group.add(worker.process.pid)
    s.note("held by a cgroup")
    return group


# -- what is read ----------------------------------------------------------------------------------------------------

def fill(s, batch):
    """History of MINUTES in so many LOCATIONS that most see a few events a minute, the largest thousands."""
    run(BIN / "topkd-loadgen", "--brokers", s.broker.bootstrap, "--topic", s.topic, "--events", EVENTS, "--batch",
        batch, "--items", ITEMS, "--locations", LOCATIONS, "--time", "2026-01-01T00:00Z", "--minutes", MINUTES,
        "--partition", "round-robin", "--stats-interval", "0s", env=program_env({}))


def peak_mb(worker):
    status = Path("/proc/%d/status" % worker.process.pid).read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


class LastSecond:
    """When the history ends, for seal()."""
    time_ms = 1767225600000 + MINUTES * 60_000 - 1000


def read_within(s, limit_mb, batch, meanwhile=lambda worker: None):
    s.create_topic(4)
    fill(s, batch)
    worker = s.start_worker(MEMORY_LIMIT="%dMB" % limit_mb)
    group = hold(s, worker, limit_mb * MB)
    try:
        meanwhile(worker)
        s.seal([LastSecond], 2)
        s.await_consumed(120)
        s.expect_truth(timeout_s=180)
        s.note("peak %.0f of %d MB", peak_mb(worker), limit_mb)
        assert peak_mb(worker) < limit_mb, "%.0f MB of %d" % (peak_mb(worker), limit_mb)
        assert s.metric("topkd_sketch_growth_refused_total") == 0
    finally:
        s.terminate(worker)
        if group:
            group.close()


@scenario()
def a_backlog_of_large_messages_is_read_within_128_mb(s):
    read_within(s, 128, batch=100)


@scenario(long=True)
def a_backlog_of_large_messages_is_read_within_256_mb(s):
    read_within(s, 256, batch=100)


@scenario(long=True)
def a_backlog_of_single_events_is_read_within_128_mb(s):
    read_within(s, 128, batch=1)


@scenario()
def a_backlog_of_single_events_is_read_within_256_mb(s):
    read_within(s, 256, batch=1)


@scenario(long=True)
def without_redis_the_worker_stops_reading_within_128_mb(s):
    def stop_redis(worker):
        s.redis.freeze()
        s.wait_for("it reads no further", lambda: s.metric("topkd_paused_partitions") == 4, 60)
        pause(5)  # what was on its way arrives
        s.redis.thaw()
    read_within(s, 128, 100, stop_redis)


# -- a flood of locations -----------------------------------------------------------------------------------------

FLOOD_MS = LastSecond.time_ms // MINUTE_MS * MINUTE_MS


def flood(s, locations):
    """A new location with each event, all in one minute; every tenth event is of one of the first ten locations."""
    texts = [event(FLOOD_MS, "v%d" % (i % 7), "place %d" % (i % 100 // 10 if i % 10 == 0 else i)).text
             for i in range(locations)]
    messages = [Record(b"[" + b",".join(texts[i:i + 100]) + b"]", FLOOD_MS) for i in range(0, locations, 100)]
    for i in range(0, len(messages), 100):
        s.kafka.produce(s.topic, 0, messages[i:i + 100])


def held_worker(s, limit_mb, **settings):
    worker = s.start_worker(MEMORY_LIMIT="%dMB" % limit_mb, THREADS=1, **settings)
    return worker, hold(s, worker, limit_mb * MB)


def expect_peak_below(s, worker, limit_mb):
    s.note("peak %.0f of %d MB", peak_mb(worker), limit_mb)
    assert peak_mb(worker) < limit_mb, "%.0f MB of %d" % (peak_mb(worker), limit_mb)


@scenario()
def a_flood_of_locations_is_counted_within_128_mb(s):
    """The first that come have lists, the others count globally, and a restart takes the same ones again."""
    s.create_topic(1)
    flood(s, 600_000)
    first, group = held_worker(s, 128)
    s.await_stored(120)
    s.expect_outcomes(s.recount())
    expect_peak_below(s, first, 128)
    s.kill(first)
    if group:
        group.close()
    second, group = held_worker(s, 128)
    try:
        second.await_ready()
        s.seal([LastSecond], 2)
        found = s.expect_truth(timeout_s=180)
        assert found.counted.outcomes["many_locations"] > 500_000, found.counted.outcomes
        assert len(found.served.lists) == 20_000 + 1 + 1 + 1, len(found.served.lists)  # all of it, and the seal's two
        expect_peak_below(s, second, 128)
        s.expect_exact_audit()
    finally:
        s.terminate(second)
        if group:
            group.close()


@scenario(long=True)
def open_minutes_that_need_more_than_128_mb_stop_reading_and_lose_nothing(s):
    s.create_topic(1)
    flood(s, 150_000)
    first, group = held_worker(s, 128, LOCATIONS_MAX=1_000_000)
    s.wait_for("it reads no further", lambda: s.metric("topkd_paused_partitions") == 1, 60)
    assert first.events("memory_exhausted"), first.tail()
    pause(5)  # it keeps to it
    assert s.metric("topkd_lag_records") > 0
    expect_peak_below(s, first, 128)
    s.terminate(first)
    if group:
        group.close()
    s.start_workers(1, MEMORY_LIMIT="1GB", LOCATIONS_MAX=1_000_000)
    s.seal([LastSecond], 2)
    found = s.expect_truth(s.recount(LOCATIONS_MAX=1_000_000), timeout_s=300)
    assert found.counted.outcomes["applied"] == 150_002 - 1, found.counted.outcomes
