"""What decoding costs: the scanner beside jansson, on the same messages in turn."""
from statistics import median

from lab import measurements
from report import Goals, Table, by, spread

ROUNDS = 9
GOAL = "98 bytes"  # the shape that the goals are about


def run(_lab, options, report):
    table = Table("Decoding, ns of CPU an event", "messages", "bytes an event", "scanner", "jansson",
                  "jansson / scanner")
    goals = Goals("Decoding: goals")
    for (shape, size), rounds in by(measurements("scan", 3 if options.quick else ROUNDS), "shape", "bytes").items():
        scanner, jansson = ([r[name] for r in rounds] for name in ("scanner_ns", "jansson_ns"))
        ratios = [j / s for j, s in zip(jansson, scanner)]
        table.add(shape, "%.0f" % size, spread(scanner, "%.1f"), spread(jansson, "%.0f"), spread(ratios, "%.1f"))
        if shape == GOAL:
            goals.at_most("one event of %.0f bytes, ns, quietest round" % size, 60, min(scanner), "%.1f")
            goals.at_least("the same, jansson / scanner, median", 25, median(ratios), "%.1f")
    table.note("1024 different messages of each shape, in the caches. Both apply the same rules; the scanner hands to "
               "jansson what it does not recognise, which no message here is.")
    report.add(table)
    report.add(goals)
