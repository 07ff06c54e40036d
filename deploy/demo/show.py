"""The demo: starts the parts, shows the board, kills a worker half way, and lets the audit judge."""
import fcntl
import os
import shutil
import signal
import sys
import time

import parts
import tally
from look import Observer
from screen import BOLD, DIM, GREEN, RED, Screen
from text import number

FRAME_S = 0.5
KILL_AFTER_S = 15  # where nobody knows when half of the time is over
RESTART_AFTER_S = 1.5  # long enough to see that the other worker has everything
RESTART_AFTER_MOST_S = 9
LOAD_END_TIMEOUT_S = 40  # it waits up to 30 s for the broker's answers
AUDIT_WAIT = "2m"
FIRST_LIST_TIMEOUT_S = 60
LOCATIONS_SHOWN = 5
BATCH, ITEMS, LOCATIONS = 25, 300, 12

# A minute, LATENESS, SLACK, and a little.
LAST_MINUTE_ENDS_S = 75
# Short enough that minutes become final while one watches. Each location has fewer items (300) than LIST_SIZE, so that
# all counts are exact.
WORKER_SETTINGS = {
    "TOPICS": parts.TOPIC, "GROUP": "demo", "THREADS": 1, "LIST_SIZE": 400, "PUBLISH_INTERVAL": "250ms",
    "CHECKPOINT_INTERVAL": "2s", "LATENESS": "10s", "FUTURE": "10s", "SLACK": "2s", "SETTLE_DELAY": "2s",
}


class Stopped(Exception):
    """The user or the system wants the demo to end now."""


class Crash:
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
        self.screen.say("kill -9 %d: %s is dead, and could save nothing" % (pid, self.victim.name), RED)

    def continue_with(self, view):
        if self.killed_at is None or self.back_at is not None:
            return
        now = time.monotonic()
        if self.taken_over_at is None and self._taken_over(view):
            self.taken_over_at = now
            self.screen.say("%.1f s after the kill the other worker has all partitions and no lag"
                            % (now - self.killed_at), GREEN)
        if now >= min((self.taken_over_at or now) + RESTART_AFTER_S, self.killed_at + RESTART_AFTER_MOST_S):
            self.back_at = now
            self.victim.start()
            self.screen.say("%s starts again (pid %d)" % (self.victim.name, self.victim.pid()), GREEN)

    @staticmethod
    def _taken_over(view):
        return view.assigned == parts.PARTITIONS and view.rewinding == 0 and view.lag_s < 2


def what_is_wrong(made, counted, audit_status):
    """What speaks against the verdict `exact`, in words. A tally may be None: it is not known."""
    wrong = []
    if audit_status != 0:
        wrong.append("the lists are not exact (topkd-audit ended with %d)" % audit_status)
    if made is None or counted is None:
        wrong.append("a tally is missing")
    elif made != counted:
        wrong.append("the two tallies differ")
    return wrong


