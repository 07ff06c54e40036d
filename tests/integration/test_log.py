"""What others do to the topic and to the group's offsets."""
import data
import truth
from data import MINUTE_MS
from scenario import pause, scenario
from wire import KafkaError, Transaction
import feed


def minute(time_ms):
    return time_ms // MINUTE_MS


def last_minute(events):
    return minute(max(e.time_ms for e in events))


def later(events, gap_minutes, count, skip):
    """COUNT sales, moved so that the first is GAP_MINUTES after the last of EVENTS."""
    fresh = data.sales(count, skip)
    shift = (last_minute(events) + gap_minutes - minute(fresh[0].time_ms)) * MINUTE_MS
    return [data.Event(e.time_ms + shift, e.text.replace(b"%d" % e.time_ms, b"%d" % (e.time_ms + shift)))
            for e in fresh]


def both(old, new):
    """The recount of two logs, or of one log under two configurations, whose minutes are apart."""
    apart = old.lists.keys() & new.lists.keys()
    assert not apart, "the scenario mixes minutes: " + truth.names(apart)
    new.lists.update(old.lists)
    return new


@scenario()
def partitions_added_while_running_are_counted_from_their_beginning(s):
    s.create_topic(4)
    events = data.sales(40_000)
    load = s.load(events[:20_000], seconds=6)
    s.start_workers(2)
    s.wait_for("lists are served", lambda: len(s.served().lists) > 50)
    s.kafka.grow_topic(s.topic, 7)
    load.join()
    s.partitions = 7
    load = s.load(events[20_000:], seconds=4)
    load.join()
    s.seal(events)
    assert not s.expect_truth().lost


@scenario()
def retention_past_the_rewind_offset_costs_only_lists_that_say_so(s):
    """While nobody runs, the log is cut: in two partitions beyond the frontier, in one between rewind and frontier."""
    s.create_topic(4)
    events = data.sales(20_000)
    end = max(e.time_ms for e in events) + MINUTE_MS
    crowd = [data.event(end, "item%d" % (i % 90), "crowd") for i in range(800)]
    s.start_workers(1)
    s.feed(events + crowd)
    s.await_final()
    s.kill(s.workers[-1])
    frontier = {p: offset for p, (offset, _) in s.kafka.commits(s.group, s.topic, 4).items()}
    more = later(crowd, 5, 20_000, skip=20_000)
    s.feed(more)
    entries = s.log()
    cut = {0: frontier[0] + 50, 1: frontier[1] + 70, 2: frontier[2] - 50}
    s.kafka.delete_records(s.topic, cut)
    first_left = max(e.time_ms for e in entries if e.offset == cut.get(e.partition))
    doubtful = max(minute(end), minute(first_left)) + 2
    s.start_workers(1)
    s.wait_for("the lost records are counted", lambda: s.metric("topkd_log_lost_records_total") == 120)
    s.seal(more)
    ends = {e.partition: e.offset for e in entries}
    entries += [e for e in s.log() if e.offset > ends[e.partition]]
    found = s.expect_truth(s.recount(entries), lost=lambda key: minute(end) - 1 <= key[1] <= doubtful)
    state = found.states["crowd", minute(end)]
    assert state == "lost", "a list that lacks events is %s" % state


def make_anew(s):
    s.kafka.delete_topic(s.topic)
    s.wait_for("the topic is gone", lambda: gone(s), 20)
    s.create_topic(4)


def gone(s):
    try:
        s.kafka.leaders(s.topic)
    except KafkaError as e:
        return e.code == 3
    return False


def recreated(s, while_away):
    """Two logs under one name. All that was final stays; the second log is counted from its beginning."""
    s.create_topic(4)
    events = data.sales(15_000)
    w, = s.start_workers(1)
    s.feed(events)
    s.seal(events)
    old = s.expect_truth().counted
    tail = minute(feed.after(events))
    if while_away:
        assert s.terminate(w) == 0
    make_anew(s)
    more = later(events, 30, 8_000, skip=20_000)
    if while_away:
        w, = s.start_workers(1)
    s.feed(more)
    s.seal(more)
    new = s.recount()
    found = s.expect_truth(both(old, new), lost=lambda key: tail <= key[1] <= tail + 2)
    read = new.messages + (0 if while_away else old.messages)
    assert s.metric("topkd_messages_total") == read, "%d messages counted" % s.metric("topkd_messages_total")
    assert all(state == "final" for key, state in found.states.items() if key[1] < tail)


@scenario()
def a_topic_deleted_and_made_again_while_running_is_a_new_log(s):
    recreated(s, while_away=False)


@scenario()
def a_topic_deleted_and_made_again_while_nobody_runs_is_a_new_log(s):
    recreated(s, while_away=True)


