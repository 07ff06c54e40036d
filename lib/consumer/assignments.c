/* consumer/assignments.c - the partitions that are, or were, ours: found, made, and rid of their memories. */
#include "base/buf.h"
#include "base/mem.h"
#include "consumer/state.h"

struct assignment *assignment_find(struct consumer *c, struct source_tp tp) {
    struct assignment *a = c->last;
    if (a != NULL && source_tp_equal(a->tp, tp)) return a;
    for (size_t i = 0; i < c->assignments_n; i++) {
        a = c->assignments[i];
        if (source_tp_equal(a->tp, tp)) return c->last = a;
    }
    return NULL;
}

/* PREFIX topic MIDDLE partition SUFFIX */
static char *tp_text(const char *prefix, const char *middle, const char *suffix, struct source_tp tp) {
    struct buf b = {0};
    buf_addf(&b, "%s%s%s%d%s", prefix, tp.topic, middle, (int)tp.partition, suffix);
    char *text = mem_strdup(buf_text(&b));
    buf_free(&b);
    return text;
}

static struct assignment *assignment_create(struct source_tp tp) {
    struct assignment *a = mem_zalloc(1, sizeof *a);
    a->tp = tp;
    a->name = tp_text("", "/", "", tp);
    a->labels = tp_text("topic=\"", "\",partition=\"", "\"", tp);
    a->log.start = a->log.high_watermark = -1;
    return a;
}

struct assignment *assignment_get(struct consumer *c, struct source_tp tp) {
    struct assignment *a = assignment_find(c, tp);
    if (a != NULL) return a;
    c->assignments = mem_grow(c->assignments, &c->assignments_cap, c->assignments_n + 1, sizeof(struct assignment *));
    return c->assignments[c->assignments_n++] = assignment_create(tp);
}

struct assignment *assignment_of_instance(struct consumer *c, uint64_t instance) {
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct assignment *a = c->assignments[i];
        if (a->memory != NULL && partition_instance(a->memory) == instance) return a;
    }
    return NULL;
}

static void memory_remember(struct assignment *a) {
    struct partition_view v;
    partition_look(a->memory, &v);
    a->before.counted = v.counted;
    a->before.incarnation = v.incarnation;
    a->before.had_commit = a->before.had_commit || v.committed >= 0;
}

void assignment_drop_memory(struct consumer *c, struct assignment *a) {
    if (a->memory == NULL) return;
    assignment_metrics_close(c, a);
    memory_remember(a);
    partition_destroy(a->memory);
    a->memory = NULL;
    a->row_asked = a->turn.begun = false;
}

void assignments_free(struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) {
        assignment_drop_memory(c, c->assignments[i]);
        mem_free(c->assignments[i]->name);
        mem_free(c->assignments[i]->labels);
        mem_free(c->assignments[i]);
    }
    mem_free(c->assignments);
}

void assignments_go_on(struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) c->assignments[i]->motion.rests = false;
}

void assignments_tell_counts(struct consumer *c) {
    struct hub_consumer *me = &c->hub->consumers[c->number];
    uint32_t owned = 0, waiting = 0;
    for (size_t i = 0; i < c->assignments_n; i++) {
        bool waits = c->assignments[i]->state == ASSIGNMENT_WAITING;
        owned += waits || assignment_runs(c->assignments[i]);
        waiting += waits;
    }
    if (owned > 0 && atomic_load(&me->owned) == 0) atomic_store(&me->owned_since_mono_ms, clock_mono_ms(c->hub->clock));
    atomic_store(&me->owned, owned);
    atomic_store(&me->waiting, waiting);
}

struct source_tp *assignments_running(struct consumer *c, size_t *n) {
    struct source_tp *tps = mem_zalloc(c->assignments_n + 1, sizeof *tps);
    *n = 0;
    for (size_t i = 0; i < c->assignments_n; i++) {
        const struct assignment *a = c->assignments[i];
        if (assignment_applies(a)) tps[(*n)++] = a->tp;
    }
    return tps;
}
