"""Draws what look.py has seen: in place on a terminal, as blocks of plain text elsewhere.

The board on a terminal of 80 x 24, which larger ones show more of:

     1      what runs, and the clock
     2      events a second, lag, age of the oldest list
     3-4    a line for each worker
     6      a command for Redis, whose answer is the first column below
     7-8    the locations, the minute and the state of their lists
     9-18   a line for each rank
    20-24   what has happened
"""
import os
import shutil
import sys
import time

from text import fit, number, seconds

PLAIN_SIZE = (80, 24)  # where there is no terminal
PLAIN_RANKS = 10
PLAIN_EVERY_S = 5
RANK_WIDTH, COLUMN_WIDTH, COLUMN_WIDTH_MAX = 4, 25, 40
RANKS_MIN, RANKS_MAX = 3, 30
HAPPENINGS_SHOWN = 5

# Colours are the numbers of the SGR sequence; "" is the terminal's own.
BOLD, DIM, INVERSE, RED, GREEN, YELLOW, CYAN = "1", "2", "7", "31", "32", "33", "36"


# -- the layout: a list of (colour, text), without a terminal ----------------------------------------------------------
def layout(view, title, clock, happenings, columns, rows):
    """The board and what happened last, in at most ROWS lines of less than COLUMNS."""
    ranks = rows - (6 + len(view.workers)) - 1 - HAPPENINGS_SHOWN
    lines = layout_board(view, title, clock, columns, max(RANKS_MIN, min(ranks, RANKS_MAX)))
    room = rows - len(lines) - 1
    latest = happenings[-room:] if room > 0 else []
    return (lines + [("", "")] + [(colour, fit(text, columns - 1)) for colour, text in latest])[:rows]


def layout_board(view, title, clock, columns, ranks):
    # The last column stays empty: what a terminal does after a character there differs from one to the next.
    columns -= 1
    count = max(1, min(len(view.lists), (columns - RANK_WIDTH) // COLUMN_WIDTH))
    width = min((columns - RANK_WIDTH) // count, COLUMN_WIDTH_MAX)
    shown = view.lists[:count]
    lines = [(INVERSE, fit("topkd  " + title, columns - len(clock) - 2) + " " + clock + " "),
             (BOLD, "%s events/s    lag %s records, %s    oldest list %s" % (
                 number(view.rate), number(view.lag_records), seconds(view.lag_s), seconds(view.age_s)))]
    lines += [(worker_colour(each), worker_line(each)) for each in view.workers]
    lines += [("", ""), (CYAN, view.command(ranks)),
              (BOLD, " " * RANK_WIDTH + "".join(fit(each.location, width - 2) + "  " for each in shown)),
              (DIM, " " * RANK_WIDTH + "".join(fit(caption(each), width) for each in shown))]
    lines += [("", "%3d " % (rank + 1) + "".join(entry(each, rank, width) for each in shown)) for rank in range(ranks)]
    return [(colour, fit(text, columns)) for colour, text in lines]


def worker_colour(worker):
    return GREEN if worker.state == "ready" else YELLOW if worker.alive else RED


def worker_line(worker):
    """The state comes last, for it may be a sentence."""
    return "%-9s %2d partitions  %11s events   pid %-8d %s" % (
        worker.name, worker.sum("assigned_partitions"), number(worker.sum("events_total")), worker.pid, worker.state)


def caption(shown):
    return time.strftime("%H:%M", time.gmtime(shown.minute * 60)) + " UTC " + (shown.state or "-")


def entry(shown, rank, width):
    """An item and its score in WIDTH columns, two of them empty."""
    if rank >= len(shown.ranked):
        return " " * width
    item, score = shown.ranked[rank]
    score = number(score)
    return fit(item, width - 3 - len(score)) + " " + score + "  "


# -- the terminal, or what there is in its place -----------------------------------------------------------------------
class Screen:
    def __init__(self, title, out=sys.stdout, size=lambda: shutil.get_terminal_size(PLAIN_SIZE)):
        self.title, self.out, self.size = title, out, size
        self.tty = out.isatty()
        self.colour = self.tty and "NO_COLOR" not in os.environ
        self.happenings = []  # (colour, text)
        self.printed = 0      # so many of them are on the ordinary screen
        self.last_plain = 0
        self.open = False

    def say(self, text, colour=BOLD):
        self.happenings.append((colour, time.strftime("%H:%M:%S ") + text))
        if not self.open:
            self._print_happenings()

    def show(self, view, clock):
        if self.tty:
            self._redraw(view, clock)
        elif time.monotonic() - self.last_plain >= PLAIN_EVERY_S:
            self.last_plain = time.monotonic()
            self.print_board(view, clock)

    def print_board(self, view, clock):
        board = layout_board(view, self.title, clock, self.size()[0], PLAIN_RANKS)
        self.print("\n" + "\n".join(self._paint(colour, text.rstrip()) for colour, text in board) + "\n")

    def print(self, text):
        """Below everything on the ordinary screen."""
        print(text, file=self.out, flush=True)

    def close(self):
        """Back to the ordinary screen, with what happened on it."""
        if self.open:
            self.open = False
            self.out.write("\x1b[?25h\x1b[?1049l")
            self._print_happenings()

    def _redraw(self, view, clock):
        columns, rows = self.size()
        if not self.open:
            self.open = True
            self.out.write("\x1b[?1049h\x1b[?25l")
        lines = layout(view, self.title, clock, self.happenings, columns, rows)
        drawn = [self._paint(colour, text) + "\x1b[K" for colour, text in lines]
        self.out.write("\x1b[H" + "\r\n".join(drawn) + "\x1b[J")
        self.out.flush()

    def _print_happenings(self):
        for colour, text in self.happenings[self.printed:]:
            self.print(self._paint(colour, text))
        self.printed = len(self.happenings)

    def _paint(self, colour, text):
        return "\x1b[%sm%s\x1b[0m" % (colour, text) if self.colour and colour else text
