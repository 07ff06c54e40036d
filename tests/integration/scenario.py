"""The stage of one scenario: its own topic, group, board and Redis, and the words in which scenarios are told."""
import random
import re
import subprocess
import threading
import time

import feed
import truth
from resp import Resp
from stack import BIN, Redis, program_env, run
from wait import NotYet, wait_for
from worker import Worker

# Small times, so that what takes minutes in service takes seconds here. The events are years old and a feed covers days
# of them in seconds, hence record time runs fast; the group's times are the shortest that a busy machine keeps.
SETTINGS = {
    "THREADS": 2, "K": 100, "LIST_SIZE": 2000, "LATENESS": "2s", "FUTURE": "5s", "SLACK": "500ms",
    "SETTLE_DELAY": "500ms", "PUBLISH_INTERVAL": "100ms", "CHECKPOINT_INTERVAL": "500ms", "RETENTION": "25h",
    "MEMORY_LIMIT": "256MB", "RDKAFKA_SESSION_TIMEOUT_MS": 3000, "RDKAFKA_HEARTBEAT_INTERVAL_MS": 500,
    "RDKAFKA_FETCH_WAIT_MAX_MS": 50, "RDKAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS": 1000,
}
SESSION_S = 3
# A join of the embedded broker takes nearly a session, and its first one 3 s.
EMBEDDED = {"RDKAFKA_SESSION_TIMEOUT_MS": 4000}
DAMAGE = re.compile(r"Assertion .* failed|ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error: ")
REGISTRY = []


class Skip(Exception):
    """Raised by a scenario that cannot run on this machine; the text says why."""


def scenario(real=True, long=False):
    """Marks a function as a scenario. REAL: needs the real broker. LONG: not in the short set."""
    def mark(function):
        function.real, function.long = real, long
        function.title = function.__module__.removeprefix("test_") + "." + function.__name__
        REGISTRY.append(function)
        return function
    return mark