class Demo:
    def __init__(self):
        self.broker = parts.EmbeddedBroker() if os.environ.get("KAFKA") == "embedded" else parts.RealBroker()
        self.redis = parts.Redis(parts.HOME / "redis")
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
        if not wanted.isdecimal() or int(wanted) < 1:
            raise SystemExit("demo: DEMO_SECONDS: expected a whole number, got '%s': choose 1 or more" % wanted)
        return min(int(wanted), self.broker.longest_s or int(wanted))

    # -- the acts ------------------------------------------------------------------------------------------------------
    def run(self):
        """The exit status: 0 if every list and both tallies are right."""
        self._start()
        self._await_first_list()
        self._watch()
        made = self._end_load()
        report, audit_status = self._audit()
        return self._judge(made, report, audit_status)

    def _start(self):
        say = self.screen.say
        say("broker: " + self.broker.title)
        for line in self.broker.limits:
            say("  " + line, DIM)
        if self.broker.longest_s:
            say("  Its log holds %d s of this load. Then the demo ends by itself." % self.broker.longest_s, DIM)
        self.broker.start()
        self.redis.start()
        self.settings = {**WORKER_SETTINGS, "BROKERS": self.broker.bootstrap, "REDIS": self.redis.url,
                         **self.broker.client_settings}
        self.workers += [parts.Worker("worker %d" % n, self.settings) for n in (1, 2)]
        # Late by 300 s, the load generator's default: far more than a minute, LATENESS, and any pause of a partition.
        self.load = parts.Program("load", [
            parts.BIN / "topkd-loadgen", "--rate", self.broker.rate, "--seconds", 0, "--items", ITEMS,
            "--locations", LOCATIONS, "--zipf-items", "1.0", "--zipf-locations", "1.0", "--batch", BATCH,
            "--shape", "lines", "--key", "random", "--seed", 1, "--spike", "20:20s:6s", "--late", "0.2", "--bad", "0.1",
            "--stats-interval", "1s"],
            {"BROKERS": self.broker.bootstrap, "TOPICS": parts.TOPIC, "RDKAFKA_LINGER_MS": self.broker.linger_ms})
        say("load: %s events/s, %d items, %d locations, 0.2 %% late, 0.1 %% bad" % (
            number(self.broker.rate), ITEMS, LOCATIONS))
        self.observer = Observer(self.redis, self.workers, LOCATIONS, LOCATIONS_SHOWN)

    def _await_first_list(self):
        while self.first_list_s is None:
            view = self.observer.look()
            if any(each.ranked for each in view.lists):
                self.first_list_s = time.monotonic() - self.started
                self.screen.say("first list %.1f s after the start" % self.first_list_s)
            elif time.monotonic() - self.started > FIRST_LIST_TIMEOUT_S:
                raise SystemExit("demo: expected a list within %d s, got none: see the logs in %s\n%s" % (
                    FIRST_LIST_TIMEOUT_S, parts.LOGS, self.workers[0].program.tail()))
            else:
                self._expect_all_to_run()
                time.sleep(0.1)

    def _watch(self):
        begun = time.monotonic()
        kill_at = KILL_AFTER_S if self.lasts_s is None else min(KILL_AFTER_S, self.lasts_s / 2)
        crash = Crash(self.workers[0], self.screen)
        while not self.asked_to_end:
            t = time.monotonic() - begun
            if self.lasts_s is not None and t >= self.lasts_s:
                break
            if t >= kill_at:
                crash.begin()
            view = self.observer.look()
            crash.continue_with(view)
            self._expect_all_to_run(crash.victim)
            self.screen.show(view, self._clock(t))
            time.sleep(FRAME_S)

    def _expect_all_to_run(self, victim=None):
        """VICTIM may be dead."""
        for worker in self.workers:
            if worker is not victim and not worker.running():
                raise SystemExit("demo: %s has ended:\n%s" % (worker.name, worker.program.tail()))
        if not self.load.running():
            raise SystemExit("demo: the load generator has ended:\n" + self.load.tail())

    def _end_load(self):
        """What it made, by outcome; None if it does not say, or if the broker has not acknowledged everything."""
        status = self.load.end(LOAD_END_TIMEOUT_S)
        made = tally.made(self.load.log_text()) if status == 0 else None
        if made is None:
            self.screen.say("the load has stopped, and is not sure what reached the log", RED)
            self.screen.say(self.load.tail(1), DIM)
        else:
            self.screen.say("the load has stopped: it made %s events, %s of them late" % (
                number(sum(made.values())), number(made.get("late", 0))))
        return made

    def _audit(self):
        """The audit recounts the topic from its beginning, in its own way. The board goes on meanwhile. Its report, and
        its exit status."""
        self.screen.say("the audit recounts the topic after its last minute (%d s at most)" % LAST_MINUTE_ENDS_S)
        report = parts.LOGS / "audit.txt"
        with open(report, "wb") as file:
            self.audit = parts.Program("audit", [parts.BIN / "topkd-audit", "--exact", "--wait", AUDIT_WAIT],
                                       self.settings, stdout=file)
        while self.audit.running():
            if self.screen.tty:
                self.screen.show(self.observer.look(), "the audit is at work")
            time.sleep(FRAME_S)
        self.screen.close()
        self.screen.print_board(self.observer.look(), "at the end")
        return report.read_text(errors="replace"), self.audit.process.returncode

    def _judge(self, made, report, audit_status):
        counted = tally.counted(report)
        self.screen.print("\n" + report.rstrip())
        if audit_status != 0:
            self.screen.print(self.audit.tail())
        if made is not None and counted is not None:
            self.screen.print("events by outcome, as the load generator made and the audit counted them\n"
                              + tally.table(made, counted))
        wrong = what_is_wrong(made, counted, audit_status)
        if wrong:
            self.screen.say("verdict: WRONG: " + ", and ".join(wrong) + ".", "%s;%s" % (BOLD, RED))
        else:
            self.screen.say("verdict: exact. Every list equals an independent recount, and both tallies agree.",
                            "%s;%s" % (BOLD, GREEN))
        return 1 if wrong else 0

    def _clock(self, t):
        whole = "" if self.lasts_s is None else " of %d s" % self.lasts_s
        return "%d s%s%s" % (t, whole, "   Ctrl-C ends the load" if self.screen.tty else "")

    # -- the end -------------------------------------------------------------------------------------------------------
    def end_all(self):
        """Needs no terminal: it may be gone."""
        programs = [p for p in [self.audit, self.load] + [w.program for w in self.workers] if p is not None]
        for program in programs:
            if program.running():
                program.process.terminate()
        for program in programs:
            program.end()
        self.redis.end()
        self.broker.end()

    def interrupt(self, *_):
        """The first Ctrl-C ends the load and asks for the verdict, the second ends everything."""
        if self.asked_to_end or self.first_list_s is None:
            raise Stopped()
        self.asked_to_end = True


def stop(*_):
    raise Stopped()


def catch_signals(demo):
    signal.signal(signal.SIGINT, demo.interrupt)
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)


def ignore_signals():
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)


def remove_all_but_logs():
    for log in parts.HOME.glob("*/*.log"):
        log.rename(parts.LOGS / log.name)
    for each in parts.HOME.iterdir():
        if each != parts.LOGS:
            shutil.rmtree(each)


def take_lock():
    """Held while the file is open. A second demo in this checkout would remove the folder of the first."""
    lock = open(parts.ROOT / "build/demo.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit("demo: another one runs in this checkout: end it first") from None
    return lock


def main():
    lock = take_lock()
    shutil.rmtree(parts.HOME, ignore_errors=True)
    parts.LOGS.mkdir(parents=True)
    demo = Demo()
    catch_signals(demo)
    try:
        status = demo.run()
    except Stopped:
        status = 130
    finally:
        ignore_signals()
        demo.end_all()
        remove_all_but_logs()
        demo.screen.close()
    lock.close()
    print("Logs: " + str(parts.LOGS.relative_to(parts.ROOT)))
    return status


if __name__ == "__main__":
    sys.exit(main())
