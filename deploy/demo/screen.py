"""Draws a View: in place on a terminal, as blocks of plain text elsewhere."""
import os
import shutil
import sys
import time

COLUMN = 27
PLAIN_EVERY_S = 5
HAPPENINGS_SHOWN = 6


def number(n):
    return "{:,}".format(int(n)).replace(",", " ")


def seconds(s):
    return "-" if s is None else "%.1f s" % s


class Screen:
    def __init__(self, title):
        self.title = title
        self.tty = sys.stdout.isatty()
        self.colour = self.tty and "NO_COLOR" not in os.environ
        self.happenings = []
        self.last_plain = 0
        self.open = False

    def paint(self, code, text):
        return "\x1b[%sm%s\x1b[0m" % (code, text) if self.colour else text

    # -- what happens ------------------------------------------------------------------------------
    def say(self, text, code="1"):
        line = time.strftime("%H:%M:%S ") + text
        self.happenings.append((code, line))
        if not self.open:
            print(self.paint(code, line), flush=True)

    # -- the board ---------------------------------------------------------------------------------
    def show(self, view, clock):
        if self.tty:
            self._redraw(view, clock)
        elif time.monotonic() - self.last_plain >= PLAIN_EVERY_S:
            self.last_plain = time.monotonic()
            self.print_board(view, clock)

    def print_board(self, view, clock):
        width = shutil.get_terminal_size((110, 30))[0]
        board = self._board(view, clock, width, 10)
        print("\n" + "\n".join(self.paint(code, text.rstrip()[:width]) for code, text in board) + "\n", flush=True)

    def close(self):
        """Back to the ordinary screen, with what happened on it."""
        if self.open:
            self.open = False
            sys.stdout.write("\x1b[?25h\x1b[?1049l")
            for code, line in self.happenings:
                print(self.paint(code, line))
            sys.stdout.flush()

    def _redraw(self, view, clock):
        width, height = shutil.get_terminal_size((100, 30))
        if not self.open:
            self.open = True
            sys.stdout.write("\x1b[?1049h\x1b[?25l")
        ranks = max(3, min(10, height - len(view.workers) - HAPPENINGS_SHOWN - 9))
        lines = self._board(view, clock, width, ranks) + [("", "")] + self.happenings[-HAPPENINGS_SHOWN:]
        drawn = [self.paint(code, text[:width - 1]) + "\x1b[K" for code, text in lines[:height - 1]]
        sys.stdout.write("\x1b[H" + "\r\n".join(drawn) + "\x1b[J")
        sys.stdout.flush()

    def _board(self, view, clock, width, ranks):
        """Lines as (colour, text)."""
        lines = [("7", ("topkd  " + self.title).ljust(width - len(clock) - 2) + clock + " "), ("", "")]
        lines.append(("1", "%s events/s    lag %s records, %s    oldest list %s" % (
            number(view.rate), number(view.lag_records), seconds(view.lag_s), seconds(view.age_s))))
        for each in view.workers:
            lines.append((self._state_colour(each), "%-9s %-40s %2d partitions   %s events   pid %d" % (
                each.worker.name, each.state, each.sum("assigned_partitions"), number(each.sum("events_total")),
                each.worker.pid())))
        lines.append(("", ""))
        shown = view.lists[:max(1, (width - 4) // COLUMN)]
        lines.append(("1", "    " + "".join(each.location.ljust(COLUMN) for each in shown)))
        lines.append(("2", "    " + "".join(self._caption(each).ljust(COLUMN) for each in shown)))
        for rank in range(ranks):
            lines.append(("", "%3d " % (rank + 1) + "".join(self._entry(each, rank) for each in shown)))
        return lines

    @staticmethod
    def _state_colour(view):
        return "32" if view.state == "ready" else "31" if not view.worker.running() else "33"

    @staticmethod
    def _caption(each):
        return time.strftime("%H:%M", time.gmtime(each.minute * 60)) + " UTC " + (each.state or "-")

    @staticmethod
    def _entry(each, rank):
        if not each.ranked or rank >= len(each.ranked):
            return " " * COLUMN
        item, score = each.ranked[rank]
        return ("%-14s %9s" % (item[:14], number(score))).ljust(COLUMN)
