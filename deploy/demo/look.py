"""What can be seen from outside: the workers' /metrics and /readyz over HTTP, the lists by plain Redis commands."""
import json
import re
import subprocess
import time
import urllib.error
import urllib.request

from screen import RANKS_MAX

BOARD = "topk"
GLOBAL = "global"
SAMPLE = re.compile(r"^([a-z_]+)(?:\{.*\})? (\S+)$", re.M)


def http(port, path):
    """(status, text), or (None, why)."""
    try:
        with urllib.request.urlopen("http://127.0.0.1:%d%s" % (port, path), timeout=1) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()
    except OSError as e:
        return None, str(e)


def minute_text(minute):
    return time.strftime("%Y-%m-%dT%H:%M", time.gmtime(minute * 60))


def list_key(location, minute):
    return "%s:{%s}:%s" % (BOARD, location, minute_text(minute))


# -- what is seen at one moment ----------------------------------------------------------------------------------------
class WorkerView:
    """One worker; every metric is 0 while it does not answer."""

    def __init__(self, name, pid, alive, state, metrics=""):
        self.name, self.pid, self.alive, self.state = name, pid, alive, state
        self.sums, self.largest = {}, {}
        for sample, value in SAMPLE.findall(metrics):
            self.sums[sample] = self.sums.get(sample, 0) + float(value)
            self.largest[sample] = max(self.largest.get(sample, 0), float(value))

    def sum(self, name):
        return self.sums.get("topkd_" + name, 0)

    def max(self, name):
        return self.largest.get("topkd_" + name, 0)


def look_at_worker(worker):
    def seen(state, metrics=""):
        return WorkerView(worker.name, worker.pid(), worker.running(), state, metrics)
    if not worker.running():
        return seen("dead (kill -9)" if worker.killed else "ended with %s" % worker.program.process.returncode)
    ready, reason = http(worker.port, "/readyz")
    if ready is None:
        return seen("starting")
    status, metrics = http(worker.port, "/metrics")
    return seen("ready" if ready == 200 else " ".join(reason.split()), metrics if status == 200 else "")


class ListView:
    """A list: (item, score) by rank, its state (None: not there), and how long ago its location was written."""

    def __init__(self, location, minute, ranked, state, age_s):
        self.location, self.minute, self.ranked, self.state, self.age_s = location, minute, ranked, state, age_s


class View:
    """Everything."""

    def __init__(self, workers, lists, rate, redis_port):
        self.workers, self.lists, self.rate, self.redis_port = workers, lists, rate, redis_port
        self.lag_records = sum(w.sum("lag_records") for w in workers)
        self.lag_s = max([w.max("lag_seconds") for w in workers], default=0)
        self.assigned = sum(w.sum("assigned_partitions") for w in workers)
        self.rewinding = sum(w.sum("rewinding_partitions") for w in workers)
        self.age_s = max([each.age_s for each in lists if each.age_s is not None], default=None)

    def command(self, ranks):
        """What a shell is told to see the first list; its answer has that many RANKS."""
        if not self.lists:
            return ""
        return "redis-cli -p %d ZREVRANGE '%s' 0 %d WITHSCORES" % (
            self.redis_port, list_key(self.lists[0].location, self.lists[0].minute), ranks - 1)


# -- looking -----------------------------------------------------------------------------------------------------------
class Observer:
    RATE_WINDOW_S = 3

    def __init__(self, redis, workers, locations_made, locations_shown):
        self.redis, self.workers = redis, workers
        self.locations_made, self.locations_shown = locations_made, locations_shown
        self.locations = [GLOBAL]
        self.applied = {}  # pid -> events of that process so far
        self.counted = []  # (when, events of all processes so far)

    def look(self):
        self._choose_locations()
        workers = [look_at_worker(w) for w in self.workers]
        return View(workers, self._lists(), self._rate(workers), self.redis.port)

    def _ask(self, commands):
        """Answers of Redis, in order; [] while it does not answer."""
        done = subprocess.run(self.redis.cli + ["--json"], input="\n".join(commands) + "\n", stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, errors="replace")
        try:
            return [json.loads(line) for line in done.stdout.splitlines()]
        except ValueError:
            return []

    def _choose_locations(self):
        """The busiest, as soon as all are there. They stay, so that the columns do not jump."""
        if len(self.locations) > 1:
            return
        known = (self._ask(["ZRANGE %s:locations 0 -1" % BOARD]) or [[]])[0] or []
        names = sorted(name for name in known if name != GLOBAL and not re.search(r"\s|[\"'\\]", name))
        now = int(time.time() // 60)
        tops = self._ask(["ZREVRANGE %s 0 9 WITHSCORES" % list_key(name, now) for name in names])
        if len(names) < self.locations_made or len(tops) < len(names):
            return
        busiest = sorted(zip(tops, names), key=lambda pair: -sum(score for _, score in pair[0]))
        self.locations += [name for _, name in busiest[:self.locations_shown]]

    def _lists(self):
        """The list of this minute for each location. While it is not there yet, the one before."""
        now_ms = time.time() * 1000
        minute = int(now_ms // 60000)
        commands = []
        for location in self.locations:
            key = "%s:{%s}" % (BOARD, location)
            commands.append("HGET %s:meta updated_at_ms" % key)
            for m in (minute, minute - 1):
                commands += ["ZREVRANGE %s 0 %d WITHSCORES" % (list_key(location, m), RANKS_MAX - 1),
                             "HGET %s:states %s" % (key, minute_text(m))]
        answers = self._ask(commands)
        if len(answers) < len(commands):
            return []
        return [self._list(location, minute, answers[i * 5:i * 5 + 5], now_ms)
                for i, location in enumerate(self.locations)]

    @staticmethod
    def _list(location, minute, answers, now_ms):
        updated, ranked, state, ranked_before, state_before = answers
        age_s = max(0, now_ms - int(updated)) / 1000 if updated else None
        if ranked or not ranked_before:
            return ListView(location, minute, ranked or [], state, age_s)
        return ListView(location, minute - 1, ranked_before, state_before, age_s)

    def _rate(self, workers):
        """Events a second over the last moments, whichever process read them."""
        for worker in workers:
            self.applied[worker.pid] = max(self.applied.get(worker.pid, 0), worker.sum("events_total"))
        self.counted.append((time.monotonic(), sum(self.applied.values())))
        while self.counted[-1][0] - self.counted[0][0] > self.RATE_WINDOW_S:
            self.counted.pop(0)
        (t0, n0), (t1, n1) = self.counted[0], self.counted[-1]
        return (n1 - n0) / (t1 - t0) if t1 > t0 else 0
