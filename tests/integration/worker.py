"""One topkd process: start, watch, hurt, stop."""
import os
import random
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from stack import BIN, ROOT, program_env
from wait import wait_for

HOOKS_BIN = Path(os.environ.get("TOPKD_HOOKS_BIN_DIR") or ROOT / "build/gcc-hooks/bin")
SAMPLE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
WORD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')


given_ports = set()


def free_port():
    """Below the range that the kernel hands to clients, so that no outgoing connection takes it before the worker; and
    not one that another worker was given and does not listen on yet."""
    while True:
        port = random.randrange(10000, 20000)
        if port in given_ports:
            continue
        given_ports.add(port)
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)):
                return port


class Metrics(list):
    """Samples (name, labels, value) of one scrape."""

    @classmethod
    def parse(cls, text):
        samples = cls()
        for line in text.splitlines():
            found = SAMPLE.match(line)
            if found and not line.startswith("#"):
                samples.append((found[1], dict(LABEL.findall(found[2] or "")), float(found[3])))
        return samples

    def all(self, name, **labels):
        return [(have, value) for n, have, value in self if n == name and labels.items() <= have.items()]

    def sum(self, name, **labels):
        return sum(value for _, value in self.all(name, **labels))

    def by(self, label, name, **labels):
        found = {}
        for have, value in self.all(name, **labels):
            found[have.get(label)] = found.get(have.get(label), 0) + value
        return found


class Worker:
    """ENV are the settings without their prefix. FAULT="point:kill|stop|hit[:nth]" and the setting TEST_CODE_PATH
    need the build with test doors."""

    def __init__(self, name, directory, env, fault=None):
        self.name, self.fault = name, fault
        self.log = Path(directory) / (name + ".log")
        self.binary = (HOOKS_BIN if fault or "TEST_CODE_PATH" in env else BIN) / "topkd"
        self.port = free_port()
        settings = {"LISTEN": "127.0.0.1:%d" % self.port, **env}
        self.env = program_env({**settings, **({"FAULT": fault} if fault else {})})
        self.frozen = False
        self.started = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(self.binary)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.env)

    # -- looking -----------------------------------------------------------------------------------
    def running(self):
        return self.process.poll() is None

    def get(self, path, timeout_s=5):
        """(status, text) of its HTTP server."""
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.port, path), timeout=timeout_s) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def metrics(self):
        status, text = self.get("/metrics")
        assert status == 200, "/metrics of %s answered %d" % (self.name, status)
        return Metrics.parse(text)

    def ready(self):
        return self.running() and self.get("/readyz")[0] == 200

    def log_text(self):
        return self.log.read_text(errors="replace")

    def events(self, name):
        """Lines of its log with event=NAME, as dicts."""
        found = []
        for line in self.log_text().splitlines():
            words = {k: v.strip('"') for k, v in WORD.findall(line)}
            if words.get("event") == name:
                found.append(words)
        return found

    def rss_bytes(self):
        status = Path("/proc/%d/status" % self.process.pid).read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def cpu_s(self):
        """CPU seconds since it began, of all its threads."""
        words = Path("/proc/%d/stat" % self.process.pid).read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def state(self):
        """The kernel's letter: R, S, T (stopped), Z ..."""
        return Path("/proc/%d/stat" % self.process.pid).read_text().rsplit(")", 1)[1].split()[0]

    # -- waiting -----------------------------------------------------------------------------------
    def await_ready(self, timeout_s=40):
        def probe():
            assert self.running(), "%s ended with %s while it was to become ready:\n%s" % (
                self.name, self.process.returncode, self.tail())
            return self.ready()
        wait_for("%s is ready" % self.name, probe, timeout_s)

    def await_exit(self, timeout_s=30):
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError("%s still runs after %g s:\n%s" % (self.name, timeout_s, self.tail())) from None

    def await_stopped(self, timeout_s=30):
        """Until it has stopped itself at a named point."""
        wait_for("%s has stopped itself at %s" % (self.name, self.fault), lambda: self.state() == "T", timeout_s)
        self.frozen = True

    def tail(self, lines=15):
        return "\n".join("    %s| %s" % (self.name, line[:200]) for line in self.log_text().splitlines()[-lines:])

    # -- hurting -----------------------------------------------------------------------------------
    def kill9(self):
        self.process.kill()
        self.process.wait()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)
        self.frozen = True

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)
        self.frozen = False

    def terminate(self, timeout_s=30):
        """Ask it to stop; its exit code."""
        self.process.terminate()
        return self.await_exit(timeout_s)
