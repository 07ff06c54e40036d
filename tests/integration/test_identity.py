"""Same log, same lists: at any number of workers and threads, and however events are put into messages."""
import platform

import data
import truth
from scenario import scenario
from stack import BIN, program_env, run

SHAPES = ("single", "array", "lines")
THREADS = (1, 2, 4)
WORKERS = (1, 2, 3)


def layouts(s):
    """(shape, threads, workers): all 27, or in the short set nine in which every pair of values meets."""
    for i, shape in enumerate(SHAPES):
        for j, threads in enumerate(THREADS):
            for k, workers in enumerate(WORKERS):
                if s.long_run or (i + j + k) % 3 == 0:
                    yield shape, threads, workers


def expect_same(first, other, what):
    different = {key for key in first.keys() | other.keys() if first.get(key) != other.get(key)}
    assert not different, "%s: %d lists differ in bytes from the first run: %s" % (
        what, len(different), truth.names(different))


def count_with(s, shape, threads, workers, counted):
    """One run with a group and a board of its own; what readers find at its end."""
    s.board = "%s-%d-%d" % (shape, threads, workers)
    s.group = "%s-%s" % (s.topic, s.board)
    started = s.start_workers(workers, THREADS=threads)
    found = s.expect_truth(counted)
    s.expect_outcomes(counted)
    assert not found.lost
    for w in started:
        assert s.terminate(w) == 0, "%s did not end well:\n%s" % (w.name, w.tail())
    return found.served.fingerprint()


@scenario()
def the_lists_are_the_same_bytes_for_any_threads_workers_and_shape(s):
    events = data.sales(200_000 if s.long_run else 15_000)
    base, first, counted = s.topic, None, {}
    for shape, threads, workers in layouts(s):
        s.topic = "%s-%s" % (base, shape)
        if shape not in counted:
            s.create_topic(4)
            s.replay(events, shape)
            s.seal(events)
            counted[shape] = s.recount()
            assert set(counted[shape].outcomes) == {"applied"}
        seen = count_with(s, shape, threads, workers, counted[shape])
        first = first or seen
        expect_same(first, seen, "%s, %d threads, %d workers" % (shape, threads, workers))
    s.notes = ["%d layouts, %d lists each" % (len(list(layouts(s))), len(first))]


def code_paths():
    return ("plain", "sse2") if platform.machine() == "x86_64" else ("plain",)


def drain(s, **more):
    """One run over what is there, with a group and a board of its own; what readers find at its end. Sketches are so
    small that all of them overflow: lists depend on every random number that was drawn."""
    s.board = s.group = "%s-%s" % (s.topic, more.get("TEST_CODE_PATH", "best"))
    worker = s.start_worker(EXIT_AT_END=1, SKETCH_KB=1, LIST_SIZE=64, K=64, **more)
    assert worker.await_exit(120) == 0, worker.tail()
    return s.served().fingerprint()


@scenario()
def the_lists_are_the_same_bytes_on_every_code_path(s):
    s.create_topic(2)
    run(BIN / "topkd-loadgen", "--brokers", s.broker.bootstrap, "--topic", s.topic, "--seed", 7, "--events",
        1_000_000 if s.long_run else 200_000, "--items", 20_000, "--locations", 4, "--likes", 20, "--time",
        "2026-01-01T00:00Z", "--minutes", 6, "--batch", 50, "--partition", "round-robin", env=program_env({}))
    first = drain(s)
    for path in code_paths():
        expect_same(first, drain(s, TEST_CODE_PATH=path), "code path %s" % path)
    s.note("best, %s; %d lists", ", ".join(code_paths()), len(first))
