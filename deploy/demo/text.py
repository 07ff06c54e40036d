"""Texts that take a known number of columns on a terminal, whatever characters they hold."""
import unicodedata

CUT = "~"  # stands where a text was cut off
NUMBER_WIDTH_MAX = 13


def clean(text):
    """TEXT without characters that move the cursor or take an unknown width: `?` stands for each."""
    return "".join("?" if unicodedata.category(c).startswith(("C", "Z")) and c != " " else c for c in text)


def char_width(c):
    """Columns of a character of a cleaned text: 0 for one that is drawn onto its neighbour, 2 for a wide one."""
    if unicodedata.category(c) in ("Mn", "Me") or "\u1160" <= c <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def width(text):
    return sum(map(char_width, text))


def fit(text, columns):
    """TEXT, cleaned, in exactly COLUMNS columns: cut off, or filled up with spaces."""
    text = clean(text)
    if width(text) > columns:
        text = cut(text, columns - len(CUT)) + CUT if columns > 0 else ""
    return text + " " * (columns - width(text))


def cut(text, columns):
    """The longest beginning of TEXT that takes at most COLUMNS."""
    for end, c in enumerate(text):
        columns -= char_width(c)
        if columns < 0:
            return text[:end]
    return text


def number(n):
    """1204331 as `1 204 331`; beyond ten digits the first five only, as `1.2043e+12`."""
    grouped = "{:,}".format(int(n)).replace(",", " ")
    return grouped if len(grouped) <= NUMBER_WIDTH_MAX else "%.5g" % n


def seconds(s):
    return "-" if s is None else "%.1f s" % s
