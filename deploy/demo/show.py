"""The demo's director: starts the parts, shows the board, kills a worker half way, lets the audit judge."""
import fcntl
import os
import shutil
import signal
import sys
import time

import parts
from look import Eyes
from screen import Screen, number

FRAME_S = 0.5
KILL_AFTER_S = 15  # on a terminal, where there is no half way
RESTART_AFTER_S = 1.5  # the other worker has everything: let that be seen
RESTART_AFTER_MOST_S = 9
AUDIT_WAIT = "2m"
FIRST_LIST_TIMEOUT_S = 60
LOCATIONS_SHOWN = 3
BATCH, ITEMS, LOCATIONS = 25, 300, 12

# A minute, LATENESS, SLACK, and a little.
LAST_MINUTE_ENDS_S = 75
# Short enough that minutes become final while one watches; items a location (300) below LIST_SIZE: counts are exact.
WORKER_SETTINGS = {
    "TOPICS": parts.TOPIC, "GROUP": "demo", "THREADS": 1, "LIST_SIZE": 400, "PUBLISH_INTERVAL": "250ms",
    "CHECKPOINT_INTERVAL": "2s", "LATENESS": "10s", "FUTURE": "10s", "SLACK": "2s", "SETTLE_DELAY": "2s",
}


class Stopped(Exception):
    """The user or the system wants us gone now."""


class Fall:
    """A worker's death without warning, the takeover by the other one, and the return."""

    def __init__(self, victim, screen):
        self.victim, self.screen = victim, screen
        self.killed_at = self.taken_over_at = self.back_at = None

    def begin(self):
        if self.killed_at is not None:
            return
        self.killed_at = time.monotonic()
        pid = self.victim.pid()
        self.victim.kill9()
        self.screen.say("kill -9 %d: %s is dead, and had no chance to save anything" % (pid, self.victim.name), "31")

    def go_on(self, view):
        if self.killed_at is None or self.back_at is not None:
            return
        now = time.monotonic()
        if self.taken_over_at is None and self._all_owned(view):
            self.taken_over_at = now
            self.screen.say("%.1f s after the kill the other worker has all partitions and is at the end of their logs"
                            % (now - self.killed_at), "32")
        if now >= min((self.taken_over_at or now) + RESTART_AFTER_S, self.killed_at + RESTART_AFTER_MOST_S):
            self.back_at = now
            self.victim.start()
            self.screen.say("%s starts again (pid %d)" % (self.victim.name, self.victim.pid()), "32")

    @staticmethod
    def _all_owned(view):
        return view.assigned == parts.PARTITIONS and view.rewinding == 0 and view.lag_s < 2


