"""Events as people send them (tests/data/reports.json): the worker, the audit and the recount make the same of each."""
import json
import subprocess
from collections import Counter, namedtuple

import feed
import reports
import truth
from recount import Record as Entry
from recount import Rules, full_settings, minute_of, minute_text
from scenario import scenario
from stack import BIN, program_env
from wait import NotYet
from wire import Record

PARTITIONS = 2
AT_ONCE = 6  # workers
COUNTRIES = [b"US", b"DE", b"IN", b"BR"]


# -- the recount alone -------------------------------------------------------------------------------------------------

def said_of(event):
    if event.outcome not in ("applied", "weightless"):
        return {"outcome": event.outcome}
    return {"outcome": event.outcome, "item": event.item, "location": event.location, "weight": event.weight,
            "minute": minute_text(event.time_ms // 60_000), "id": event.id}


@scenario(real=False)
def the_recount_makes_of_every_case_what_it_wants(s):
    some = reports.cases()
    for case in some:
        entry = Entry(case.topic, 0, 0, case.record_ms, case.value, case.key, case.headers)
        said = [said_of(event) for event in Rules(full_settings(case.settings)).events(entry)]
        same = len(said) == len(case.wants) and all(want.items() <= seen.items()
                                                    for seen, want in zip(said, case.wants))
        assert same, "%s: %s\nthe recount says %s\nwanted %s" % (case.group, case.what, said, case.wants)
    s.note("%d cases", len(some))


# -- all three -------------------------------------------------------------------------------------------------------

# Messages for one worker, with a topic, a group and a board of their own. SAID: the settings, for people.
Lane = namedtuple("Lane", "topic settings said records")


def make_lane(s, number, settings, records):
    topic = "%s-%d" % (s.topic, number)
    names = {"TOPICS": topic, "GROUP": topic, "BOARD": "board%d" % number, "THREADS": 1}
    said = ", ".join("%s=%s" % pair for pair in sorted(settings.items())) or "the defaults"
    return Lane(topic, s.settings(**names, **settings), said, records)


def lanes_of(s, chosen):
    """Cases of the same settings share a lane."""
    return [make_lane(s, number, settings, make_records(s.rng, some, max(100, 300 // len(some))))
            for number, (settings, some) in enumerate(reports.by_settings(chosen))]


def other_names(rng, raw):
    """The same with another item, another country, another id."""
    if raw is None:
        return None
    names = {b"v1": b"v%d" % min(rng.paretovariate(0.6), 500), b"US": rng.choice(COUNTRIES),
             b"e1": b"e%d" % rng.randrange(100)}
    for name, other in names.items():
        raw = other if raw == name else raw.replace(b'"%s"' % name, b'"%s"' % other)
    return raw


def record_time(case):
    """A minute that the case wants, so that its events are neither late nor future."""
    minutes = [minute_of(want["minute"]) for want in case.wants if "minute" in want]
    return max(minutes) * 60_000 if minutes else case.record_ms


def make_records(rng, cases, copies):
    """In the order of time, so that nothing is late for the others' sake."""
    some = [case for case in cases for _ in range(copies)]
    rng.shuffle(some)
    return [Record(other_names(rng, case.value), record_time(case), other_names(rng, case.key),
                   [(name.decode(), other_names(rng, value)) for name, value in case.headers])
            for case in sorted(some, key=record_time)]


def feed_lane(s, lane):
    s.kafka.create_topic(lane.topic, PARTITIONS, message_timestamp_after_max_ms=(1 << 63) - 1)
    send_lane(s, lane, lane.records)


def send_lane(s, lane, records):
    feed.send(s.kafka, lane.topic, feed.spread(records, PARTITIONS))


def await_lane(s, lane, counted):
    """Until all is committed and the lists are those of COUNTED."""
    def probe():
        ends = s.kafka.ends(lane.topic, PARTITIONS)
        commits = s.kafka.commits(lane.topic, lane.topic, PARTITIONS)
        if any(commits.get(p, (None,))[0] != end for p, end in ends.items() if end):
            raise NotYet("commits %s, ends %s" % (commits, ends))
        compared = truth.Comparison(counted.lists, truth.Served(s.redis, lane.settings["BOARD"]), 100)
        if compared.problems():
            raise NotYet("\n".join(compared.problems()))
        return True
    s.wait_for("the lists of %s are the recount's" % lane.said, probe, 40)


def expect_outcomes(lane, worker, counted):
    seen = {k: int(v) for k, v in worker.metrics().by("outcome", "topkd_events_total").items() if v}
    want = {k: v for k, v in counted.outcomes.items() if v}
    assert seen == want, "%s: the worker counts %s, the recount %s" % (lane.said, seen, want)


def expect_audit(lane, counted):
    """Without a list there is nothing that could be exact, but outcomes there are."""
    done = subprocess.run([str(BIN / "topkd-audit"), "--json", "--exact", "--allow-open"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, env=program_env(lane.settings))
    assert done.stdout, "topkd-audit: exit %d\n%s" % (done.returncode, done.stderr.decode())
    said = json.loads(done.stdout)
    seen = {name: n for name, n in said["outcomes"].items() if n}
    want = {name: n for name, n in counted.outcomes.items() if n}
    assert seen == want, "%s: the audit counts %s, the recount %s" % (lane.said, seen, want)
    verdict = "exact" if counted.lists else "nothing to compare"
    assert said["verdict"] == verdict, "%s: %s: %s" % (lane.said, said["verdict"], said["reasons"])
    assert said["lists"]["compared"] == len(counted.lists)


def recount_of(s, lane):
    return truth.count(truth.read_log(s.broker.bootstrap, lane.topic), lane.settings)


def expect_agreement(s, lanes):
    outcomes, lists = Counter(), 0
    for at in range(0, len(lanes), AT_ONCE):
        wave = lanes[at:at + AT_ONCE]
        for lane in wave:
            feed_lane(s, lane)
        workers = [s.start_worker(**lane.settings) for lane in wave]
        for lane, worker in zip(wave, workers):
            counted = recount_of(s, lane)
            await_lane(s, lane, counted)
            expect_outcomes(lane, worker, counted)
            expect_audit(lane, counted)
            outcomes.update(counted.outcomes)
            lists += len(counted.lists)
        for worker in workers:
            s.terminate(worker)
    s.note("%d settings, %d messages, %d lists, %s", len(lanes), sum(len(lane.records) for lane in lanes), lists,
           ", ".join("%d %s" % (n, name) for name, n in outcomes.most_common()))
    return outcomes


def expect_cases(s, chosen):
    s.use_seed()
    return expect_agreement(s, lanes_of(s, chosen))


def cases_of(*groups):
    """Those that a broker can be given: with a record's time."""
    return [case for case in reports.cases() if case.group in groups and case.record_ms >= 0]


@scenario()
def envelopes_are_opened_alike_by_all_three(s):
    outcomes = expect_cases(s, cases_of("envelopes"))
    assert {"framed", "no_events", "malformed", "tombstone"} <= outcomes.keys()


@scenario()
def times_are_read_alike_by_all_three(s):
    outcomes = expect_cases(s, cases_of("times"))
    assert outcomes["late"] == outcomes["future"] == 0, "the records' times are not those that are wanted"


def cases_with_ids():
    return [case for case in cases_of("places") if "FIELD_ID" in case.settings]


@scenario()
def keys_topics_and_headers_are_read_alike_by_all_three(s):
    expect_cases(s, [case for case in cases_of("places") if case not in cases_with_ids() and
                         any(text.startswith("@") for text in case.settings.values())])


@scenario()
def ids_are_read_alike_by_all_three(s):
    outcomes = expect_cases(s, cases_with_ids())
    assert outcomes["duplicate"] > 0


# -- ids that come again ---------------------------------------------------------------------------------------------

CLOCKS = [{"LOG_CLOCK": "record"}, {"LOG_CLOCK": "event"}, {"DEDUP": "3s"}, {"DEDUP_IDS_MAX": "20"},
          {"DEDUP_IDS_MAX": "1"}, {"DEDUP": "2500ms", "LOG_CLOCK": "event", "WEIGHTS": "skip=0,*=1"}]


def event_with_id(rng, now_ms):
    body = {"video_id": "v%d" % rng.randrange(50), "location": rng.choice("xyz"), "ts": now_ms - rng.randrange(3000),
            "id": min(int(rng.paretovariate(0.4)), 3000), "type": rng.choice(["view", "view", "skip"])}
    body.update(rng.choice([{}] * 20 + [{"id": None}, {"id": ""}, {"ts": now_ms + 600_000}, {"ts": 0}, {"ts": "?"}]))
    return json.dumps(body)


def records_with_ids(rng, count):
    """Some alone, some in arrays; their times go back a little at times."""
    found, now_ms = [], reports.RECORD_MS
    for _ in range(count):
        now_ms += rng.randrange(200)
        events = [event_with_id(rng, now_ms) for _ in range(rng.choice([1, 1, 1, 5]))]
        value = events[0] if len(events) == 1 else "[%s]" % ",".join(events)
        found.append(Record(value.encode(), now_ms - rng.choice([0, 0, 0, 4000])))
    return found


@scenario()
def duplicates_are_told_alike_under_every_clock_and_limit(s):
    s.use_seed()
    outcomes = expect_agreement(s, [make_lane(s, number, {"FIELD_ID": "id", "DEDUP": "30s", **settings},
                                              records_with_ids(s.rng, 1500))
                                    for number, settings in enumerate(CLOCKS)])
    assert outcomes["duplicate"] > 1000 and outcomes["applied"] > 1000


@scenario()
def ids_are_remembered_over_a_crash(s):
    s.use_seed()
    lane = make_lane(s, 0, {"FIELD_ID": "id", "DEDUP": "30s"}, records_with_ids(s.rng, 3000))
    feed_lane(s, lane._replace(records=lane.records[:1500]))
    worker = s.start_worker(**lane.settings)
    await_lane(s, lane, recount_of(s, lane))
    s.kill(worker)
    send_lane(s, lane, lane.records[1500:])
    s.start_worker(**lane.settings)
    counted = recount_of(s, lane)
    await_lane(s, lane, counted)
    expect_audit(lane, counted)
    s.note("%d applied, %d duplicates", counted.outcomes["applied"], counted.outcomes["duplicate"])


@scenario(long=True)
def every_case_is_read_alike_by_all_three(s):
    expect_cases(s, cases_of(*{case.group for case in reports.cases()}))
