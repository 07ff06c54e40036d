"""Two tallies of the same events by their outcome: what the load generator made, and what the audit counted.

The workers' own counters are no third tally. After a kill -9 a part of the log is read again, and they count it again.
On the lists it counts once, which the audit proves."""
import re

from text import number

COUNTED_ROW = re.compile(r"^  (\w+)  +(\d{1,3}(?: \d{3})*)(?:  .*)?$")
# What the load generator's summary says beside outcomes.
NO_OUTCOMES = {"messages", "events", "duplicates", "bytes", "unacknowledged_messages", "unacknowledged_events",
               "seconds", "rate"}


def made(log):
    """{outcome: events} out of the load generator's summary, or None where there is none."""
    found = re.findall(r"^event=loadgen_finished (.*)$", log, re.M)
    if not found:
        return None
    fields = dict(word.split("=") for word in found[-1].split())
    return {name: int(n) for name, n in fields.items() if name not in NO_OUTCOMES and int(n)}


def counted(report):
    """{outcome: events} out of the audit's table, or None where there is none."""
    found = re.search(r"^  events .*\n((?:  .*\n)*)", report, re.M)
    if not found:
        return None
    rows = map(COUNTED_ROW.match, found.group(1).splitlines())
    return {row.group(1): int(row.group(2).replace(" ", "")) for row in rows if row}


def table(made_events, counted_events):
    """Both, side by side: a line each outcome."""
    rows = [("events", sum(made_events.values()), sum(counted_events.values()))]
    rows += [(name, made_events.get(name, 0), counted_events.get(name, 0)) for name in made_events | counted_events]
    return "\n".join(["  %-14s %12s %12s" % ("", "made", "counted")] + [
        "  %-14s %12s %12s%s" % (name, number(m), number(c), "" if m == c else "  differ by %s" % number(abs(m - c)))
        for name, m, c in rows])
