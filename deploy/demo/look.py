"""What can be seen from outside: the workers' /metrics and /readyz over HTTP, the lists by plain Redis commands."""
import json
import re
import subprocess
import time
import urllib.error
import urllib.request

BOARD = "topk"
STATE_CHARS = 40
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


class WorkerView:
    """One worker at one moment; everything is 0 while it does not answer."""

    def __init__(self, worker):
        self.worker = worker
        status, reason = http(worker.port, "/readyz") if worker.running() else (None, "")
        if not worker.running():
            self.state = "dead (kill -9)" if worker.killed else "ended with %s" % worker.program.process.returncode
        else:
            self.state = "ready" if status == 200 else " ".join(reason.split())[:STATE_CHARS] or "starting"
        self.sums, self.largest = {}, {}
        if status is not None:
            self._read(http(worker.port, "/metrics"))

    def _read(self, answer):
        status, text = answer
        if status != 200:
            return
        for name, value in SAMPLE.findall(text):
            self.sums[name] = self.sums.get(name, 0) + float(value)
            self.largest[name] = max(self.largest.get(name, 0), float(value))

    def sum(self, name):
        return self.sums.get("topkd_" + name, 0)

    def max(self, name):
        return self.largest.get("topkd_" + name, 0)


class List:
    def __init__(self, location, minute, ranked, state, age_s):
        self.location, self.minute, self.ranked, self.state, self.age_s = location, minute, ranked, state, age_s


class View:
    """The whole at one moment."""

    def __init__(self, workers, lists, rate):
        self.workers, self.lists, self.rate = workers, lists, rate
        self.lag_records = sum(w.sum("lag_records") for w in workers)
        self.lag_s = max([w.max("lag_seconds") for w in workers], default=0)
        self.assigned = sum(w.sum("assigned_partitions") for w in workers)
        self.rewinding = sum(w.sum("rewinding_partitions") for w in workers)
        ages = [each.age_s for each in lists if each.age_s is not None]
        self.age_s = max(ages) if ages else None


class Eyes:
    RATE_WINDOW_S = 3

    def __init__(self, redis, workers, locations_made, locations_shown):
        self.redis, self.workers = redis, workers
        self.locations_made, self.locations_shown = locations_made, locations_shown
        self.locations = ["global"]
        self.applied = {}  # pid -> events of that process so far
        self.counted = []  # (when, events of all processes so far)

    def ask(self, commands):
        """Answers of Redis, in order; [] while it does not answer."""
        done = subprocess.run(self.redis.cli, input="\n".join(commands) + "\n", stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
        try:
            return [json.loads(line) for line in done.stdout.splitlines()]
        except ValueError:
            return []

    def look(self):
        self._choose_locations()
        views = [WorkerView(w) for w in self.workers]
        return View(views, self._lists(), self._rate(views))

    def _choose_locations(self):
        """The busiest as soon as all are there; they stay, so that the columns do not jump."""
        if len(self.locations) > 1:
            return
        known = (self.ask(["ZRANGE %s:locations 0 -1" % BOARD]) or [[]])[0] or []
        names = sorted(name for name in known if name != "global" and not re.search(r"\s|[\"'\\]", name))
        now = minute_text(int(time.time() // 60))
        tops = self.ask(["ZREVRANGE %s:{%s}:%s 0 9 WITHSCORES" % (BOARD, name, now) for name in names])
        if len(names) < self.locations_made or len(tops) < len(names):
            return
        busiest = sorted(zip(tops, names), key=lambda pair: -sum(score for _, score in pair[0]))
        self.locations += [name for _, name in busiest[:self.locations_shown]]

    def _lists(self):
        """Of each location the list of this minute, or, while it is not there yet, of the one before."""
        now_ms = time.time() * 1000
        minute = int(now_ms // 60000)
        commands = []
        for location in self.locations:
            key = "%s:{%s}" % (BOARD, location)
            commands.append("HGET %s:meta updated_at_ms" % key)
            for m in (minute, minute - 1):
                commands += ["ZREVRANGE %s:%s 0 9 WITHSCORES" % (key, minute_text(m)),
                             "HGET %s:states %s" % (key, minute_text(m))]
        answers = self.ask(commands)
        if len(answers) < len(commands):
            return []
        return [self._list(location, minute, answers[i * 5:i * 5 + 5], now_ms)
                for i, location in enumerate(self.locations)]

    @staticmethod
    def _list(location, minute, answers, now_ms):
        updated, ranked, state, ranked_before, state_before = answers
        age_s = max(0, now_ms - int(updated)) / 1000 if updated else None
        if ranked or not ranked_before:
            return List(location, minute, ranked, state, age_s)
        return List(location, minute - 1, ranked_before, state_before, age_s)

    def _rate(self, views):
        """Events a second over the last moments, whichever process read them."""
        for view in views:
            pid = view.worker.pid()
            self.applied[pid] = max(self.applied.get(pid, 0), view.sum("events_total"))
        self.counted.append((time.monotonic(), sum(self.applied.values())))
        while self.counted[-1][0] - self.counted[0][0] > self.RATE_WINDOW_S:
            self.counted.pop(0)
        (t0, n0), (t1, n1) = self.counted[0], self.counted[-1]
        return (n1 - n0) / (t1 - t0) if t1 > t0 else 0