@scenario()
def aborted_transactions_are_not_counted_and_lag_reaches_zero(s):
    rng = s.use_seed()
    s.create_topic(4)
    events = data.sales(12_000)
    s.start_workers(1)
    producers = [Transaction(s.kafka, "%s-%d" % (s.topic, i)) for i in range(2)]
    aborted = 0
    for i in range(0, len(events), 400):
        part = s.place(events[i:i + 400])
        producer, commit = rng.choice(producers), rng.random() < 0.6
        for partition in range(4):
            producer.produce(s.topic, partition, [r for p, r in part if p == partition])
        if commit:
            producer.commit()
        else:
            producer.abort()
            aborted += 400
    feed.seal(producers[0], s.topic, 4, feed.after(events))  # a transaction, too, and left open for now
    entries = s.log()
    assert aborted and len(entries) == len(events) - aborted, "kcat saw %d of %d" % (len(entries), len(events))
    s.wait_for("all that is committed is applied",
               lambda: s.metric("topkd_events_total", outcome="applied") == len(entries))
    producers[0].abort()
    for p in range(4):
        producers[1].produce(s.topic, p, [feed.message([data.event(feed.after(events), "seal", feed.SEAL)], "single")])
    producers[1].commit()
    found = s.expect_truth()
    assert not found.lost
    s.expect_outcomes(found.counted)
    lag = {place: row[2] for place, row in s.broker.lag_by_tool(s.group).items()}
    assert lag and not any(lag.values()), "lag by Kafka's own tool: %s" % lag
    s.note("%d events aborted", aborted)


def reset(s, *how):
    s.wait_for("the group is empty", lambda: s.kafka.group(s.group)[0] in ("Empty", "Dead"), 20)
    s.broker.group_tool("--reset-offsets", "--group", s.group, "--topic", s.topic, "--execute", *how)


@scenario()
def an_operators_reset_to_the_beginning_counts_nothing_twice(s):
    s.create_topic(4)
    events = data.sales(20_000)
    w, = s.start_workers(1)
    s.feed(events[:15_000])
    s.await_stored()
    assert s.terminate(w) == 0
    reset(s, "--to-earliest")
    w, = s.start_workers(1)
    s.feed(events[15_000:])
    s.seal(events)
    assert not s.expect_truth().lost


@scenario()
def an_operators_reset_some_way_back_counts_nothing_twice(s):
    s.create_topic(4)
    events = data.sales(20_000)
    w, = s.start_workers(1)
    s.feed(events[:15_000])
    s.await_final()
    assert s.terminate(w) == 0
    reset(s, "--shift-by", "-600")
    oldest = min(e.time_ms for e in events[15_000 - 2400 - 4:15_000])
    s.start_workers(1)
    s.feed(events[15_000:])
    s.seal(events)
    # The lists around the new position were not rebuilt from their first event: final before, or lost now.
    found = s.expect_truth(lost=lambda key: minute(oldest) - 2 <= key[1] <= minute(events[14_999].time_ms) + 2)
    assert found.equal > len(found.states) / 2, found


@scenario()
def an_operators_reset_to_the_end_skips_and_says_lost_where_it_cannot_know(s):
    s.create_topic(4)
    events = data.sales(10_000)
    w, = s.start_workers(1)
    s.feed(events)
    s.await_final()
    assert s.terminate(w) == 0
    before = s.log()
    skipped = later(events, 5, 4_000, skip=10_000)
    s.feed(skipped)
    ends = s.kafka.ends(s.topic, 4)
    reset(s, "--to-latest")
    w, = s.start_workers(1)
    more = later(skipped, 5, 10_000, skip=20_000)
    s.feed(more)
    s.seal(more)
    entries = before + [e for e in s.log() if e.offset >= ends[e.partition]]
    found = s.expect_truth(s.recount(entries), lost=lambda key: key[1] <= last_minute(skipped) + 2)
    assert found.equal > len(found.states) / 3, found


@scenario()
def start_latest_counts_only_what_comes_after(s):
    s.create_topic(4)
    events = data.sales(5_000)
    s.feed(events)
    ends = s.kafka.ends(s.topic, 4)
    s.start_workers(1, START="latest")
    s.wait_for("the start is committed", lambda: len(s.kafka.commits(s.group, s.topic, 4)) == 4)
    more = later(events, 5, 10_000, skip=5_000)
    s.feed(more)
    s.seal(more)
    counted = truth.count(s.log(), s.settings(), {(s.topic, p): end for p, end in ends.items()})
    assert not s.expect_truth(counted).lost


@scenario()
def another_configuration_between_two_runs_mixes_nothing(s):
    """Lists under the first weights stay as they are, lists beyond the frontier follow the second; between: lost."""
    s.create_topic(4)
    events = data.sales(15_000)
    w, = s.start_workers(1, WEIGHTS="*=1")
    s.feed(events)
    s.await_final()
    assert s.terminate(w) == 0
    old = s.recount(WEIGHTS="*=1")
    s.start_workers(1, WEIGHTS="view=3,like=5,*=0")
    more = later(events, 10, 15_000, skip=15_000)
    s.feed(more)
    s.seal(more)
    new = s.recount(WEIGHTS="view=3,like=5,*=0")
    frontier = last_minute(events)
    new.lists = {key: counts for key, counts in new.lists.items() if key[1] > frontier}
    found = s.expect_truth(both(old, new), lost=lambda key: key[1] <= frontier)
    assert found.equal > len(found.states) / 2, found
    assert all(found.states[key] == "lost" for key in found.states if key[1] == frontier)


@scenario(long=True)
def an_idle_partition_keeps_lists_ended_and_right(s):
    s.create_topic(4)
    events = data.sales(5_000)
    s.start_workers(1)
    s.partitions = 3  # nothing for the fourth
    s.feed(events)
    s.seal(events)
    s.partitions = 4
    pause(1)
    found = s.expect_truth()
    assert set(found.states.values()) == {"ended"}, found
