"""The parts around the worker: a Kafka broker (real or embedded) and Redis, started by the project's scripts."""
import os
import shutil
import signal
import subprocess
from pathlib import Path

from resp import Resp
from wire import Kafka

ROOT = Path(__file__).resolve().parents[2]
KAFKA = ROOT / "deploy/local/kafka"
REDIS = ROOT / "deploy/local/redis"
BIN = Path(os.environ.get("TOPKD_BIN_DIR") or ROOT / "build/bin")


def program_env(settings):
    """The environment of one of the project's programs: of TOPKD_ names only SETTINGS, for unknown ones are refused."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TOPKD_")}
    return {**inherited, **{"TOPKD_" + k: str(v) for k, v in settings.items()}}


def run(*command, env=None, timeout_s=120):
    """Output of COMMAND; what it complained of is in the exception if it failed."""
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env=env, timeout=timeout_s)
    if done.returncode:
        raise AssertionError("%s: exit %d\n%s%s" % (" ".join(map(str, command)), done.returncode, done.stdout,
                                                   done.stderr))
    return done.stdout


def missing_for_real_broker():
    """Why the real broker cannot run here, or None."""
    absent = [p for p in ("java", "mvn") if not shutil.which(p)]
    if absent:
        return "no " + " and no ".join(absent)
    try:
        run(KAFKA, "install", timeout_s=900)
    except AssertionError as e:
        return "Kafka cannot be installed: " + str(e).strip().splitlines()[-1]
    return None


class Broker:
    """A real broker with its data in DIRECTORY; keeps its port over a restart."""
    real = True

    def __init__(self, directory, users=""):
        """USERS, "name:password ...", log in at `users_bootstrap` and may do what is granted to them."""
        self.directory = Path(directory)
        # The events are years old: no retention by time may take them.
        env = {**os.environ, "KAFKA_PROPS": "log.retention.ms=-1", "KAFKA_USERS": users}
        addresses = run(KAFKA, "start", self.directory, env=env).split()
        self.bootstrap, self.users_bootstrap = addresses[0], addresses[-1]

    def client(self):
        return Kafka(self.bootstrap)

    def start(self):
        run(KAFKA, "start", self.directory)

    def stop(self):
        run(KAFKA, "stop", self.directory)

    def kill(self):
        run(KAFKA, "kill", self.directory)

    def freeze(self):
        os.kill(int((self.directory / "pid").read_text()), signal.SIGSTOP)

    def thaw(self):
        os.kill(int((self.directory / "pid").read_text()), signal.SIGCONT)

    def group_tool(self, *args):
        """Kafka's own ConsumerGroupCommand: 2 s a call, for it is a Java process."""
        return run(KAFKA, "tool", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
                   "--bootstrap-server", self.bootstrap, *args)

    def grant(self, user, operation, *resources):
        """RESOURCES as Kafka's tool wants them: "--topic", NAME, "--group", NAME."""
        run(KAFKA, "tool", "org.apache.kafka.tools.AclCommand", "--bootstrap-server", self.bootstrap, "--add",
            "--allow-principal", "User:" + user, "--operation", operation, *resources)

    def lag_by_tool(self, group):
        """(topic, partition) -> (committed, end, lag) as `--describe` prints it."""
        found = {}
        for line in self.group_tool("--describe", "--group", group).splitlines():
            words = line.split()
            if len(words) >= 6 and words[0] == group and words[2].isdigit():
                found[words[1], int(words[2])] = tuple(-1 if w == "-" else int(w) for w in words[3:6])
        return found


class EmbeddedBroker:
    """librdkafka's mock cluster in a process of its own; its topics are those it was started with."""
    real = False

    def __init__(self, topics):
        args = [a for name, partitions in topics.items() for a in ("--topic", "%s:%d" % (name, partitions))]
        self.process = subprocess.Popen([str(BIN / "topkd-mockbroker"), *args], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError("the embedded broker ended with %s" % self.process.wait())
            for word in line.split():
                if word.startswith("bootstrap="):
                    self.bootstrap = word.split("=", 1)[1].split(",")[0]
                    return

    def client(self):
        return Kafka(self.bootstrap)

    def stop(self):
        self.process.kill()
        self.process.communicate()


class Redis:
    """A Redis on DIRECTORY/redis.sock."""

    def __init__(self, directory, *args):
        self.directory = Path(directory)
        self.args = args
        self.socket = self.directory / "redis.sock"
        self.url = "unix://%s" % self.socket
        self.eyes = None
        self.start()

    def start(self):
        run(REDIS, "start", self.directory, *self.args)

    def __call__(self, *command):
        return self.pipeline([command])[0]

    def pipeline(self, commands):
        for attempt in (1, 2):
            if self.eyes is None:
                self.eyes = Resp(self.socket)
            try:
                return self.eyes.pipeline(commands)
            except OSError:  # a Redis that was restarted since: once more on a new connection
                self._close_eyes()
                if attempt == 2:
                    raise
        return None

    def _close_eyes(self):
        if self.eyes:
            self.eyes.close()
        self.eyes = None

    def stop(self):
        self._close_eyes()
        run(REDIS, "stop", self.directory)

    def kill(self):
        self._close_eyes()
        run(REDIS, "kill", self.directory)

    def _signal(self, number):
        os.kill(int((self.directory / "pid").read_text()), number)

    def freeze(self):
        self._close_eyes()
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)
