"""Redis with few rights, with another password, refusing writes, busy, a cluster, or with foreign things in it."""
import re
import threading

import data
from data import MINUTE_MS
from resp import Resp
from scenario import pause, scenario
from stack import ROOT, Redis
from truth import minute_text

RIGHTS = re.compile(r"ACL SETUSER topkd .*")
START_MS = 1291191960000


def documented_rights(board):
    """The line that the runbook gives, as words, for another prefix."""
    line = RIGHTS.search((ROOT / "deploy/RUNBOOK.md").read_text())[0]
    words = [word.strip("'") for word in line.split()]
    return [word.replace("~topk:", "~%s:" % board) for word in words]


def give_rights(s, password="secret"):
    words = documented_rights(s.board)
    s.redis(*[">" + password if word.startswith(">") else word for word in words])


def as_topkd(s, password="secret"):
    return "unix://topkd:%s@%s" % (password, s.redis.socket)


def cut_off(s):
    """Every connection of the workers ends: they must log in again."""
    s.redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def not_ready(s, worker, *words):
    """Until /readyz is 503 with all of WORDS in its reason."""
    def probe():
        status, text = worker.get("/readyz")
        return text if status == 503 and all(word in text for word in words) else None
    return s.wait_for("/readyz is 503 and says %s" % " ".join(words), probe, 30)


def stays_not_ready(worker, looks=40):
    """It does not flap: hello may pass where the next write does not."""
    for _ in range(looks):
        status, text = worker.get("/readyz")
        assert status == 503, "ready for a moment though Redis refuses: " + text
        pause(0.05)


def outages(worker):
    return [e for e in worker.events("redis_broken")]


@scenario()
def the_documented_rights_are_enough_and_each_is_needed(s):
    give_rights(s)
    s.create_topic()
    events = data.sales(20_000)
    w = s.start_workers(1, REDIS=as_topkd(s), RETENTION="25h")[0]
    s.feed(events)
    s.seal(events)
    s.expect_truth()
    s.redis("ACL", "SETUSER", "topkd", "-zadd")
    later = data.sales(5_000, skip=20_000)
    s.feed(later)
    text = not_ready(s, w, "redis", "RUNBOOK")
    s.note("without zadd: %s", text.strip()[:150])
    s.redis("ACL", "SETUSER", "topkd", "+zadd", "-evalsha")
    cut_off(s)
    not_ready(s, w, "NOPERM", "evalsha")
    stays_not_ready(w)
    s.redis("ACL", "SETUSER", "topkd", "+evalsha")
    w.await_ready()
    s.seal(later)
    s.expect_truth()


@scenario()
def the_policy_need_not_be_readable_where_eviction_is_allowed(s):
    give_rights(s)
    s.redis("ACL", "SETUSER", "topkd", "-info")
    s.create_topic()
    w = s.start_worker(REDIS=as_topkd(s))
    not_ready(s, w, "NOPERM", "info")
    events = data.sales(2_000)
    s.kill(w)
    s.start_workers(1, REDIS=as_topkd(s), ALLOW_EVICTION=1)
    s.feed(events)
    s.seal(events)
    s.expect_truth()


@scenario()
def a_password_that_changes_is_waited_for_and_costs_nothing(s):
    give_rights(s)
    s.create_topic()
    events = data.sales(40_000)
    load = s.load(events, seconds=12)
    w = s.start_workers(1, REDIS=as_topkd(s))[0]
    s.wait_for("lists are served", lambda: len(s.served().lists) > 50)
    s.redis("ACL", "SETUSER", "topkd", "resetpass", ">other")
    cut_off(s)
    text = not_ready(s, w, "WRONGPASS", "TOPKD_REDIS")
    assert "secret" not in text, text
    stays_not_ready(w)
    s.redis("ACL", "SETUSER", "topkd", "resetpass", ">secret")
    w.await_ready()
    load.join()
    s.seal(events)
    assert not s.expect_truth(timeout_s=100).lost
    said = [e for e in outages(w) if "WRONGPASS" in e["why"]]
    assert len(said) == 1, "one fact, one line: %s" % said
    assert "secret" not in w.log_text()


