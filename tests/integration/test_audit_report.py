"""What the audit tells a person: which list is wrong and how, why there was nothing to compare, what it waits for."""
import json
import os
import re
import subprocess

from byhand import SETTINGS, T, Board, audit, count, feed_odd, plain, shown
from recount import minute_text
from scenario import scenario
from wire import Record
from worker import BIN, program_env


def damages(b):
    """(what, how, item, served, counted, a word of what is said); SERVED None: the item is not on the list."""
    rows = b.rows()
    (first, most), (second, fewer), (last, least) = rows[0], rows[1], rows[19]
    beyond, under = rows[20]
    zset, states = b.key(b.minute), b.key("states")
    # Of equal counts the larger bytes come first.
    disordered = [(item, most) for item in sorted((first, second), key=str.encode)] + rows[2:]
    lower = [(first, most - 3)] + rows[1:]
    return [
        ("changed score", lambda: b.redis("ZINCRBY", zset, 1000, second), second, fewer + 1000, fewer,
         "the merged list beside it has %d" % fewer),
        ("missing item", lambda: b.redis("ZREM", zset, last), last, None, least, "the merged list beside it has"),
        ("extra item", lambda: b.redis("ZADD", zset, 5000, "x y"), "x y", 5000, 0, "does not have it"),
        ("item beyond the end", lambda: b.redis("ZADD", zset, under, beyond), beyond, under, under, ""),
        ("order", lambda: b.redis("ZADD", zset, least, first, most, last), last, most, least, "2 items are off"),
        ("order of the merged list", lambda: b.put_again(disordered), second, most, fewer,
         "malformed; wrong count"),
        ("count on both", lambda: b.put_again(sorted(lower, key=lambda r: (r[1], r[0].encode()), reverse=True)), first,
         most - 3, most, "promised %d to %d" % (most - 3, most - 3)),
        ("state", lambda: b.state("odd"), None, None, None, "state is missing or unknown"),
        ("deleted list", lambda: b.redis("DEL", zset), first, None, most, "Redis has no list"),
        ("deleted state", lambda: b.redis("HDEL", states, b.minute), None, None, None, "its state is missing"),
        ("list of nobody", lambda: b.put("Nowhere", b.name[1], [("x", 3), ("w", 1)]), "x", 3, 0, "no event"),
    ]


@scenario()
def a_damaged_list_has_one_line_with_place_minute_state_item_served_and_counted(s):
    s.use_seed()
    feed_odd(s)
    counted = count(s)
    table = damages(Board(s.redis, s.board, counted))
    for what, damage, item, served, truth, word in table:
        b = Board(s.redis, s.board, counted)
        damage()
        code, said = audit(s)
        assert code == 1 and said["verdict"] == "different", "%s: exit %d, %s" % (what, code, said["verdict"])
        assert said["differences_total"] == 1 and len(said["differences"]) == 1, (what, said["differences"])
        line = said["differences"][0]
        place = "Nowhere" if what == "list of nobody" else b.name[0]
        assert (line["location"], line["minute"]) == (place, b.minute), (what, line)
        assert (line.get("item"), line.get("served"), line.get("counted")) == (item, served, truth), (what, line)
        assert word in line["what"], (what, line)
        lines = shown(s)[1]
        at = next(i for i, text in enumerate(lines) if text.startswith("differences, the worst first: 1 of 1"))
        assert lines[at + 1].split() == ["location", "minute", "state", "item", "served", "counted", "what"], lines
        words = lines[at + 2].replace('"x y"', "x_y").split()
        assert words[1:3] == [b.minute, line["state"]], lines[at + 2]
        assert words[3:6] == [(item or "-").replace(" ", "_"), *("-" if n is None else str(n) for n in (served, truth))]
        assert lines[at + 3].startswith("verdict: different - "), lines[at:]
    s.note("%d cases", len(table))


@scenario()
def the_worst_of_the_damaged_lists_comes_first(s):
    s.use_seed()
    feed_odd(s)
    counted = count(s)
    b = Board(s.redis, s.board, counted)
    names = sorted(counted.lists, key=lambda name: (name[1], name[0]))[:6]
    offs = [7, 1, 300, 20, 5, 4000]
    for (location, minute), off in zip(names, offs):
        b.redis("ZINCRBY", b.key(minute_text(minute), location), off, counted.top(location, minute)[0][0])
    said = audit(s)[1]
    assert [line["off"] for line in said["differences"]] == sorted(offs, reverse=True), said["differences"]
    said = audit(s, "--show", "2")[1]
    assert [line["off"] for line in said["differences"]] == [4000, 300] and said["differences_total"] == 6
    lines = shown(s, "--show", "2")[1]
    assert "differences, the worst first: 2 of 6 lists (--show N shows more)" in lines, lines


