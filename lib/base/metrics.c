/* base/metrics.c - a family is a sorted array of pointers to its series.
 * Looking one up is a binary search, writing is a walk, and a series never moves while somebody holds it. */
#include "base/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"

static const struct family {
    enum metric_type type;
    const char *name, *labels, *help;
} families[METRIC_IDS] = {
#define X(id, type, name, labels, help) {METRIC_##type, name, labels, help},
#include "base/metrics.def"
#undef X
};

static const char *const type_names[] = {"counter", "gauge", "histogram"};

static const double bounds_s[] = {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60};
enum { BUCKETS = ARRAY_LEN(bounds_s) + 1 }; /* the last is +Inf */

struct histogram {
    _Atomic uint64_t counts[BUCKETS]; /* of its own bucket; summed up when written */
    _Atomic double sum_s;
};

struct metric {
    enum metric_type type;
    _Atomic bool shown;          /* false after metrics_hide, until it is written again */
    _Atomic uint64_t count;      /* counter */
    _Atomic double value;        /* gauge */
    struct histogram *histogram; /* owned; NULL unless a histogram */
    char labels[];               /* as rendered by the caller */
};

struct series {
    struct metric **rows; /* owned, ordered by labels */
    size_t n;
};

struct metrics {
    pthread_mutex_t lock; /* guards the arrays, not the values */
    struct series families[METRIC_IDS];
};

static struct metric *metric_create(enum metric_type type, const char *labels) {
    size_t labels_size = strlen(labels) + 1;
    struct metric *s = mem_zalloc(1, sizeof *s + labels_size);
    s->type = type;
    if (type == METRIC_HISTOGRAM) s->histogram = mem_zalloc(1, sizeof *s->histogram);
    memcpy(s->labels, labels, labels_size);
    return s;
}

static void metric_destroy(struct metric *s) {
    mem_free(s->histogram);
    mem_free(s);
}

/* Where LABELS is, or where it belongs. */
static size_t series_find(const struct series *f, const char *labels, bool *found) {
    size_t low = 0, high = f->n;
    *found = false;
    while (low < high && !*found) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(f->rows[mid]->labels, labels);
        *found = order == 0;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return high;
}

static void series_insert(struct series *f, size_t at, struct metric *s) {
    f->rows = mem_realloc(f->rows, f->n + 1, sizeof *f->rows);
    memmove(f->rows + at + 1, f->rows + at, (f->n - at) * sizeof *f->rows);
    f->rows[at] = s;
    f->n++;
}