@scenario()
def a_missing_password_is_waited_for(s):
    s.redis("CONFIG", "SET", "requirepass", "secret")
    s.create_topic()
    w = s.start_worker()
    not_ready(s, w, "NOAUTH", "TOPKD_REDIS")
    s.redis.eyes("CONFIG", "SET", "requirepass", "")
    w.await_ready()
    events = data.sales(1_000)
    s.feed(events)
    s.seal(events)
    s.expect_truth()


def refuses_and_recovers(s, refuse, word, recover):
    s.create_topic()
    events = data.sales(40_000)
    load = s.load(events, seconds=12)
    w = s.start_workers(1)[0]
    s.wait_for("lists are served", lambda: len(s.served().lists) > 50)
    refuse()
    not_ready(s, w, word)
    stays_not_ready(w)
    recover()
    w.await_ready()
    load.join()
    s.seal(events)
    assert not s.expect_truth(timeout_s=100).lost
    assert len([e for e in outages(w) if word in e["why"]]) == 1, outages(w)


@scenario()
def a_redis_without_its_replicas_is_not_ready(s):
    refuses_and_recovers(s, lambda: s.redis("CONFIG", "SET", "min-replicas-to-write", 1), "NOREPLICAS",
                         lambda: s.redis("CONFIG", "SET", "min-replicas-to-write", 0))


@scenario()
def a_redis_that_cannot_save_is_not_ready(s):
    """Where its dump belongs there is a folder."""
    dump = s.redis.directory / "dump.rdb"

    def refuse():
        (dump / "in-the-way").mkdir(parents=True)
        s.redis("CONFIG", "SET", "save", "3600 1")
        s.redis("BGSAVE")
        s.wait_for("the save has failed", lambda: b"rdb_last_bgsave_status:err" in s.redis("INFO", "persistence"))

    def recover():
        (dump / "in-the-way").rmdir()
        dump.rmdir()
        s.redis("BGSAVE")
        s.wait_for("a save was made", lambda: b"rdb_last_bgsave_status:ok" in s.redis("INFO", "persistence"))
    refuses_and_recovers(s, refuse, "MISCONF", recover)


@scenario()
def a_redis_that_is_busy_with_a_script_is_waited_for(s):
    def refuse():
        s.redis("CONFIG", "SET", "busy-reply-threshold", 100)
        stuck = Resp(s.redis.socket, timeout_s=60)
        threading.Thread(target=lambda: swallow(stuck, "EVAL", "while true do end", 0), daemon=True).start()
    refuses_and_recovers(s, refuse, "BUSY", lambda: s.redis("SCRIPT", "KILL"))


def swallow(resp, *command):
    try:
        resp(*command)
    except Exception:  # it was killed, as it should be
        pass


@scenario()
def a_redis_that_forgets_its_scripts_is_told_them_again(s):
    s.create_topic()
    events = data.sales(30_000)
    load = s.load(events, seconds=8)
    s.start_workers(2)
    for _ in range(20):
        s.redis("SCRIPT", "FLUSH")
        pause(0.3)
    load.join()
    s.seal(events)
    assert not s.expect_truth(timeout_s=100).lost
    assert s.metric("topkd_redis_reconnects_total") == 0 and s.metric("topkd_redirty_total") == 0


