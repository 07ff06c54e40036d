"""The broker goes away and comes back. These have a broker of their own."""
import data
from cluster import Cluster
from scenario import pause, scenario
from stack import Broker


def broker_away_under_load(s, away):
    s.use_broker(Broker(s.directory / "kafka"))
    s.create_topic()
    events = data.sales(40_000)
    load = s.load(events, seconds=15)
    workers = s.start_workers(2)
    s.wait_for("lists are served", lambda: len(s.served().lists) > 100)
    away()
    pause(10 if s.long_run else 4)
    s.wait_for("/readyz is 503", lambda: all(w.get("/readyz")[0] == 503 for w in workers), 60)
    assert all(w.get("/healthz")[0] == 200 for w in workers)
    s.broker.start()
    load.join(at_once=True)
    s.seal(events)
    assert not s.expect_truth(timeout_s=90).lost
    for w in workers:
        w.await_ready()


@scenario()
def a_broker_stopped_and_started_under_load_costs_nothing(s):
    broker_away_under_load(s, lambda: s.broker.stop())


@scenario()
def a_broker_killed_and_started_under_load_costs_nothing(s):
    broker_away_under_load(s, lambda: s.broker.kill())


@scenario()
def what_is_missing_at_start_is_awaited_and_named(s):
    w = s.start_worker()  # the topic does not exist yet
    s.wait_for("/readyz is 503 and speaks of the topic",
               lambda: w.get("/readyz")[0] == 503 and "topic" in w.get("/readyz")[1], 20)
    assert w.get("/healthz")[0] == 200
    s.create_topic()
    w.await_ready()
    events = data.sales(2000)
    s.feed(events)
    s.seal(events)
    s.expect_truth()


@scenario(long=True)
def three_brokers_killed_in_turn_and_no_quorum_for_seconds_cost_nothing(s):
    s.use_broker(Cluster(s.directory / "kafka"))
    s.create_topic(6)
    events = data.sales(60_000)
    load = s.load(events, seconds=900)  # longer than all this takes; the rest goes at once
    watch = s.watch_finals()
    workers = s.start_workers(2)
    s.wait_for("lists are served", lambda: len(s.served().lists) > 100)

    def await_events(what):
        before = s.metric("topkd_events_total")
        s.wait_for(what, lambda: s.metric("topkd_events_total") > before, 60)

    def all_in_sync():
        return all(len(in_sync) == 3 for _, in_sync in s.kafka.replicas_of(s.topic).values())

    for number in (1, 2, 3):
        s.broker.kill(number)
        s.wait_for("the others lead", lambda: number not in s.kafka.leaders(s.topic).values(), 60)
        await_events("events are read from the others")
        s.broker.start()
        s.wait_for("every copy is in sync", all_in_sync, 120)
    s.broker.kill(1, 2)  # what is left of three leads nothing new and takes no write
    sent = load.sent
    pause(10)
    assert load.running() and load.sent <= sent + 10, "%d records were taken without a quorum" % (load.sent - sent)
    assert all(w.get("/healthz")[0] == 200 for w in workers)
    s.broker.start()
    await_events("events are read again")
    load.join(at_once=True)
    s.seal(events)
    found = s.expect_truth(timeout_s=120)
    assert not found.lost
    watch.finish(found)
    for w in workers:
        w.await_ready()