def greens(s, counted):
    """(what, arguments, settings, a word of the reasons, how Redis is prepared): audits that can say nothing. Their
    topics are those of fill_with_nothing."""
    def board(state="final"):
        b = Board(s.redis, s.board, counted)
        for location, minute in counted.lists:
            b.redis("HSET", b.key("states", location), minute_text(minute), state)
        return b

    def empty():
        s.redis("FLUSHALL")

    def expired():
        empty()
        s.redis("HSET", s.board + ":progress", "events/0", "%016x%016x;" % (1, 1))

    behind_all = ["--from-offsets", "%s/0=%d" % (s.topic, s.kafka.ends(s.topic, 1)[0])]
    after, before = "2030-01-01T00:00", "2001-01-01T00:00"
    return [
        ("topics without a record", [], {"TOPICS": s.topic + "-empty"}, "no message to count", empty),
        ("other field names", [], {"TOPICS": s.topic + "-other"}, "90 are no_item: check TOPKD_FIELD_ITEM", empty),
        ("other times", [], {"FIELD_TIME": "place"}, "bad_time: check TOPKD_FIELD_TIME", board),
        ("tombstones", [], {"TOPICS": s.topic + "-null"}, "tombstone: check TOPKD_TOPICS", empty),
        ("empty arrays", [], {"TOPICS": s.topic + "-arrays"}, "40 messages hold only empty arrays", empty),
        ("events without a weight", [], {"WEIGHTS": "*=0"}, "weightless: check TOPKD_WEIGHTS", empty),
        ("minutes after all", ["--from", after], {}, "the log has minutes from 2025-11-21T19:00", board),
        ("minutes before all", ["--to", before], {}, "the log has minutes from 2025-11-21T19:00", board),
        ("an empty Redis", [], {}, "Redis has no list of the board", empty),
        ("another board", [], {"BOARD": "other"}, "Redis has no list of the board \"other\"", board),
        ("another database", [], {"REDIS": s.redis.url + "?db=1"}, "Redis has no list of the board", board),
        ("open lists", [], {}, "open): use --wait", lambda: board("open")),
        ("lost lists", [], {}, "lost", lambda: board("lost")),
        ("lost lists, allowed", ["--exact", "--allow-lost"], {}, "lost", lambda: board("lost")),
        ("lists older than retention", [], {}, "expired", expired),
        ("offsets behind all", behind_all, {}, "no message to count", board),
        ("lists of nobody only", [], {"TOPICS": s.topic + "-empty"}, "foreign", board),
    ]


def fill_with_nothing(s):
    """Topics whose messages give no list, beside a good one."""
    s.create_topic(1)
    s.kafka.produce(s.topic, 0, [Record(json.dumps({"video_id": "v%d" % (i % 7), "location": "US", "ts": T + i * 1000,
                                                    "place": "x"}).encode(), T + i * 1000) for i in range(300)])
    other = json.dumps({"vid": "a", "country": "US", "when": T, "text": "long " * 2000}).encode()
    for name, values in (("-empty", []), ("-other", [other] * 90), ("-null", [None] * 90), ("-arrays", [b"[]"] * 40)):
        s.kafka.create_topic(s.topic + name, 1)
        if values:
            s.kafka.produce(s.topic + name, 0, [Record(value, T) for value in values])


@scenario()
def an_audit_that_compared_nothing_is_never_green(s):
    fill_with_nothing(s)
    table = greens(s, count(s))
    for what, args, settings, word, prepare in table:
        prepare()
        for more in ([], ["--exact"]):
            code, said = audit(s, *args, *[a for a in more if a not in args], **settings)
            told = "%s %s: exit %d, %s: %s" % (what, more, code, said["verdict"], said["reasons"])
            assert code == 1 and said["verdict"] == "nothing to compare" and not said["good"], told
            assert word in "; ".join(said["reasons"]), told
            assert said["lists"]["compared"] == 0, told
        code, lines, _ = shown(s, *args, **settings)
        assert code == 1 and lines[-1].startswith("verdict: nothing to compare - "), (what, lines)
    s.note("%d cases", len(table))


