"""What decoding costs: the scanner beside jansson, on the same messages in turn."""
from statistics import median

from lab import measurements
from report import Goals, Table, by, spread

ROUNDS = 9
GOAL = "98 bytes"  # the shape that the goals are about
FLAT, NESTED = "depth 1", "depth 2"  # the same bytes, but for where two fields stand


def run(_lab, options, report):
    table = Table("Decoding, ns of CPU an event", "messages", "bytes an event", "scanner", "jansson",
                  "jansson / scanner")
    goals = Goals("Decoding: goals")
    medians = {}
    for (shape, size), rounds in by(measurements("scan", 3 if options.quick else ROUNDS), "shape", "bytes").items():
        scanner, jansson = ([r[name] for r in rounds] for name in ("scanner_ns", "jansson_ns"))
        ratios = [j / s for j, s in zip(jansson, scanner)]
        medians[shape] = median(scanner)
        table.add(shape, "%.0f" % size, spread(scanner, "%.1f"), spread(jansson, "%.0f"), spread(ratios, "%.1f"))
        if shape == GOAL:
            goals.at_most("one event of %.0f bytes, ns, quietest round" % size, 60, min(scanner), "%.1f")
            goals.at_least("the same, jansson / scanner, median", 25, median(ratios), "%.1f")
        if shape == NESTED:
            goals.at_most("%s / %s, of the same bytes, medians" % (NESTED, FLAT), 1.6, medians[NESTED] / medians[FLAT])
            goals.at_least("%s, jansson / scanner, median" % NESTED, 15, median(ratios), "%.1f")
    table.note("1024 different messages of each shape, in the caches. Both apply the same rules. The scanner asks "
               "jansson for single values that are not plain, of which no message here has one that is needed.")
    report.add(table)
    report.add(goals)