class Show:
    def __init__(self):
        self.broker = parts.EmbeddedBroker() if os.environ.get("KAFKA") == "embedded" else parts.RealBroker()
        self.redis = parts.Redis()
        self.workers, self.load, self.audit = [], None, None
        self.asked_to_end = False
        self.screen = Screen(self.broker.title)
        self.started = time.monotonic()
        self.first_list_s = None
        self.lasts_s = self._lasts()

    def _lasts(self):
        """Seconds from the first list to the end of the load, or None: until Ctrl-C."""
        wanted = os.environ.get("DEMO_SECONDS") or (None if self.screen.tty else "30")
        if wanted is None:
            return self.broker.longest_s
        if not wanted.isdigit() or int(wanted) < 1:
            raise SystemExit("demo: DEMO_SECONDS is a whole number of seconds, not '%s'" % wanted)
        return min(int(wanted), self.broker.longest_s or int(wanted))

    # -- the acts ----------------------------------------------------------------------------------
    def run(self):
        self._start()
        self._await_first_list()
        self._watch()
        self._end_load()
        return self._judge()

    def _start(self):
        say = self.screen.say
        say("broker: " + self.broker.title)
        if self.broker.cannot_show:
            say("        " + self.broker.cannot_show, "2")
            say("        Its log holds %d s of this load; then the demo ends by itself." % self.broker.longest_s, "2")
        self.broker.start()
        self.redis.start()
        self.settings = {**WORKER_SETTINGS, "BROKERS": self.broker.bootstrap, "REDIS": self.redis.url,
                         **self.broker.client_settings}
        self.workers += [parts.Worker("worker %d" % n, self.settings) for n in (1, 2)]
        self.load = parts.Program("load", [
            parts.BIN / "topkd-loadgen", "--rate", self.broker.rate, "--seconds", 0, "--items", ITEMS, "--locations", LOCATIONS,
            "--zipf-items", "1.0", "--zipf-locations", "1.0", "--batch", BATCH, "--shape", "lines", "--key", "random",
            "--seed", 1, "--spike", "20:20s:6s", "--late", "0.2:90", "--bad", "0.1", "--stats-interval", "1s"],
            {"BROKERS": self.broker.bootstrap, "TOPICS": parts.TOPIC, "RDKAFKA_LINGER_MS": self.broker.linger_ms})
        say("load:   %s events/s, %d a message, %d items, %d locations; 0.2 %% late, 0.1 %% bad" % (
            number(self.broker.rate), BATCH, ITEMS, LOCATIONS))
        self.eyes = Eyes(self.redis, self.workers, LOCATIONS, LOCATIONS_SHOWN)

    def _await_first_list(self):
        while self.first_list_s is None:
            view = self.eyes.look()
            if any(each.ranked for each in view.lists):
                self.first_list_s = time.monotonic() - self.started
                self.screen.say("first list %.1f s after the start" % self.first_list_s)
            elif time.monotonic() - self.started > FIRST_LIST_TIMEOUT_S:
                raise SystemExit("demo: no list after %d s; the logs are in %s\n%s" % (
                    FIRST_LIST_TIMEOUT_S, parts.LOGS, self.workers[0].program.tail()))
            else:
                self._complain_of_the_dead()
                time.sleep(0.1)

    def _watch(self):
        begun = time.monotonic()
        kill_at = KILL_AFTER_S if self.lasts_s is None else min(KILL_AFTER_S, self.lasts_s / 2)
        fall = Fall(self.workers[0], self.screen)
        while not self.asked_to_end:
            t = time.monotonic() - begun
            if self.lasts_s is not None and t >= self.lasts_s:
                break
            if t >= kill_at:
                fall.begin()
            view = self.eyes.look()
            fall.go_on(view)
            self._complain_of_the_dead(fall.victim)
            self.screen.show(view, self._clock(t))
            time.sleep(FRAME_S)

    def _complain_of_the_dead(self, expected=None):
        for worker in self.workers:
            if worker is not expected and not worker.running():
                raise SystemExit("demo: %s has ended:\n%s" % (worker.name, worker.program.tail()))
        if not self.load.running():
            raise SystemExit("demo: the load generator has ended:\n" + self.load.tail())

    def _end_load(self):
        self.load.end()
        self.screen.say("the load has stopped; its own account:")
        for line in self.load.tail(1).split("\n"):
            self.screen.say("    " + line, "2")

    def _judge(self):
        """The audit recounts the topic from its beginning, in its own way; the board goes on meanwhile."""
        self.screen.say("the audit counts the whole topic again and compares, when the last minute has ended (within %d s)"
                        % LAST_MINUTE_ENDS_S)
        out = parts.LOGS / "audit.txt"
        with open(out, "wb") as file:
            self.audit = parts.Program("audit", [parts.BIN / "topkd-audit", "--exact", "--wait", AUDIT_WAIT], self.settings,
                                       stdout=file)
        while self.audit.running():
            if self.screen.tty:
                self.screen.show(self.eyes.look(), "the audit is at work ")
            time.sleep(FRAME_S)
        self.screen.close()
        self.screen.print_board(self.eyes.look(), "at the end")
        verdict = self.audit.process.returncode
        print("\n" + out.read_text(errors="replace"), end="")
        if verdict == 0:
            self.screen.say("verdict: exact. Every list equals an independent recount of the topic.", "1;32")
        else:
            print(self.audit.tail())
            self.screen.say("verdict: NOT exact (topkd-audit ended with %d)." % verdict, "1;31")
        return 0 if verdict == 0 else 1

    def _clock(self, t):
        whole = "" if self.lasts_s is None else "of %d s" % self.lasts_s
        return "%d s %s%s" % (t, whole, "   Ctrl-C ends the load" if self.screen.tty else "")

    # -- the end -----------------------------------------------------------------------------------
    def end_all(self):
        """Needs no terminal: it may be gone."""
        for program in [self.audit, self.load] + [w.program for w in self.workers]:
            if program is not None and program.running():
                program.process.terminate()
        for program in [self.audit, self.load] + [w.program for w in self.workers]:
            if program is not None:
                program.end()
        self.redis.end()
        self.broker.end()

    def interrupt(self, *_):
        """The first Ctrl-C ends the load and asks for the verdict, the second ends all."""
        if self.asked_to_end or self.first_list_s is None:
            raise Stopped()
        self.asked_to_end = True


def stop(*_):
    raise Stopped()


def catch_signals(show):
    signal.signal(signal.SIGINT, show.interrupt)
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)


def ignore_signals():
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)


def remove_all_but_logs():
    for each in parts.HOME.iterdir():
        if each != parts.LOGS:
            shutil.rmtree(each)


def only_one():
    """A lock on this checkout's demo, while the file is open: a second would clear the folder of the first."""
    lock = open(parts.ROOT / "build/demo.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit("demo: another one is running here") from None
    return lock


def main():
    lock = only_one()
    shutil.rmtree(parts.HOME, ignore_errors=True)
    parts.LOGS.mkdir(parents=True)
    show = Show()
    catch_signals(show)
    try:
        status = show.run()
    except Stopped:
        status = 130
    finally:
        ignore_signals()
        show.end_all()
        remove_all_but_logs()
        show.screen.close()
    lock.close()
    print("Logs: " + str(parts.LOGS.relative_to(parts.ROOT)))
    return status


if __name__ == "__main__":
    sys.exit(main())