@scenario()
def events_that_do_not_count_are_told_with_the_setting_and_one_example(s):
    fill_with_nothing(s)
    code, said = audit(s, TOPICS=s.topic + "-other")
    look_at = said["look_at"]
    assert code == 1 and (look_at["outcome"], look_at["settings"]) == ("no_item", "TOPKD_FIELD_ITEM"), look_at
    assert look_at["example"].startswith('%s-other/0 at offset 0: "{\\"vid\\": \\"a\\"' % s.topic), look_at
    assert len(look_at["example"]) < 400, len(look_at["example"])
    lines = shown(s, TOPICS=s.topic + "-other")[1]
    at = lines.index("90 events are no_item: check TOPKD_FIELD_ITEM")
    assert lines[at + 1] == "  " + look_at["example"], lines[at:]
    # Where something is compared the verdict stays what it is, and it is told all the same.
    both = {"TOPICS": s.topic + "," + s.topic + "-other"}
    assert audit(s, TOPICS=s.topic)[1]["look_at"] is None
    for _ in range(3):
        s.kafka.produce(s.topic + "-other", 0, [Record(b'{"vid": 1}', T)] * 90)
    Board(s.redis, s.board, count(s))
    code, said = audit(s, "--exact", **both)
    assert code == 0 and said["verdict"] == "exact" and said["look_at"]["outcome"] == "no_item", said["reasons"]
    # Events without a location count in the list of all only: an exact audit of it says so.
    assert audit(s, FIELD_LOCATION="country")[1]["without_location"] == 300
    assert any(line.split()[:3] == ["no", "location", "300"] for line in shown(s, FIELD_LOCATION="country")[1])


def on_a_terminal(s, *args):
    """(exit code, what a terminal at its stderr was sent)."""
    master, slave = os.openpty()
    running = subprocess.Popen([str(BIN / "topkd-audit"), *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=slave, env=program_env(s.settings()))
    os.close(slave)
    told = b""
    while True:
        try:
            more = os.read(master, 4096)
        except OSError:  # nobody holds the other side any more
            more = b""
        if not more:
            break
        told += more
    os.close(master)
    return running.wait(30), told.decode()


@scenario()
def waiting_says_what_it_waits_for(s):
    s.create_topic(2)
    events = [plain(i) for i in range(300)]
    for partition in (0, 1):
        s.kafka.produce(s.topic, partition, events)
    # No worker yet: the group has committed nothing.
    code, _, told = shown(s, "--wait", "4s", **s.settings())
    assert code == 1 and len(told) == 1, told
    assert "for the group %s to commit 600 records of 2 partitions, first %s/0" % (s.group, s.topic) in told[0], told
    code, told = on_a_terminal(s, "--wait", "2s")
    assert code == 1 and re.match("\r\x1b\\[Kwaited [01] of 2 s for the group", told), told
    assert told.endswith("\r\x1b[K") and "\n" not in told and told.count("\r\x1b[K") > 3, told
    assert max(map(len, told.split("\r\x1b[K"))) <= 78
    # A worker serves all of it; one list is then made open by hand, and no worker ends it.
    worker, = s.start_workers(1)
    s.await_final()
    s.expect_exact_audit("--wait", "30s")
    s.terminate(worker)
    minute = minute_text(T // 60_000 + 1)
    assert s.redis("HSET", "%s:{US}:states" % s.board, minute, "open") == 0
    code, lines, told = shown(s, "--exact", "--wait", "4s", **s.settings())
    assert code == 1 and len(told) == 1, told
    open_one = "1 of %d lists, first location US at %s, which is open" % (2 * 5, minute)
    assert "for " + open_one in told[0], told
    assert "1 list is open; the wait ended while waiting for " + open_one in lines[-1], lines[-1]
    at = next(i for i, line in enumerate(lines) if line.startswith("differences, the worst first: 1 of 1"))
    assert lines[at + 2].split()[:3] == ["US", minute, "open"], lines[at:]


@scenario()
def help_is_given_for_h_and_names_the_exit_codes(s):
    for program in ("topkd-audit", "topkd-loadgen"):
        texts = [subprocess.run([str(BIN / program), *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, timeout=30,
                                env=program_env({"K": "no number", "NO_SUCH": "1"}))
                 for args in (["-h"], ["--help"], ["--json", "-h"])]
        assert all(t.returncode == 0 and not t.stderr for t in texts), (program, texts)
        assert texts[0].stdout == texts[1].stdout == texts[2].stdout, program
        assert "-h" in texts[0].stdout, program
        for code in (0, 1, 2):
            assert re.search(r"(^  |Exit |; )%d(  |: )" % code, texts[0].stdout, re.M), (program, code)
    refused = subprocess.run([str(BIN / "topkd-audit"), "--from", "2026-01-01T00:01", "--to", "2026-01-01T00:01"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=program_env(s.settings()))
    assert refused.returncode == 2 and "--from before --to" in refused.stderr, refused


@scenario()
def a_report_that_cannot_be_written_is_not_good(s):
    s.create_topic(1)
    s.kafka.produce(s.topic, 0, [plain(i) for i in range(100)])
    Board(s.redis, s.board, count(s))
    assert audit(s, "--exact")[0] == 0
    with open("/dev/full", "w") as full:
        done = subprocess.run([str(BIN / "topkd-audit"), "--exact"], stdin=subprocess.DEVNULL, stdout=full,
                              stderr=subprocess.PIPE, text=True, env=program_env(s.settings(**SETTINGS)))
    assert done.returncode == 1 and "cannot write the report" in done.stderr, done
