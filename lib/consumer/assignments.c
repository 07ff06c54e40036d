#include "base/buf.h"
#include "base/mem.h"
#include "consumer/state.h"

struct slot *slot_find(struct consumer *c, struct source_tp tp) {
    struct slot *s = c->last;
    if (s != NULL && source_tp_equal(s->tp, tp)) return s;
    for (size_t i = 0; i < c->slots_n; i++) {
        s = c->slots[i];
        if (source_tp_equal(s->tp, tp)) return c->last = s;
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

struct slot *slot_get(struct consumer *c, struct source_tp tp) {
    struct slot *s = slot_find(c, tp);
    if (s != NULL) return s;
    if (c->slots_n == c->slots_cap) {
        c->slots_cap = c->slots_cap == 0 ? 16 : c->slots_cap * 2;
        c->slots = mem_realloc(c->slots, c->slots_cap, sizeof(struct slot *));
    }
    s = mem_zalloc(1, sizeof *s);
    s->tp = tp;
    s->name = tp_text("", "/", "", tp);
    s->labels = tp_text("topic=\"", "\",partition=\"", "\"", tp);
    s->log_start = s->high_watermark = -1;
    return c->slots[c->slots_n++] = s;
}

struct slot *slot_of_instance(struct consumer *c, uint64_t instance) {
    for (size_t i = 0; i < c->slots_n; i++)
        if (c->slots[i]->memory != NULL && partition_instance(c->slots[i]->memory) == instance) return c->slots[i];
    return NULL;
}

/* What a later memory must know, so that nothing is counted twice. */
static void slot_keep_counted(struct slot *s) {
    struct part_view v;
    if (s->memory == NULL) return;
    partition_view(s->memory, &v);
    s->counted = v.counted;
    s->counted_incarnation = v.incarnation;
    s->had_commit = s->had_commit || v.committed >= 0;
}

void slot_drop_memory(struct consumer *c, struct slot *s) {
    slot_metrics_close(c, s);
    slot_keep_counted(s);
    partition_destroy(s->memory);
    s->memory = NULL;
    s->joining = s->copying = false;
}

void slots_free(struct consumer *c) {
    for (size_t i = 0; i < c->slots_n; i++) {
        slot_drop_memory(c, c->slots[i]);
        mem_free(c->slots[i]->name);
        mem_free(c->slots[i]->labels);
        mem_free(c->slots[i]);
    }
    mem_free(c->slots);
}

struct source_tp *slots_running(struct consumer *c, size_t *n) {
    struct source_tp *tps = mem_zalloc(c->slots_n + 1, sizeof *tps);
    *n = 0;
    for (size_t i = 0; i < c->slots_n; i++)
        if (c->slots[i]->state == SLOT_RUNNING && !partition_waits_for_row(c->slots[i]->memory))
            tps[(*n)++] = c->slots[i]->tp;
    return tps;
}
