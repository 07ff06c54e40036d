/* consumer/records.c - records are decoded and counted. This is the hot path. */
#include "consumer/state.h"

/* A record and the member that brought it. */
struct record_from {
    const struct source *source;
    const struct source_record *record;
};

static struct bytes record_header(void *self, const char *name) {
    const struct record_from *from = self;
    return from->source->ops->header(from->source->self, from->record, name);
}

static void record_decode(struct consumer *c, const struct source_record *r) {
    struct record_from from = {&c->source, r};
    struct message m = {.value = r->value,
                        .key = r->key,
                        .topic = r->tp.topic,
                        .time_ms = r->time_ms,
                        .header = record_header,
                        .self = &from};
    decoder_decode(c->decoder, &m, &c->batch);
}

static enum record_outcome record_apply(struct consumer *c, struct assignment *a, const struct source_record *r,
                                        int64_t wall_ms) {
    struct log_record rec = {r->offset, r->time_ms, r->key, r->value};
    bool wanted = partition_wants(a->memory, r->offset);
    if (wanted) record_decode(c, r);
    enum record_outcome took = partition_record(a->memory, &rec, wanted ? &c->batch : NULL, wall_ms);
    if (took == RECORD_APPLIED && !c->example.set) consumer_note_example(c, a, r);
    if (took == RECORD_APPLIED && c->sends_dead_letters) consumer_reject(c, a, r);
    return took;
}

/* Applies the first records of R that are of one partition, N at most; returns how many they were. Stops at once when
 * the partition wants to be assigned again. */
static size_t run_apply(struct consumer *c, const struct source_record *r, size_t n, int64_t wall_ms, bool *again) {
    struct assignment *a = assignment_find(c, r->tp);
    bool ours = a != NULL && assignment_applies(a);
    size_t i = 0;
    for (; i < n && !*again && source_tp_equal(r[i].tp, r->tp); i++) {
        if (!ours) {
            consumer_count_stale(c);
            continue;
        }
        enum record_outcome took = record_apply(c, a, &r[i], wall_ms);
        a->motion.moved = a->motion.moved || took == RECORD_APPLIED || took == RECORD_REBUILT;
        a->had_traffic = a->had_traffic || took == RECORD_APPLIED;
        *again = took == RECORD_OF_ANOTHER_LOG;
    }
    if (ours) partition_let_go(a->memory);
    if (*again) log_event(LOG_WARN, "log_replaced", "topic=%s partition=%d", a->tp.topic, (int)a->tp.partition);
    return i;
}

/* After an assignment everything that was not applied comes again, so the rest is dropped. */
void consumer_records(struct consumer *c, const struct source_record *r, size_t n) {
    int64_t wall = clock_wall_ms(c->hub->clock);
    bool again = false;
    for (size_t i = 0; i < n && !again;) i += run_apply(c, r + i, n - i, wall, &again);
    if (!again) return;
    consumer_count_restore(c, ORIGIN_NEW_LOG, 0);
    consumer_reassign(c);
}

void consumer_at_end_of_log(struct consumer *c, struct source_tp tp, int64_t offset) {
    struct assignment *a = assignment_find(c, tp);
    if (a == NULL || !assignment_applies(a)) return;
    partition_eof(a->memory, offset, clock_wall_ms(c->hub->clock));
    a->motion.moved = true;
}