class Stage:
    def __init__(self, directory, broker, tag, long_run, seed=None):
        self.directory, self.broker, self.long_run = directory, broker, long_run
        self.topic, self.partitions = "events-" + tag, 4
        self.read = None  # topic -> partitions, where it is not the one topic
        self.board, self.group = "board", "group-" + tag
        self.kafka = broker.client()
        self.redis = Redis(directory / "redis")
        self.workers, self.extra_brokers, self.notes = [], [], []
        self.own = {}  # settings of this scenario, of its recount and audit too
        self.seed = seed if seed is not None else random.SystemRandom().randrange(1 << 32)
        self.rng = random.Random(self.seed)

    # -- setting up ----------------------------------------------------------------------------------
    def note(self, fmt, *values):
        """Something to be said in the scenario's line."""
        self.notes.append(fmt % values if values else fmt)

    def use_seed(self):
        self.note("seed %d", self.seed)
        return self.rng

    def use_broker(self, broker):
        """Another broker than the shared one: it may be stopped."""
        self.extra_brokers.append(broker)
        self.broker, self.kafka = broker, broker.client()

    def create_topic(self, partitions=4, **configs):
        self.partitions = partitions
        self.kafka.create_topic(self.topic, partitions, **configs)

    def topics(self):
        """Topic -> partitions of all that is read."""
        return self.read if self.read is not None else {self.topic: self.partitions}

    def settings(self, **more):
        mine = {"BROKERS": self.broker.bootstrap, "TOPICS": self.topic, "GROUP": self.group, "BOARD": self.board,
                "REDIS": self.redis.url}
        return {**SETTINGS, **({} if self.broker.real else EMBEDDED), **mine, **self.own, **more}

    def start_worker(self, fault=None, **more):
        worker = Worker("w%d" % len(self.workers), self.directory, self.settings(**more), fault)
        worker.may_end = "kill" in (fault or "") or more.get("EXIT_AT_END") == 1
        self.workers.append(worker)
        return worker

    def start_workers(self, count=1, **more):
        """COUNT workers, ready: connected, in the group, not rewinding."""
        started = [self.start_worker(**more) for _ in range(count)]
        for worker in started:
            worker.await_ready()
        return started

    def kill(self, worker):
        worker.may_end = True
        worker.kill9()

    def terminate(self, worker, timeout_s=30):
        worker.may_end = True
        return worker.terminate(timeout_s)

    # -- feeding -------------------------------------------------------------------------------------
    def place(self, events, shape="single", batch=50):
        return feed.spread(feed.messages(events, shape, batch), self.partitions)

    def feed(self, events, shape="single", batch=50):
        feed.send(self.kafka, self.topic, self.place(events, shape, batch))

    def seal(self, events, minutes=10):
        """Every minute of EVENTS is over, says a record in each partition."""
        feed.seal(self.kafka, self.topic, self.partitions, feed.after(events, minutes))

    def replay(self, events, shape, batch=50):
        """The same through the project's own load generator, as fast as it goes."""
        path = self.directory / "events.ndjson"
        path.write_bytes(b"".join(e.text + b"\n" for e in events))
        run(BIN / "topkd-loadgen", "--brokers", self.broker.bootstrap, "--topic", self.topic, "--replay", path,
            "--pace", "max", "--shift", "none", "--shape", shape, "--batch", 1 if shape == "single" else batch,
            "--partition", "round-robin", env=program_env({}))

    def load(self, events, seconds, shape="single", batch=50):
        """The events in the background, over SECONDS."""
        return feed.Load(self.broker.client(), self.topic, self.place(events, shape, batch), seconds)

    # -- awaiting ------------------------------------------------------------------------------------
    def alive(self):
        for w in self.workers:
            assert w.may_end or w.running(), "%s ended with %s:\n%s" % (w.name, w.process.returncode, w.tail())

    def expect_no_damage(self):
        """No worker's log has a failed assertion or a sanitizer's report."""
        for w in self.workers:
            found = DAMAGE.search(w.log_text())
            assert not found, "%s: %s" % (w.name, w.log_text()[found.start():found.start() + 3000])

    def wait_for(self, what, probe, timeout_s=60, pause_s=0.1):
        def watched():
            self.alive()
            return probe()
        return wait_for(what, watched, timeout_s, pause_s)

    def running(self):
        return [w for w in self.workers if w.running() and not w.frozen]

    def metric(self, name, **labels):
        """Sum over all workers that answer."""
        return sum(w.metrics().sum(name, **labels) for w in self.running())

    def await_consumed(self, timeout_s=60):
        """Everything in the logs is applied and committed."""
        def behind(topic, partitions):
            ends = self.kafka.ends(topic, partitions)  # markers of transactions may still come
            commits = self.kafka.commits(self.group, topic, partitions)
            return {p: (commits.get(p, (None,))[0], end) for p, end in ends.items()
                    if end and commits.get(p, (None,))[0] != end}

        def probe():
            for topic, partitions in self.topics().items():
                left = behind(topic, partitions)
                if left:
                    raise NotYet("%s: committed, end by partition: %s" % (topic, left))
            return True
        self.wait_for("all of %s is committed" % ", ".join(self.topics()), probe, timeout_s)

    def await_stored(self, timeout_s=60):
        """What is in memory is in Redis too, so that a look at the lists is worth while."""
        self.await_consumed(timeout_s)
        self.wait_for("no bucket is dirty", lambda: self.metric("topkd_dirty_buckets") == 0, timeout_s)

    # -- the truth -----------------------------------------------------------------------------------
    def log(self):
        return [e for topic in sorted(self.topics()) for e in truth.read_log(self.broker.bootstrap, topic)]

    def recount(self, entries=None, **settings):
        return truth.count(self.log() if entries is None else entries, self.settings(**settings))

    def served(self):
        return truth.Served(self.redis, self.board)

    def lists_over(self, counted):
        """The lists whose minute every partition has sealed: these must become final, the others `ended`."""
        lateness_ms = counted.lateness_ms
        log_time = min(counted.log_time.get((topic, p), float("-inf"))
                       for topic, partitions in self.topics().items() for p in range(partitions))
        return {key for key in counted.lists if (key[1] + 1) * 60_000 + lateness_ms <= log_time}

    def await_states(self, counted, lost, timeout_s):
        """Until every list is final, ended or (if it may be) lost, and no note is left for one that is final."""
        over = self.lists_over(counted)

        allowed = {key: {"final" if key in over else "ended"} | ({"lost"} if lost(key) else set())
                   for key in counted.lists}

        def probe():
            served = truth.Served(self.redis, self.board, states_only=True)
            odd = {key for key, states in allowed.items()
                   if served.states.get(key, "none") not in states and not (lost(key) and key not in served.states)}
            if odd:
                seen = {served.states.get(key, "none") for key in odd}
                raise NotYet("%d lists are %s: %s" % (len(odd), "/".join(sorted(seen)), truth.names(odd)))
            final = {key for key, state in served.states.items() if state == "final"}
            left = served.notes() & final
            if left:
                raise NotYet("notes for final lists: " + truth.names(left))
            return True
        self.wait_for("every list has its last state", probe, timeout_s, pause_s=0.25)
        return self.served()

    def await_final(self, timeout_s=60):
        """What is over is final, so that nothing which happens now can touch it."""
        self.await_consumed(timeout_s)
        self.await_states(self.recount(), lambda key: False, timeout_s)

    def expect_truth(self, counted=None, lost=lambda key: False, timeout_s=60):
        """All that was fed is counted exactly: every list equals the recount, is in the right state, and nothing waits.
        Lists for which LOST holds may be lost, or absent. Returns the comparison."""
        self.await_consumed(timeout_s)
        counted = counted or self.recount()
        served = self.await_states(counted, lost, timeout_s)
        found = truth.Comparison(counted.lists, served, self.settings()["K"])
        found.missing = {key for key in found.missing if not lost(key)}
        problems = found.problems() + served.index_problems()
        assert not problems, "\n".join(problems)
        states = served.counts_by_state()
        assert states["open"] == 0, "open lists: %d" % states["open"]
        self.note("%s", found)
        found.counted, found.served = counted, served
        return found

    def expect_outcomes(self, counted):
        """What the workers say became of the events is what the recount says; only if nobody crashed."""
        seen = {}
        for w in self.running():
            for outcome, n in w.metrics().by("outcome", "topkd_events_total").items():
                seen[outcome] = seen.get(outcome, 0) + int(n)
        seen = {k: v for k, v in seen.items() if v}
        want = {k: v for k, v in counted.outcomes.items() if v}
        assert seen == want, "outcomes: the workers say %s, the recount %s" % (seen, want)

    def expect_exact_audit(self, *args, **more):
        """The project's own audit, the second opinion, agrees."""
        done = subprocess.run([str(BIN / "topkd-audit"), "--exact", *args], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                              env=program_env(self.settings(**more)))
        assert done.returncode == 0, "topkd-audit --exact: exit %d\n%s" % (done.returncode, done.stdout[-2000:])

    def watch_finals(self):
        return FinalWatch(self)

    # -- the end -------------------------------------------------------------------------------------
    def close(self):
        for w in self.workers:
            if w.running():
                w.kill9()
        self.redis.kill()
        for broker in self.extra_brokers:
            broker.stop()
        self.kafka.close()

    def tails(self):
        return "\n".join(w.tail(8) for w in self.workers[-3:])


class FinalWatch:
    """Looks at the board all the time: a list once called final must never change, and must be right."""

    def __init__(self, stage):
        self.stage, self.first, self.done = stage, {}, threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        eyes = Resp(self.stage.redis.socket)
        try:
            while not self.done.wait(0.3):
                self._look(truth.Served(eyes, self.stage.board))
        except Exception as e:  # told by finish()
            self.error = e
        finally:
            eyes.close()

    def _look(self, served):
        for key, state in served.states.items():
            if state == "final" and key in served.lists:
                self.first.setdefault(key, served.lists[key])

    def finish(self, found):
        self.done.set()
        self.thread.join(20)
        assert self.error is None, "the watch on final lists failed: %r" % self.error
        changed = {key for key, rows in self.first.items() if found.served.lists.get(key) != rows}
        assert not changed, "changed after they were called final: " + truth.names(changed)
        self.stage.note("%d lists watched from final on", len(self.first))


def pause(seconds):
    """Time that must pass because the scenario is about it (a time-out of somebody else)."""
    time.sleep(seconds)
