"""On the embedded broker, for machines without Java: the heart of it, counted and compared in the same way."""
import data
from scenario import scenario


@scenario(real=False)
def the_lists_equal_the_recount_on_the_embedded_broker(s):
    events = data.sales(10_000)
    s.start_workers(2, THREADS=1)
    s.feed(events, "lines")
    s.seal(events)
    found = s.expect_truth()
    assert not found.lost
    s.expect_outcomes(found.counted)


@scenario(real=False)
def a_kill_on_the_embedded_broker_loses_and_doubles_nothing(s):
    events = data.sales(20_000)
    load = s.load(events, seconds=8, shape="array")
    w, = s.start_workers(1)
    s.wait_for("lists are served", lambda: len(s.served().lists) > 50)
    s.kill(w)
    s.start_worker()
    load.join()
    s.seal(events)
    assert not s.expect_truth().lost
