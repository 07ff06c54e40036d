"""topkd --check: what it finds, and that it leaves nothing behind."""
import os
import re
import signal
import subprocess
import time

import data
from scenario import scenario
from secured import SecuredBroker
from stack import BIN, Redis, program_env
from wait import NotYet
from worker import free_port


class Report:
    def __init__(self, done, seconds):
        self.code, self.text, self.seconds = done.returncode, done.stdout, seconds

    def lines(self, kind):
        return [line for line in self.text.splitlines() if line.startswith(kind + " ")]

    def expect(self, kind, *parts):
        """One line of KIND that holds all of PARTS."""
        assert any(all(p in line for p in parts) for line in self.lines(kind)), \
            "no %s with %s in\n%s" % (kind, parts, self.text)
        return self

    def expect_problems(self, count):
        found = self.lines("problem")
        assert len(found) == count, "expected %d problems, got\n%s" % (count, self.text)
        assert self.code == (2 if count else 0), "exit %d\n%s" % (self.code, self.text)
        for line in found:
            assert re.search(r"expected .*, got .*: .|TOPKD_\w+: .*: .", line), "no remedy: " + line
        return self


def check_with(settings):
    start = time.monotonic()
    done = subprocess.run([str(BIN / "topkd"), "--check"], env=program_env(settings), timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return Report(done, time.monotonic() - start)


def check(s, **more):
    return check_with(s.settings(**more))


@scenario()
def check_finds_all_well_and_leaves_nothing_behind(s):
    s.create_topic(4)
    found = check(s)
    found.expect_problems(0).expect("ok", "kafka", s.topic, "4 partitions").expect("ok", "redis", "evicts nothing")
    found.expect("ok", "kafka", "all 4 partitions may be read").expect("ok", "kafka", "may join it and commit")
    assert not found.lines("warning"), found.text
    assert s.redis("DBSIZE") == 0, s.redis("KEYS", "*")
    assert s.group not in s.broker.group_tool("--list").split(), "the group exists now"
    assert found.seconds < 10, "took %.1f s" % found.seconds


@scenario()
def check_beside_working_workers_finds_all_well_too(s):
    s.create_topic(4)
    events = data.sales(5_000)
    s.start_workers(1)
    s.feed(events)
    s.await_stored()
    rebalances = s.metric("topkd_rebalances_total")
    check(s).expect_problems(0).expect("ok", "commits for 4 of 4").expect("ok", "board", "of this group")
    assert s.metric("topkd_rebalances_total") == rebalances, "the group was disturbed"
    check(s, GROUP="another").expect_problems(1).expect("problem", "board", s.group, "TOPKD_BOARD")


@scenario()
def check_tells_every_problem_at_once(s):
    s.create_topic(2)
    s.redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    found = check(s, TOPICS=s.topic + ",nowhere", DLQ_TOPIC="neither", K=0, NONSENSE=1, RDKAFKA_FETCH_MIN_BYTES="-1",
                  RDKAFKA_LINGER_MS="soon")
    found.expect_problems(5)  # a property that is wrong lets no client be made, so the topics are not looked at
    for name in ("K", "NONSENSE", "RDKAFKA_FETCH_MIN_BYTES", "RDKAFKA_LINGER_MS"):
        found.expect("problem", "settings", "TOPKD_%s:" % name)
    found = check(s, TOPICS=s.topic + ",nowhere", DLQ_TOPIC="neither", K=0)
    found.expect_problems(4).expect("problem", "settings", "TOPKD_K")
    found.expect("problem", "topic nowhere", "create topic nowhere")
    found.expect("problem", "topic neither", "TOPKD_DLQ_TOPIC").expect("problem", "redis", "allkeys-lru", "noeviction")
    scram = check(s, RDKAFKA_SASL_MECHANISM="SCRAM-SHA-256", RDKAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT")
    version, = re.findall(r", librdkafka (\d+)\.(\d+)\.(\d+)", found.text)[:1]
    assert bool(scram.lines("warning")) == (tuple(map(int, version)) < (2, 6, 1)), scram.text
    check(s, ALLOW_EVICTION=1).expect_problems(0).expect("warning", "redis", "allkeys-lru")


@scenario(real=False)
def check_waits_for_nobody_for_long(s):
    settings = {**s.settings(), "BROKERS": "127.0.0.1:1", "REDIS": "redis://127.0.0.1:1"}
    found = check_with(settings)
    found.expect_problems(2).expect("problem", "kafka", "refused").expect("problem", "redis", "refused")
    settings["BROKERS"] = "no-such-host.invalid:9092"
    check_with(settings).expect("problem", "kafka", "no-such-host.invalid")
    s.redis.freeze()
    found = check_with({**settings, "REDIS": s.redis.url})
    s.redis.thaw()
    found.expect("problem", "redis", "in time")
    assert found.seconds < 20, "took %.1f s" % found.seconds


@scenario()
def check_waits_for_a_frozen_broker_only_for_a_while(s):
    broker = SecuredBroker(s.directory / "kafka")
    s.extra_brokers.append(broker)
    pid = int((broker.directory / "pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        found = check(s, BROKERS=broker.bootstrap, **broker.login())
    finally:
        os.kill(pid, signal.SIGCONT)
    found.expect_problems(1).expect("problem", "kafka", broker.bootstrap)
    assert found.seconds < 20, "took %.1f s" % found.seconds


@scenario(real=False)
def every_program_answers_h_and_refuses_what_it_does_not_know(s):
    for program in ("topkd", "topkd-audit", "topkd-loadgen", "topkd-mockbroker"):
        for option, code in (("-h", 0), ("--help", 0), ("--nonsense", 2)):
            done = subprocess.run([str(BIN / program), option], env=program_env({}), timeout=20, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert done.returncode == code, "%s %s: exit %d\n%s" % (program, option, done.returncode, done.stdout)
            assert "usage" in done.stdout.lower() or code and "--help" in done.stdout, done.stdout


# -- Redis -----------------------------------------------------------------------------------------
def redis_of(s, name, *args):
    redis = Redis(s.directory / name, *args)
    s.extra_brokers.append(redis)
    return redis


def look_at(s, redis, **more):
    """What is said of REDIS; with such a topic Kafka is not asked."""
    found = check(s, **{"REDIS": redis.url, "TOPICS": "..", **more})
    found.text = "\n".join(line for line in found.text.splitlines() if line[9:].startswith("redis "))
    return found


def expect_one(s, redis, *parts, **more):
    found = look_at(s, redis, **more)
    found.expect("problem", "redis", *parts)
    assert len(found.lines("problem")) == 1, found.text


@scenario(real=False)
def check_says_what_is_wrong_with_a_redis(s):
    redis = s.redis
    expect_one(s, redis, "WRONGPASS", "TOPKD_REDIS", REDIS="unix://nobody:wrong@%s" % redis.socket)
    expect_one(s, redis, "DB index", "TOPKD_REDIS", REDIS=redis.url + "?db=77")
    redis("SET", s.board + ":progress", "x")
    expect_one(s, redis, s.board + ":progress", "another type")
    redis("DEL", s.board + ":progress")
    redis("HSET", s.board + ":progress", "life", "0" * 16, "group", s.group, "version", "77")
    expect_one(s, redis, "format 3, got 77")
    redis("HSET", s.board + ":progress", "version", "2")
    look_at(s, redis).expect("ok", "redis", "format 2, which is taken over")
    assert redis("HGET", s.board + ":progress", "version") == b"2"  # by a worker, not by a look
    redis("FLUSHALL")
    redis("CONFIG", "SET", "requirepass", "secret")
    expect_one(s, redis, "NOAUTH")
    assert not look_at(s, redis, REDIS="unix://:secret@%s" % redis.socket).lines("problem")


@scenario(real=False)
def check_says_when_writes_would_be_refused(s):
    replica = redis_of(s, "replica", "--replicaof", "127.0.0.1", "1")
    found = look_at(s, replica)
    found.expect("problem", "got a slave").expect("problem", "writes", "READONLY")
    s.redis("SET", "fill", "x" * 3_000_000)
    s.redis("CONFIG", "SET", "maxmemory", "1mb")
    expect_one(s, s.redis, "writes", "OOM")
    look_at(s, s.redis).expect("warning", "redis", "maxmemory")
    s.redis("CONFIG", "SET", "maxmemory", "0", "min-replicas-to-write", "1")
    expect_one(s, s.redis, "writes", "NOREPLICAS")


@scenario(real=False)
def check_knows_clusters_and_snapshots(s):
    cluster = redis_of(s, "cluster", "--cluster-enabled", "yes", "--cluster-port", free_port())
    look_at(s, cluster).expect("problem", "redis", "Cluster")
    snapshots = redis_of(s, "snapshots", "--save", "3600 1")
    look_at(s, snapshots).expect("warning", "redis", "append-only", "appendonly yes")
    aof = redis_of(s, "aof", "--appendonly", "yes")
    look_at(s, aof).expect("ok", "redis", "append-only file")


def rights_told(s):
    """The rules of an ACL that suffice, as the good line has them."""
    line, = (line for line in look_at(s, s.redis).lines("ok") if "may do what a worker does" in line)
    return line.split(": ", 1)[1].split()


def set_user(s, *rules):
    s.redis("ACL", "SETUSER", "worker", "reset", "on", ">secret", *rules)
    return "unix://worker:secret@%s" % s.redis.socket


@scenario(real=False)
def check_names_each_right_that_is_missing(s):
    rules = rights_told(s)
    assert "+evalsha" in rules and "~%s:*" % s.board in rules, rules
    for more in (["+multi", "+discard"], []):  # without them a script must find out
        assert not look_at(s, s.redis, REDIS=set_user(s, *rules, *more)).lines("problem")
        for rule in rules:
            without = [r for r in rules if r != rule] + more
            found = look_at(s, s.redis, REDIS=set_user(s, *without))
            assert any(rule in line for line in found.lines("problem")), "%s is not missed:\n%s" % (rule, found.text)


@scenario()
def rights_that_check_names_are_all_that_a_worker_needs(s):
    s.create_topic(4)
    url = set_user(s, *rights_told(s))
    events = data.sales(20_000)
    s.start_workers(1, REDIS=url)
    s.feed(events)
    s.seal(events)
    assert not s.expect_truth().lost


# -- Kafka's rights --------------------------------------------------------------------------------
def expect_of_kafka(s, broker, what, *problems, **more):
    """These problems and no other, each told by its parts; a right that was given is known a moment later."""
    def probe():
        report = check(s, BROKERS=broker.bootstrap, TOPICS="events", GROUP="topkd", **more, **broker.login())
        found = report.lines("problem")
        if len(found) != len(problems) or not all(part in line for line, parts in zip(found, problems)
                                                  for part in parts):
            raise NotYet("\n".join(found))
        return True
    s.wait_for(what, probe, 30, pause_s=0.5)


@scenario()
def check_names_the_right_that_kafka_does_not_give(s):
    broker = SecuredBroker(s.directory / "kafka")
    s.extra_brokers.append(broker)
    broker.create_topic("events", 4)
    check(s, BROKERS=broker.bootstrap, **broker.login("wrong")).expect_problems(1).expect(
        "problem", "kafka", "Authentication failed", "TOPKD_RDKAFKA_SASL")
    topic = ("topic events", "right to read it", "grant Read on topic events")
    group = ("group topkd", "grant Read on the group")
    expect_of_kafka(s, broker, "the topic may not be seen", ("topic events", "right to see it", "Read"))
    broker.allow("Describe", "--topic", "events")
    expect_of_kafka(s, broker, "topic and group may not be read", topic, group)
    broker.allow("Read", "--topic", "events")
    expect_of_kafka(s, broker, "the group may not be seen", group)
    broker.allow("Describe", "--group", "topkd")
    expect_of_kafka(s, broker, "the group may not be joined", group)
    broker.allow("Read", "--group", "topkd")
    expect_of_kafka(s, broker, "all is well")
    assert not broker.groups(), "a group was made: %s" % broker.groups()
    broker.create_topic("rejected", 1)
    broker.allow("Describe", "--topic", "rejected")
    letters = ("dead-letter topic rejected", "grant Write on topic rejected")
    expect_of_kafka(s, broker, "dead letters may not be written", letters, DLQ_TOPIC="rejected")
    broker.allow("Write", "--topic", "rejected")
    expect_of_kafka(s, broker, "all is well with dead letters too", DLQ_TOPIC="rejected")
