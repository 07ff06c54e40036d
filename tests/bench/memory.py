"""RSS under steady load while minutes come and go. The events' clock runs SPEED times as fast as ours, so that six
minutes of measurement are an hour of log."""
import time
from datetime import datetime, timezone

from report import Table

RATE = 20_000
SPEED = 10
WARM_LOG_S = 180  # a minute, LATENESS and what settling takes: from here on as many minutes go as come
LOOKS = 120


def start_of_log(seconds):
    """So long ago that the log ends before now."""
    begin = time.time() - SPEED * (seconds + 60)
    return datetime.fromtimestamp(begin, timezone.utc).strftime("%Y-%m-%dT%H:%MZ")


def sample(worker, seconds):
    """[(seconds since the start, RSS in MB)]"""
    found, begin = [], time.monotonic()
    while (at := time.monotonic() - begin) < seconds:
        found.append((at, worker.rss_bytes() / 2**20))
        time.sleep(min(5, seconds / LOOKS))
    return found


def slope_mb_a_minute(samples):
    """Least squares."""
    n = len(samples)
    mean_x, mean_y = sum(x for x, _ in samples) / n, sum(y for _, y in samples) / n
    over = sum((x - mean_x) * (y - mean_y) for x, y in samples)
    return 60 * over / sum((x - mean_x) ** 2 for x, _ in samples)


def run(lab, options, report):
    table = Table("RSS under steady load, MB", "minutes", "minutes of log", "events/s", "after warm-up", "last", "max",
                  "slope, MB a minute", "lists final")
    seconds = options.minutes * 60
    topic, board = lab.topic("memory"), lab.name("memory")
    worker = lab.worker(topic, board, THREADS=2)
    worker.await_ready()
    load = lab.load(topic, RATE, "--time", start_of_log(seconds), "--speed", SPEED)
    samples = sample(worker, seconds)
    final = worker.metrics().sum("topkd_lists_written_total", state="final")
    reached = load.stop()
    worker.terminate()
    warm = [s for s in samples if s[0] >= WARM_LOG_S / SPEED]
    mb = [m for _, m in warm]
    table.add("%.1f" % options.minutes, "%.0f" % (seconds * SPEED / 60), "%.0f" % reached, "%.1f" % mb[0],
              "%.1f" % mb[-1], "%.1f" % max(mb), "%+.2f" % slope_mb_a_minute(warm), int(final))
    table.note("One worker, 2 threads, MEMORY_LIMIT 1 GB. The events' clock runs %d times as fast as the wall's; the "
               "warm-up is the first %d s. RSS is looked at every %.1f s." % (
                   SPEED, WARM_LOG_S / SPEED, min(5, seconds / LOOKS)))
    report.add(table)
