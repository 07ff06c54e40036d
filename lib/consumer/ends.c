/* consumer/ends.c - where the logs end: asked every second, for lag, standstill and the rows of the partitions. */
#include "base/mem.h"
#include "consumer/state.h"

enum { ENDS_INTERVAL_MS = 1000 };

void consumer_ends_due(struct consumer *c, int64_t now) {
    struct err e = {0};
    if (c->ends.asked || now < c->ends.next_mono_ms) return;
    c->ends.next_mono_ms = now + ENDS_INTERVAL_MS;
    size_t n;
    struct source_tp *tps = assignments_running(c, &n);
    if (n > 0) c->ends.asked = c->source.ops->ask_ends(c->source.self, tps, n, &e) == 0;
    mem_free(tps);
}

/* What may be read ends at log_end. Records of open transactions lie behind it, below the high watermark. */
static void end_see(struct assignment *a, const struct source_end *end, int64_t now) {
    struct partition_view v;
    partition_look(a->memory, &v);
    a->log.start = end->log_start;
    a->log.high_watermark = end->high_watermark;
    a->log.asked_wall_ms = end->wall_ms;
    if (v.next >= end->high_watermark) a->log.caught_up_wall_ms = end->wall_ms;
    if (v.next >= end->log_end && a->state == ASSIGNMENT_RUNNING) assignment_works(a, now);
}

void consumer_ends(struct consumer *c, const struct source_end *ends, size_t n) {
    c->ends.asked = false;
    for (size_t i = 0; i < n; i++) {
        struct assignment *a = assignment_find(c, ends[i].tp);
        if (a == NULL || !assignment_runs(a) || !ends[i].ok) continue;
        end_see(a, &ends[i], clock_mono_ms(c->hub->clock));
        a->had_traffic = a->had_traffic || ends[i].high_watermark > 0;
        partition_end_seen(a->memory, ends[i].log_end, ends[i].wall_ms);
    }
}
