"""README.md as a script: the `sh` blocks of a section, in order, in a fresh copy of the tree.

The `text` block that follows an `sh` block is what its commands print; a block of no kind is a picture. A reply holds
word by word, with three liberties: `...` on a line stands for any lines; a whole number may be another one, but 0 stays
0 and nothing else becomes 0; a time of day and a number with a fraction may be any.

The commands use the ports that a reader would. A network of their own keeps these free."""
import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

from stack import ROOT, program_env, run
from wait import NotYet, wait_for

Step = namedtuple("Step", "commands reply")  # reply: None if the README shows none

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
TOKEN = re.compile(r"(\d\d:\d\d(?::\d\d)?|\d+\.\d+)|(\d+(?: \d{3})*)|( +)")
PORTS = (9092, 6379, 9464)
COPIED = ("Makefile", "README.md", "cmd", "lib", "deploy")
LO_UP = "import sys; sys.path.insert(0, %r); import readme; readme.loopback_up()" % str(Path(__file__).parent)


# -- the page ----------------------------------------------------------------------------------------------------------
def section(title):
    found = re.search(r"^## %s\n(.*?)(?=^## |\Z)" % re.escape(title), (ROOT / "README.md").read_text(), re.M | re.S)
    assert found, "README.md has no section %r" % title
    return found[1]


def steps(title):
    found = []
    for kind, text in BLOCK.findall(section(title)):
        if kind == "sh":
            found.append(Step(text, None))
        elif kind == "text":
            assert found and found[-1].reply is None, "%s: a reply to nothing:\n%s" % (title, text)
            found[-1] = found[-1]._replace(reply=text)
    assert found, "the section %r has no sh block" % title
    return found


def _line_pattern(line):
    def loosely(token):
        any_of_its_shape, number, blanks = token.groups()
        if any_of_its_shape:
            return re.sub(r"\d+", r"\\d+", re.escape(any_of_its_shape))
        if blanks:
            return " +"
        return "0" if number == "0" else r"(?!0\b)\d+(?: \d{3})*"
    parts, at = [], 0
    for token in TOKEN.finditer(line):
        parts += [re.escape(line[at:token.start()]), loosely(token)]
        at = token.end()
    return "".join(parts) + re.escape(line[at:]) + " *\n"


def reply_holds(reply, output):
    lines = reply.splitlines()
    pattern = "".join("(?:.*\n)*?" if line.strip() == "..." else _line_pattern(line) for line in lines)
    return re.fullmatch(pattern, output) is not None


# -- the place ---------------------------------------------------------------------------------------------------------
def loopback_up():
    """In a new network even the loopback is down. 0x8914: SIOCSIFFLAGS, 1: IFF_UP."""
    with socket.socket() as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1))


def own_network():
    """The command that runs another one in a network of its own; None where the kernel does not let us."""
    for unshare in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        command = [*unshare, sys.executable, "-B", "-c", LO_UP]
        try:
            if subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0:
                return [*unshare, "sh", "-c", '"$0" -B -c "$1" && shift && exec "$@"', sys.executable, LO_UP]
        except OSError:
            return None
    return None


def busy_ports():
    """A connection tells: somebody listens."""
    def answers(port):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    return [port for port in PORTS if answers(port)]


def copy_of_the_tree(folder):
    """As after a clone, but what is compiled already need not be again."""
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    (folder / "build").mkdir()
    for built in [*ROOT.glob("build/*-release"), *ROOT.glob("build/bin")]:
        shutil.copytree(built, folder / "build" / built.name)
    return folder


class Shell:
    """One bash in FOLDER, as a reader has it open. What it prints is kept in files beside FOLDER."""

    def __init__(self, folder, **env):
        self.folder, self.number = folder, 0
        self.out, self.err = folder.with_name("shell.out"), folder.with_name("shell.err")
        environment = {k: v for k, v in program_env({}).items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen([*(own_network() or []), "bash"], cwd=folder, stdin=subprocess.PIPE,
                                            stdout=out, stderr=err, start_new_session=True, text=True,
                                            env={**environment, "FAKETTY": "1", **env})  # redis-cli as on a terminal

    def run(self, commands, timeout_s):
        """What COMMANDS print; fails if one of them does."""
        self.number += 1
        begin, done = self.out.stat().st_size, "step %d is done" % self.number
        script = self.folder.with_name("step-%d.sh" % self.number)
        script.write_text(commands)
        self.process.stdin.write("set -e\n. %s </dev/null\nset +e\necho '%s'\n" % (script, done))
        self.process.stdin.flush()

        def probe():
            ended = self.process.poll() is not None
            text = self.out.read_bytes()[begin:].decode(errors="replace")
            if text.endswith(done + "\n"):
                return text
            assert not ended, "failed:\n%s\nit printed:\n%s%s" % (commands, text[-3000:], self.err.read_text()[-3000:])
            raise NotYet("so far: %s" % text[-500:])
        return wait_for("the end of:\n" + commands, probe, timeout_s).removesuffix(done + "\n")

    def close(self):
        """Ends what still runs, however far the page was read."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(20)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
        self.process.stdin.close()
        for server in ("kafka", "redis"):
            for home in (self.folder / "build", self.folder / "build/demo"):
                run(self.folder / "deploy/local" / server, "kill", home / server)
