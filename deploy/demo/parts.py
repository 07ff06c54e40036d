"""The processes of the demo: broker, Redis, workers, load, audit. Whatever is started here is ended by `end_all`."""
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
    """Ours without settings that the caller's shell may hold, for a program takes an unknown one for a mistake."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("TOPKD_")}
    env.update({"TOPKD_" + name: str(value) for name, value in settings.items()})
    return env


class Program:
    """One process with its log in LOGS, in a session of its own: a Ctrl-C is for the director alone."""

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
        """Ask it to stop; make it, if it does not. Its exit code."""
        if self.running():
            self.process.terminate()
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill9()
            return -signal.SIGKILL

    def tail(self, lines=10):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def local(script, *arguments, **env):
    """Output of a script of deploy/local."""
    command = [str(LOCAL / script), *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, **env})
    if done.returncode:
        raise SystemExit("demo: %s: %s" % (" ".join(command), done.stderr.strip()))
    return done.stdout.split()


class RealBroker:
    title = "a real Kafka (KRaft, one node)"
    cannot_show = None
    # Two heartbeats may be missed; a dead worker's partitions have a new owner in about 4 s.
    client_settings = {"RDKAFKA_SESSION_TIMEOUT_MS": 3000, "RDKAFKA_HEARTBEAT_INTERVAL_MS": 500}
    rate, linger_ms, longest_s = 20000, 20, None

    def start(self):
        self.bootstrap = local("kafka", "start", HOME / "kafka")[-1]
        local("kafka", "tool", "org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.bootstrap, "--create",
              "--topic", TOPIC, "--partitions", PARTITIONS)

    def end(self):
        local("kafka", "stop", HOME / "kafka")
        log = HOME / "kafka/broker.log"
        if log.exists():
            log.rename(LOGS / "broker.log")


class EmbeddedBroker:
    title = "the embedded broker (librdkafka's mock cluster)"
    cannot_show = ("It cannot show: quick takeovers (one takes 6 s), a broker that restarts, transactions, Kafka's "
                   "own lag tools. KAFKA=real does.")
    # Not below 3.5 s: see cmd/topkd-mockbroker. An empty fetch is answered only after its full wait.
    client_settings = {"RDKAFKA_SESSION_TIMEOUT_MS": 3500, "RDKAFKA_HEARTBEAT_INTERVAL_MS": 500,
                       "RDKAFKA_FETCH_WAIT_MAX_MS": 50}
    # It keeps 5 MiB a partition, and the audit needs all that was sent. Measured: an event takes 23 bytes of that (25 a
    # message, lz4, LINGER_MS), so this rate fills it in about 360 s.
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
    def start(self):
        """A unix socket where the path is short enough for one, else a port."""
        self.url = local("redis", "start", HOME / "redis", REDIS_PORT="free")[0]
        kind, rest = self.url.split("://")
        self.cli = ["redis-cli", "--json"] + (["-s", rest] if kind == "unix" else ["-p", rest.rsplit(":", 1)[1]])

    def end(self):
        local("redis", "stop", HOME / "redis")
        log = HOME / "redis/redis.log"
        if log.exists():
            log.rename(LOGS / "redis.log")


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
