"""The processes of the demo: broker, Redis, workers, load, audit. Whoever starts one ends it."""
import os
import signal
import socket
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build/bin"
LOCAL = ROOT / "deploy/local"
HOME = ROOT / "build/demo"
LOGS = HOME / "logs"
TOPIC, PARTITIONS = "views", 16


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment(settings):
    """The caller's environment with SETTINGS, and without settings of the caller's own: they would be taken too."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("TOPKD_")}
    env.update({"TOPKD_" + name: str(value) for name, value in settings.items()})
    return env


class Program:
    """One process with its log in LOGS. It has a session of its own, so that only show.py gets a Ctrl-C."""

    def __init__(self, name, command, settings=None, **popen):
        self.name = name
        self.log = LOGS / (name.replace(" ", "-") + ".log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(word) for word in command], env=environment(settings or {}),
                                            start_new_session=True, stderr=log,
                                            **{"stdin": subprocess.DEVNULL, "stdout": log, **popen})

    def running(self):
        return self.process.poll() is None

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def end(self, timeout_s=15):
        """Asks it to stop, and kills it if it does not. Returns its exit code."""
        if self.running():
            self.process.terminate()
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill9()
            return -signal.SIGKILL

    def log_text(self):
        return self.log.read_text(errors="replace")

    def tail(self, lines=10):
        return "\n".join(self.log_text().splitlines()[-lines:])


def local(script, *arguments, **env):
    """The words that a script of deploy/local prints."""
    command = [str(LOCAL / script), *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, **env})
    if done.returncode:
        raise SystemExit("demo: %s: %s" % (" ".join(command), done.stderr.strip()))
    return done.stdout.split()


class RealBroker:
    title = "a real Kafka (KRaft, one node)"
    limits = []
    # A dead worker's partitions have a new owner in about 4 s.
    client_settings = {"RDKAFKA_SESSION_TIMEOUT_MS": 3000, "RDKAFKA_HEARTBEAT_INTERVAL_MS": 500}
    rate, linger_ms, longest_s = 20000, 20, None

    def start(self):
        self.bootstrap = local("kafka", "start", HOME / "kafka")[-1]
        local("kafka", "tool", "org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.bootstrap, "--create",
              "--topic", TOPIC, "--partitions", PARTITIONS)

    def end(self):
        local("kafka", "stop", HOME / "kafka")


class EmbeddedBroker:
    title = "the embedded broker (a mock)"
    limits = ["librdkafka's mock of Kafka: a takeover takes 6 s, it cannot restart,",
              "it has no transactions and no lag tools. KAFKA=real has all that."]
    # Not below 3.5 s: see cmd/topkd-mockbroker/main.c. An empty fetch is answered only after its full wait.
    client_settings = {"RDKAFKA_SESSION_TIMEOUT_MS": 3500, "RDKAFKA_HEARTBEAT_INTERVAL_MS": 500,
                       "RDKAFKA_FETCH_WAIT_MAX_MS": 50}
    # It keeps 5 MiB of a partition, and the audit needs everything that was sent. Measured: an event takes 23 bytes of
    # that (25 events a message, lz4, this linger.ms), so this rate fills it in about 360 s.
    rate, linger_ms, longest_s = 10000, 100, 240
    program = None

    def start(self):
        self.program = Program("broker", [BIN / "topkd-mockbroker", "--topic", "%s:%d" % (TOPIC, PARTITIONS)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        answer = self.program.process.stdout.readline().decode().strip()
        if not answer.startswith("bootstrap="):
            raise SystemExit("demo: the embedded broker does not start:\n" + self.program.tail())
        self.bootstrap = answer[len("bootstrap="):]

    def end(self):
        if self.program:
            self.program.end()


class Redis:
    def __init__(self, folder):
        self.folder = folder

    def start(self):
        """At a port, not at a socket: so the command on the board is short, whatever the path of the checkout."""
        self.url = local("redis", "start", self.folder, REDIS_PORT="free")[-1]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.cli = ["redis-cli", "-p", str(self.port)]

    def end(self):
        local("redis", "stop", self.folder)


class Worker:
    def __init__(self, name, settings):
        self.name, self.settings = name, settings
        self.killed = False
        self.start()

    def start(self):
        self.port = free_port()
        self.program = Program(self.name, [BIN / "topkd"], {**self.settings, "LISTEN": "127.0.0.1:%d" % self.port})

    def pid(self):
        return self.program.process.pid

    def running(self):
        return self.program.running()

    def kill9(self):
        self.program.kill9()
        self.killed = True