struct metrics *metrics_create(void) {
    struct metrics *m = mem_zalloc(1, sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

void metrics_destroy(struct metrics *m) {
    if (m == NULL) return;
    for (size_t id = 0; id < METRIC_IDS; id++) {
        for (size_t i = 0; i < m->families[id].n; i++) metric_destroy(m->families[id].rows[i]);
        mem_free(m->families[id].rows);
    }
    pthread_mutex_destroy(&m->lock);
    mem_free(m);
}

static void metric_show(struct metric *s) { atomic_store_explicit(&s->shown, true, memory_order_relaxed); }
static bool metric_is_shown(const struct metric *s) { return atomic_load_explicit(&s->shown, memory_order_relaxed); }

struct metric *metrics_get(struct metrics *m, enum metric_id id, const char *labels) {
    assert(id < METRIC_IDS);
    struct series *f = &m->families[id];
    bool found;
    pthread_mutex_lock(&m->lock);
    size_t at = series_find(f, labels, &found);
    if (!found) series_insert(f, at, metric_create(families[id].type, labels));
    struct metric *s = f->rows[at];
    metric_show(s);
    pthread_mutex_unlock(&m->lock);
    return s;
}

void metrics_hide(struct metrics *m, const char *labels) {
    pthread_mutex_lock(&m->lock);
    for (size_t id = 0; id < METRIC_IDS; id++) {
        bool found;
        size_t at = series_find(&m->families[id], labels, &found);
        if (found) atomic_store_explicit(&m->families[id].rows[at]->shown, false, memory_order_relaxed);
    }
    pthread_mutex_unlock(&m->lock);
}

void metric_add(struct metric *s, uint64_t n) {
    assert(s->type == METRIC_COUNTER);
    metric_show(s);
    atomic_fetch_add_explicit(&s->count, n, memory_order_relaxed);
}

void metric_set(struct metric *s, double v) {
    assert(s->type == METRIC_GAUGE);
    metric_show(s);
    atomic_store_explicit(&s->value, v, memory_order_relaxed);
}

void metric_observe(struct metric *s, double seconds) {
    assert(s->type == METRIC_HISTOGRAM);
    metric_show(s);
    size_t i = 0;
    while (i < ARRAY_LEN(bounds_s) && seconds > bounds_s[i]) i++;
    atomic_fetch_add_explicit(&s->histogram->counts[i], 1, memory_order_relaxed);
    double sum = atomic_load_explicit(&s->histogram->sum_s, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&s->histogram->sum_s, &sum, sum + seconds, memory_order_relaxed,
                                                  memory_order_relaxed)) {}
}

double metric_value(const struct metric *s) {
    assert(s->type != METRIC_HISTOGRAM);
    if (s->type == METRIC_COUNTER) return (double)atomic_load_explicit(&s->count, memory_order_relaxed);
    return atomic_load_explicit(&s->value, memory_order_relaxed);
}

static void number_write(struct buf *out, double v) {
    if (isnan(v))
        buf_add_str(out, "NaN");
    else if (isinf(v))
        buf_add_str(out, v > 0 ? "+Inf" : "-Inf");
    else
        buf_addf(out, "%.15g", v); /* offsets and unix times in ms come out whole */
}

/* `name_bucket{labels,le="0.5"}`; SUFFIX and EXTRA may be "". */
static void series_write_name(struct buf *out, const char *name, const char *suffix, const char *labels,
                              const char *extra) {
    buf_addf(out, "%s%s", name, suffix);
    if (*labels || *extra) buf_addf(out, "{%s%s%s}", labels, *labels && *extra ? "," : "", extra);
    buf_add_byte(out, ' ');
}

static void histogram_write(struct buf *out, const char *name, const struct metric *s) {
    uint64_t total = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct buf le = {0};
        total += atomic_load_explicit(&s->histogram->counts[i], memory_order_relaxed);
        buf_add_str(&le, "le=\"");
        number_write(&le, i < ARRAY_LEN(bounds_s) ? bounds_s[i] : (double)INFINITY);
        buf_add_byte(&le, '"');
        series_write_name(out, name, "_bucket", s->labels, buf_text(&le));
        buf_addf(out, "%" PRIu64 "\n", total);
        buf_free(&le);
    }
    series_write_name(out, name, "_sum", s->labels, "");
    number_write(out, atomic_load_explicit(&s->histogram->sum_s, memory_order_relaxed));
    buf_add_byte(out, '\n');
    series_write_name(out, name, "_count", s->labels, "");
    buf_addf(out, "%" PRIu64 "\n", total);
}

static void value_write(struct buf *out, const char *name, const struct metric *s) {
    series_write_name(out, name, "", s->labels, "");
    if (s->type == METRIC_COUNTER)
        buf_addf(out, "%" PRIu64, atomic_load_explicit(&s->count, memory_order_relaxed));
    else
        number_write(out, metric_value(s));
    buf_add_byte(out, '\n');
}

static bool series_any_shown(const struct series *all) {
    for (size_t i = 0; i < all->n; i++)
        if (metric_is_shown(all->rows[i])) return true;
    return false;
}

void metrics_write(struct metrics *m, struct buf *out) {
    pthread_mutex_lock(&m->lock);
    for (size_t id = 0; id < METRIC_IDS; id++) {
        const struct family *f = &families[id];
        const struct series *all = &m->families[id];
        if (!series_any_shown(all)) continue;
        buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name, type_names[f->type]);
        for (size_t i = 0; i < all->n; i++)
            if (metric_is_shown(all->rows[i]))
                (f->type == METRIC_HISTOGRAM ? histogram_write : value_write)(out, f->name, all->rows[i]);
    }
    pthread_mutex_unlock(&m->lock);
}

void metrics_write_markdown(struct buf *out) {
    buf_add_str(out, "| metric | type | labels | what |\n|---|---|---|---|\n");
    for (size_t id = 0; id < METRIC_IDS; id++) {
        const struct family *f = &families[id];
        const char *tick = *f->labels ? "`" : "";
        buf_addf(out, "| `%s` | %s | %s%s%s | %s |\n", f->name, type_names[f->type], tick, f->labels, tick, f->help);
    }
}
