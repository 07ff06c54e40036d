"""What may be called final: topics that are not there yet, and a Redis that comes back older than it was."""
import data
import feed
from data import MINUTE_MS
from scenario import pause, scenario


def progress(s):
    """Of the board: (life, partition -> the fields of its row)."""
    found = s.redis("HGETALL", s.board + ":progress")
    fields = dict(zip(found[::2], found[1::2]))
    rows = {name: row.split(b";") for name, row in fields.items() if b"/" in name}
    return fields.get(b"life"), rows


@scenario()
def a_snapshot_older_than_the_settle_delay_costs_lists_that_say_so(s):
    """The same Redis by its life, but minutes that were settled since the snapshot are gone: no list of them is called
    final without them. x of the rows is up to where nobody vouches for lists any more."""
    s.redis.stop()
    s.redis.args = ("--dbfilename", "dump.rdb")
    s.redis.start()
    s.create_topic()
    events = data.sales(60_000)
    load = s.load(events, seconds=25)
    s.start_workers(2, SETTLE_DELAY="1s")

    def settled():
        _, rows = progress(s)
        return len(rows) == s.partitions and all(row[2] != b"-" for row in rows.values())
    s.wait_for("every partition has settled minutes", settled, 60)
    s.redis("SAVE")
    before, then = progress(s)

    def settled_since():
        _, now = progress(s)
        return all(int(now[p][2]) > int(then[p][2]) + 60 for p in then)
    s.wait_for("minutes have settled since the snapshot", settled_since, 60)
    s.redis.kill()
    s.redis.start()

    def noticed():
        life, rows = progress(s)
        return life != before and len(rows) == s.partitions and all(row[4] != b"-" for row in rows.values()) and rows
    rows = s.wait_for("it is another Redis to everybody", noticed, 60)
    unsure = max(int(row[4]) for row in rows.values())
    load.join()
    s.seal(events)
    found = s.expect_truth(lost=lambda key: key[1] <= unsure, timeout_s=90)
    assert found.lost, "nothing was lost: the scenario shows nothing"


@scenario()
def a_topic_that_is_not_there_yet_keeps_every_list_open(s):
    """Neither final nor lost without it; and what it brings when it comes is counted, since nothing was closed."""
    later = s.topic + "-later"
    s.create_topic(2)
    worker = s.start_worker(TOPICS=s.topic + "," + later)
    events = data.sales(4000)
    s.feed(events[:3000])
    s.seal(events)
    s.wait_for("lists are served", lambda: len(s.served().lists) > 50, 60)
    s.wait_for("/readyz names the topic",
               lambda: worker.get("/readyz")[0] == 503 and later in worker.get("/readyz")[1], 30)
    pause(8)  # SLACK and SETTLE_DELAY are over
    states = set(s.served().states.values())
    assert states == {"open"}, "lists are %s" % ", ".join(sorted(states))
    s.kafka.create_topic(later, 1)
    feed.send(s.kafka, later, feed.spread(feed.messages(events[3000:], "single", 1), 1))
    feed.seal(s.kafka, later, 1, feed.after(events, 10))

    def all_final():
        states = [state for key, state in s.served().states.items() if key[1] * MINUTE_MS <= events[-1].time_ms]
        return states and all(state == "final" for state in states)
    s.wait_for("every list is final", all_final, 60)
    assert s.metric("topkd_events_total", outcome="applied") >= len(events)
    assert s.metric("topkd_events_total", outcome="late") == 0
