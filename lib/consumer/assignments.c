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

struct assignment *assignment_get(struct consumer *c, struct source_tp tp) {
    struct assignment *a = assignment_find(c, tp);
    if (a != NULL) return a;
    if (c->assignments_n == c->assignments_cap) {
        c->assignments_cap = c->assignments_cap == 0 ? 16 : c->assignments_cap * 2;
        c->assignments = mem_realloc(c->assignments, c->assignments_cap, sizeof(struct assignment *));
    }
    a = mem_zalloc(1, sizeof *a);
    a->tp = tp;
    a->name = tp_text("", "/", "", tp);
    a->labels = tp_text("topic=\"", "\",partition=\"", "\"", tp);
    a->log_start = a->high_watermark = -1;
    return c->assignments[c->assignments_n++] = a;
}

struct assignment *assignment_of_instance(struct consumer *c, uint64_t instance) {
    for (size_t i = 0; i < c->assignments_n; i++)
        if (c->assignments[i]->memory != NULL && partition_instance(c->assignments[i]->memory) == instance)
            return c->assignments[i];
    return NULL;
}

/* What a later memory must know, so that nothing is counted twice. */
static void assignment_keep_counted(struct assignment *a) {
    struct partition_view v;
    if (a->memory == NULL) return;
    partition_look(a->memory, &v);
    a->counted = v.counted;
    a->counted_incarnation = v.incarnation;
    a->had_commit = a->had_commit || v.committed >= 0;
}

void assignment_drop_memory(struct consumer *c, struct assignment *a) {
    assignment_metrics_close(c, a);
    assignment_keep_counted(a);
    partition_destroy(a->memory);
    a->memory = NULL;
    a->joining = a->copying = false;
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

struct source_tp *assignments_running(struct consumer *c, size_t *n) {
    struct source_tp *tps = mem_zalloc(c->assignments_n + 1, sizeof *tps);
    *n = 0;
    for (size_t i = 0; i < c->assignments_n; i++)
        if (c->assignments[i]->state == ASSIGNMENT_RUNNING && !partition_waits_for_row(c->assignments[i]->memory))
            tps[(*n)++] = c->assignments[i]->tp;
    return tps;
}
