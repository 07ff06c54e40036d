"""One worker that reads a topic from its beginning to its end, watched from outside.

The worker shows its counters once a publish tick, so its rate is taken between its assignment and the last tick before
everything was read: at a tick nothing is in between, and the wait for the first or after the last does not count."""
import time
from pathlib import Path

from lab import log_time_s, reap

LOOK_S = 0.8     # into the second: the tick of the second is over by then
THREADS_S = 0.1  # between two looks at the threads
GROUPS = ("librdkafka", "consumers", "publisher", "merger", "rest")


def group_of(thread):
    """Of GROUPS, by the name of a thread."""
    if thread.startswith("rdk:"):
        return "librdkafka"
    if thread.startswith("consumer-"):
        return "consumers"
    return thread if thread in GROUPS else "rest"


class Threads:
    """CPU of the threads of a process, as last seen: those that have ended since stay in."""

    def __init__(self, pid):
        self.tasks, self.seen = Path("/proc/%d/task" % pid), {}

    def look(self):
        try:
            for task in self.tasks.iterdir():
                cpu_ns = int((task / "schedstat").read_text().split()[0])
                self.seen[task.name] = (task / "comm").read_text().strip(), cpu_ns / 1e9
        except (OSError, IndexError):  # ended while we looked
            pass

    def shares(self, total_cpu_s):
        """Group -> share of TOTAL_CPU_S. What no look has caught is in the rest."""
        spent = dict.fromkeys(GROUPS, 0.0)
        for name, cpu_s in self.seen.values():
            spent[group_of(name)] += cpu_s
        spent["rest"] += max(0, total_cpu_s - sum(spent.values()))
        return {group: cpu_s / total_cpu_s for group, cpu_s in spent.items()}


class Drain:
    def __init__(self, lab, topic, events, threads, **more):
        self.events, self.samples = events, []
        lab.redis("FLUSHALL")
        self.worker = lab.worker(topic, lab.name("drain"), EXIT_AT_END=1, THREADS=threads, **more)
        self.threads = Threads(self.worker.process.pid)
        self.usage = self._watch()
        self.seconds = time.monotonic() - self.worker.started
        if self.worker.process.returncode != 0 or self.applied() != events:
            raise SystemExit("bench: the worker ended with %s, %d of %d events applied\n%s" % (
                self.worker.process.returncode, self.applied(), events, self.worker.tail()))

    def applied(self):
        return self.samples[-1][1] if self.samples else 0

    def _watch(self):
        next_look, next_threads = int(time.time()) + LOOK_S, 0
        while not (usage := reap(self.worker.process)):
            if time.monotonic() >= next_threads:
                self.threads.look()
                next_threads = time.monotonic() + THREADS_S
            if time.time() >= next_look:
                self._look()
                next_look = int(time.time()) + 1 + LOOK_S
            time.sleep(0.02)
        return usage

    def _look(self):
        tick = int(time.time())
        try:
            self.samples.append((tick, self.worker.metrics().sum("topkd_events_total", outcome="applied")))
        except OSError:  # not listening yet, or not any more
            pass

    def rate(self):
        """Events a second; a lower bound if all was read within the first tick."""
        start = min(log_time_s(e) for e in self.worker.events("partition_assigned"))
        whole = [(tick, n) for tick, n in self.samples if 0 < n < self.events]
        end, n = whole[-1] if whole else next((tick, n) for tick, n in self.samples if n == self.events)
        return n / (end - start)

    def cpu(self):
        """s for a million events; the same as us an event."""
        return self.usage.cpu_s * 1e6 / self.events

    def shares(self):
        return self.threads.shares(self.usage.cpu_s)
