"""What it costs to know the ids of the last events, by how many a partition remembers."""
from statistics import median

from lab import measurements
from report import Table, by, spread

ROUNDS = 5


def run(_lab, options, report):
    table = Table("Ids that are remembered, one event in ten a duplicate", "ids", "ns of CPU an event",
                  "while memory grows", "bytes an id")
    for (ids,), rounds in by(measurements("ids", 2 if options.quick else ROUNDS), "ids").items():
        steady, growing = ([r[name] for r in rounds] for name in ("steady_ns", "growing_ns"))
        table.add("%d" % ids, spread(steady, "%.0f"), spread(growing, "%.0f"),
                  "%.1f" % median(r["bytes"] for r in rounds))
    table.note("As many ids come as are forgotten. Memory comes by powers of two: 16 to 32 bytes an id, and 8 for each "
               "second of DEDUP.")
    report.add(table)
