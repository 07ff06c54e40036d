"""How drains of 100 events a message change with threads, with locations and with items: one is varied at a time."""

from drain import Drain
from lab import ITEMS, LOCATIONS
from report import Table, spread

THREADS = 2
MINUTES = 2  # of event time: the most lists that a drain must write are MINUTES x locations
VARIED = (("threads", (1, 2, 4)), ("locations", (1, 50, 1000, 20_000)), ("items", (1000, 100_000, 10_000_000)))


def topic_of(lab, events, **shape):
    topic = lab.topic("scaling")
    lab.fill(topic, events, 100, minutes=MINUTES, **shape)
    return topic


def rows(name, values, options):
    """[(value, threads, shape of the topic)]"""
    if options.quick:
        values = values[len(values) // 2:][:1]
    if name == "threads":
        return [(threads, threads, {}) for threads in values]
    return [(value, THREADS, {name: value}) for value in values]


def measure(lab, name, values, options):
    """[(value, its drains)]: the values take turns."""
    todo, topics = rows(name, values, options), {}
    for _, _, shape in todo:
        key = tuple(shape.items())
        if key not in topics:
            topics[key] = topic_of(lab, options.scaling_events, **shape)
    drains = [[] for _ in todo]
    for _ in range(options.scaling_rounds):
        for i, (_, threads, shape) in enumerate(todo):
            drains[i].append(Drain(lab, topics[tuple(shape.items())], options.scaling_events, threads))
    for topic in topics.values():
        lab.kafka.delete_topic(topic)
    return [(value, found) for (value, _, _), found in zip(todo, drains)]


def run(lab, options, report):
    table = Table("Scaling", "varied", "value", "M events/s", "quietest", "CPU s per M events", "max RSS MB",
                  "s in all")
    for name, values in VARIED:
        for value, drains in measure(lab, name, values, options):
            rates = [d.rate() / 1e6 for d in drains]
            table.add(name, value, spread(rates), "%.2f" % max(rates), spread([d.cpu() for d in drains], "%.3f"),
                      spread([d.usage.rss_mb for d in drains], "%.0f"), spread([d.seconds for d in drains], "%.1f"))
    table.note("%.1f M events, 100 a message, over %d minutes of event time; %d threads, %d locations and %d items "
               "where they are not varied; 4 partitions; rounds: %d. CPU and s in all are of the whole drain, which "
               "ends when every list is written." % (options.scaling_events / 1e6, MINUTES, THREADS, LOCATIONS, ITEMS,
                                            options.scaling_rounds))
    report.add(table)
