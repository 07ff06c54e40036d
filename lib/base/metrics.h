/* base/metrics.h - counters, gauges and histograms with Prometheus text as output.
 * Families are rows of metrics.def (name, type, help, labels); a series is a family plus rendered labels.
 * Use when: at ticks and on rare events; hot loops count in plain variables and add the difference here.
 * Threads: any; values are relaxed atomics, series are created under one mutex. */
#ifndef TOPKD_BASE_METRICS_H
#define TOPKD_BASE_METRICS_H

#include "base/base.h"
#include "base/buf.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* METRIC_<ID> for every row of metrics.def. */
enum metric_id {
#define X(id, type, name, labels, help) METRIC_##id,
#include "base/metrics.def"
#undef X
    METRIC_IDS
};

struct metrics;
struct metric; /* one series */

struct metrics *metrics_create(void);
void metrics_destroy(struct metrics *m);

/* The series of ID with LABELS as rendered text (`topic="events",partition="3"`, "" for none), made at the first call.
 * Borrowed: valid until metrics_destroy. */
struct metric *metrics_get(struct metrics *m, enum metric_id id, const char *labels);
/* Hides every series whose rendered labels equal LABELS (a partition that left) until somebody writes to it again.
 * Another thread of the process may hold the same partition already. */
void metrics_hide(struct metrics *m, const char *labels);

void metric_add(struct metric *s, uint64_t n); /* counter */
void metric_set(struct metric *s, double v);   /* gauge */
/* Histogram, with the buckets .001 .0025 .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10 30 60 +Inf. */
void metric_observe(struct metric *s, double seconds);
double metric_value(const struct metric *s); /* of a counter or gauge: for tests and readiness */

/* All of it in text format 0.0.4, families in the order of metrics.def, series in order of labels. */
void metrics_write(struct metrics *m, struct buf *out);
/* The README table of metrics.def (Markdown). */
void metrics_write_markdown(struct buf *out);

#endif
