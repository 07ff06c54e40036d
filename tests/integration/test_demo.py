"""The demo's board on a terminal of a known size, the command that it shows, and what its verdict needs."""
import ctypes
import io
import locale
import re
import subprocess
import sys
import time
from pathlib import Path

from scenario import scenario
from stack import run
from worker import BIN, program_env

DEMO = Path(__file__).resolve().parents[2] / "deploy/demo"
sys.path.insert(0, str(DEMO))

import look  # noqa: E402  the demo's modules
import parts  # noqa: E402
import screen  # noqa: E402
import show  # noqa: E402
import tally  # noqa: E402

MINUTE = 29_400_000
ESCAPE = re.compile(r"\x1b\[(\??[\d;]*)([A-Za-z])")
ODD = [
    "v1", "x" * 300, "日本語の動画タイトルがとても長い", "한국어 제목입니다 정말로", "a\u0301e\u0301" * 40, "🎬🎬🎬 film 🎬🎬🎬🎬🎬🎬🎬🎬", "ｆｕｌｌｗｉｄｔｈ",
    "tab\tline\nreturn\rescape\x1b[2J", "\u202eright to left", "עברית", "", "\ud800 half", "\u2028", "é", "…" * 30,
]
WIDE_NUMBERS = [0, 7, 1_234_567, 9_999_999_999, 2**53, 1e300, 12]


# -- a terminal --------------------------------------------------------------------------------------------------------
class Terminal:
    """What a terminal does with the few sequences that the board uses. A line that wraps or scrolls is an error."""

    def __init__(self, columns, rows):
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
        self.libc = ctypes.CDLL(None)  # its wcwidth is not the table that the board measures with
        self.columns, self.rows = columns, rows
        self.lines, self.row, self.column = [""] * rows, 0, 0

    def take(self, text):
        at = 0
        while at < len(text):
            escape = ESCAPE.match(text, at)
            if escape:
                self._obey(*escape.groups())
                at = escape.end()
            else:
                self._put(text[at])
                at += 1

    def _obey(self, arguments, letter):
        if letter == "H":
            self.row = self.column = 0
        elif letter == "J":
            self.lines[self.row + 1:] = [""] * (self.rows - self.row - 1)
        else:
            assert letter in "mKhl", "the board uses the sequence %s%s" % (arguments, letter)

    def _put(self, c):
        if c == "\r":
            self.column = 0
        elif c == "\n":
            assert self.row + 1 < self.rows, "the board scrolls: it has more than %d rows" % self.rows
            self.row += 1
        else:
            if self.column == 0:
                self.lines[self.row] = ""
            width = self.libc.wcwidth(ctypes.c_wchar(c))
            assert width >= 0, "%r goes to the terminal in %r" % (c, self.lines[self.row])
            self.column += width
            self.lines[self.row] += c
            assert self.column < self.columns, "a line of %d columns or more: %r" % (self.columns, self.lines[self.row])


class TerminalOutput(io.StringIO):
    def isatty(self):
        return True


def shown(view, columns, rows, happenings, title="a real Kafka", clock="10 s of 30 s   Ctrl-C ends the load"):
    """The lines on a terminal of that size after two frames."""
    out = TerminalOutput()
    board = screen.Screen(title, out, lambda: (columns, rows))
    board.happenings = list(happenings)
    board.show(view, clock)
    board.show(view, clock)
    terminal = Terminal(columns, rows)
    terminal.take(out.getvalue())
    return terminal.lines


# -- views -------------------------------------------------------------------------------------------------------------
def workers(state="ready", count=2):
    metrics = "topkd_events_total{outcome=\"applied\"} 123456789\ntopkd_assigned_partitions 16\n"
    return [look.WorkerView("worker %d" % (n + 1), 4194304 - n, True, state, metrics) for n in range(count)]


def ordinary(locations=("global", "US", "IN", "JP", "BR", "DE"), items=40):
    ranked = [("v%d" % n, 90_000 - n) for n in range(items)]
    return look.View(workers(), [look.ListView(each, MINUTE, ranked, "open", .2) for each in locations], 20_299, 27428)


def odd_views(rng):
    """Views with everything that could break a line."""
    for _ in range(30):
        lists = [look.ListView(rng.choice(ODD), MINUTE, [(rng.choice(ODD), rng.choice(WIDE_NUMBERS))
                                                         for _ in range(rng.choice((0, 1, 10, 30)))],
                               rng.choice((None, "final", "open")), rng.choice((None, 0, 1e9)))
                 for _ in range(rng.choice((0, 1, 3, 40)))]
        yield look.View(workers(rng.choice(ODD), rng.choice((1, 2, 5))), lists, rng.choice(WIDE_NUMBERS), 65535)


def happenings(*texts):
    return [("1", "04:13:57 " + text) for text in texts]