@scenario()
def a_node_of_a_cluster_is_refused(s):
    s.redis.stop()
    s.redis.args = ("--cluster-enabled", "yes")
    s.redis.start()
    s.redis("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    s.create_topic()
    s.feed(data.sales(100))
    w = s.start_worker()
    w.may_end = True
    assert w.await_exit(30) == 2, w.tail()
    assert "cluster" in w.log_text(), w.tail()
    assert s.redis("DBSIZE") == 0, "it left keys behind"


@scenario()
def snapshots_without_a_log_of_changes_are_warned_of(s):
    s.redis("CONFIG", "SET", "save", "3600 1")
    s.create_topic()
    first = s.start_workers(1)[0]
    said = first.events("redis_may_go_back")
    assert len(said) == 1 and "appendonly" in said[0]["why"], said
    s.terminate(first)
    s.redis("CONFIG", "SET", "appendonly", "yes")
    second = s.start_workers(1)[0]
    assert not second.events("redis_may_go_back"), second.tail()


# -- foreign things in the board ---------------------------------------------------------------------

def views(places, minute, count):
    start = START_MS + minute * MINUTE_MS
    return [data.event(start + i % 60_000, "item%d" % (i % 17), place) for place in places for i in range(count)]


class Board:
    """Key names of the scenario's board."""

    def __init__(self, s):
        self.s = s

    def of(self, place, name):
        return "%s:{%s}:%s" % (self.s.board, place, name)

    def minute(self, minute):
        return minute_text((START_MS + minute * MINUTE_MS) // MINUTE_MS)


def spoil(s, board):
    """One place for each kind; returns those whose lists can come back whole, and those that cannot."""
    first, second = board.minute(0), board.minute(1)
    for place, key in (("meta", "meta"), ("states", "states"), ("minutes", "minutes"), ("list", first)):
        s.redis("SET", board.of(place, key), "foreign")
    s.redis("SET", board.of("part", "part:" + second), "foreign")
    s.redis("SET", s.board + ":locations", "foreign")
    for shard in range(8):
        s.redis("SET", "%s:{s%d}:changed" % (s.board, shard), "foreign")
    for shard in range(8, 16):
        s.redis("SET", "%s:{s%d}:waiting" % (s.board, shard), "foreign")


@scenario(long=True)  # two minutes: what was set aside is tried again once in one
def one_odd_key_of_each_kind_stops_only_what_it_is_about(s):
    s.create_topic()
    board = Board(s)
    spoiled = ["meta", "states", "minutes", "list", "part", "broken", "fence"]
    healthy = ["land %d" % i for i in range(60)]  # some of them in the shards whose notes have no place of their own
    spoil(s, board)
    w = s.start_workers(1, LATENESS="1s")[0]
    for minute in range(2):
        s.feed(views(spoiled + healthy, minute, 40))
        s.await_stored()
    parts = board.of("broken", "part:" + board.minute(1))
    s.wait_for("the parts are there", lambda: len(s.redis("HGETALL", parts)) > 8)
    for field in s.redis("HKEYS", parts):
        if field.startswith(b"i:"):
            s.redis("HSET", parts, field, "garbage")
    fences = board.of("fence", "part:" + board.minute(1))
    s.redis("HSET", fences, "f:%s/0" % s.topic, "short")
    s.redis("HSET", s.board + ":progress", "%s/3" % s.topic, "no row")
    s.feed(views(healthy + ["meta"], 2, 40))
    s.seal(views(healthy, 2, 1))

    def states(place):
        return s.redis("HGETALL", board.of(place, "states"))[1::2]

    def all_final():
        return all(states(place) == [b"final"] * 3 for place in healthy)
    s.wait_for("every healthy list is final", all_final, 150)
    assert w.running() and w.ready(), w.tail()
    assert s.metric("topkd_lists_set_aside") > 0
    named = [board.of("meta", "meta"), board.of("states", "states"), board.of("minutes", "minutes"),
             board.of("list", board.minute(0)), board.of("part", "part:"),
             s.board + ":locations", s.board + ":progress"]
    s.wait_for("every key is named", lambda: all(
        any(key in e["what"] for e in w.events("key_set_aside")) for key in named), 70)
    assert "garbage" not in w.log_text()
    heal(s, board, parts, fences)


def heal(s, board, parts, fences):
    """The keys are freed: what had all its contributions is whole and final, the rest says that it is lost."""
    for place, key in (("meta", "meta"), ("states", "states"), ("minutes", "minutes"), ("list", board.minute(0))):
        s.redis("DEL", board.of(place, key))
    s.redis("DEL", board.of("part", "part:" + board.minute(1)), parts, fences, s.board + ":locations")
    for shard in range(8):
        s.redis("DEL", "%s:{s%d}:changed" % (s.board, shard), "%s:{s%d}:waiting" % (s.board, shard + 8))
    may_be_lost = {"part", "broken", "fence"}
    found = s.expect_truth(lost=lambda key: key[0] in may_be_lost and board.minute(1) == minute_text(key[1]),
                           timeout_s=180)
    gone = {key for key in found.counted.lists if key not in found.served.lists or key in found.lost}
    s.note("%d lists lost", len(gone))


@scenario()
def a_progress_of_another_type_stops_the_worker_and_is_named(s):
    s.create_topic()
    s.redis("SET", s.board + ":progress", "foreign")
    w = s.start_worker()
    w.may_end = True
    assert w.await_exit(30) == 1, w.tail()
    assert s.board + ":progress" in w.log_text() and "TOPKD_BOARD" in w.log_text(), w.tail()