# -- the board ---------------------------------------------------------------------------------------------------------
@scenario(real=False)
def the_board_has_its_layout_at_80_by_24(s):
    lines = shown(ordinary(), 80, 24, happenings(*("thing %d" % n for n in range(9))))
    assert lines[0].endswith("Ctrl-C ends the load "), lines[0]
    assert lines[0].startswith("topkd  a real Kafka"), lines[0]
    assert [line[:8] for line in lines[2:4]] == ["worker 1", "worker 2"], lines
    assert all(re.search(r" 123 456 789 events   pid 41943\d\d +ready +$", line) for line in lines[2:4]), lines
    assert lines[5].startswith("redis-cli -p 27428 ZREVRANGE 'topk:{global}:"), lines[5]
    assert lines[5].rstrip().endswith("' 0 9 WITHSCORES"), lines[5]
    assert lines[6].split() == ["global", "US", "IN"], lines[6]
    assert [line[:3] for line in lines[8:18]] == ["%3d" % n for n in range(1, 11)], lines
    assert lines[17].split() == ["10"] + ["v9", "89", "991"] * 3, lines[17]
    assert [line.split()[1:] for line in lines[19:]] == [["thing", str(n)] for n in range(4, 9)], lines


@scenario(real=False)
def no_board_wraps_or_scrolls_whatever_it_shows(s):
    rng = s.use_seed()
    for view in odd_views(rng):
        for columns, rows in ((80, 24), (81, 25), (40, 10), (132, 50), (20, 3)):
            lines = shown(view, columns, rows, happenings(*(rng.choice(ODD) for _ in range(rng.choice((0, 2, 9))))),
                          title=rng.choice(ODD))
            if (columns, rows) == (80, 24) and len(view.workers) == 2:
                assert lines[17].startswith(" 10 "), "the tenth rank is not in its place: %s" % lines


@scenario(real=False)
def a_larger_terminal_shows_more(s):
    small, wide, high = (shown(ordinary(), columns, rows, happenings(*"abcdefghijkl"))
                         for columns, rows in ((80, 24), (160, 24), (80, 60)))

    def ranks(lines):
        return sum(bool(re.match(r" [ \d]\d v", line[:3] + " " + line[4:])) for line in lines)
    assert len(small[6].split()) == 3 and len(wide[6].split()) == 6, (small[6], wide[6])
    assert (ranks(small), ranks(high)) == (10, 30), high
    assert " 0 29 WITHSCORES" in high[5], high[5]
    assert sum(line.startswith("04:13:57") for line in high) == 12, high


@scenario(real=False)
def the_command_on_the_board_answers_with_the_board(s):
    redis = parts.Redis(s.directory / "demo")
    redis.start()
    try:
        put_lists(redis)
        view = look.Observer(redis, [], 2, 1).look()
        answer = run("sh", "-c", view.command(10)).split()
    finally:
        redis.end()
    assert [[item, int(n)] for item, n in zip(answer[::2], answer[1::2])] == view.lists[0].ranked[:10], answer
    assert len(answer) == 20, answer
    assert len(view.command(30)) < 80, view.command(30)
    assert [each.location for each in view.lists] == ["global", "US"], view.lists


def put_lists(redis):
    """Twelve items each, in this minute and the next."""
    now = int(time.time() // 60)
    commands = ["ZADD topk:locations 0 global 0 US 0 JP"]
    for location in ("global", "US", "JP"):
        scores = " ".join("%d v%d" % (1000 * len(location) + n, n) for n in range(12)) if location != "JP" else "1 v1"
        commands += ["ZADD %s %s" % (look.list_key(location, minute), scores) for minute in (now, now + 1)]
    subprocess.run(redis.cli, input="\n".join(commands), text=True, stdout=subprocess.DEVNULL, check=True)


# -- the verdict -------------------------------------------------------------------------------------------------------
@scenario(real=False)
def the_two_tallies_of_one_log_agree(s):
    topic = s.topic
    load = run(BIN / "topkd-loadgen", "--brokers", s.broker.bootstrap, "--topic", topic, "--events", 5_000,
               "--batch", 10, "--key", "random", "--late", 30, "--bad", 10, "--future", 5, env=program_env({}))
    audit = subprocess.run([str(BIN / "topkd-audit"), "--exact"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           text=True, timeout=60, env=program_env(s.settings()))
    made, counted = tally.made(load), tally.counted(audit.stdout)
    assert made == counted and sum(made.values()) == 5_000 and made["late"] > 1000, (made, counted)
    assert set(made) > {"applied", "late", "future", "tombstone", "bad_time"}, made


@scenario(real=False)
def the_verdict_needs_both_tallies_to_agree(s):
    report = "read 9 messages\n  events              1 002  the sum of:\n  applied             1 000\n" \
             "  late                    2\nlists, read from Redis in 0.0 s\n  compared                 3\n"
    assert tally.counted(report) == {"applied": 1000, "late": 2}
    for made, status, wrong in (
            ({"applied": 1000, "late": 2}, 0, []),
            ({"applied": 1000, "late": 2}, 1, ["not exact"]),
            ({"applied": 1001, "late": 1}, 0, ["tallies differ"]),
            ({"applied": 1000, "late": 2, "future": 1}, 3, ["not exact", "tallies differ"]),
            (None, 0, ["a tally is missing"])):
        said = show.what_is_wrong(made, tally.counted(report), status)
        assert len(said) == len(wrong) and all(map(str.__contains__, said, wrong)), (made, status, said)
    assert tally.made("event=something_else\n") is None and tally.counted("no table\n") is None
    assert "  differ by 1\n" in tally.table({"applied": 9, "late": 1, "future": 1}, {"applied": 10, "future": 1})
