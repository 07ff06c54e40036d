/* partition/check.c - what is true of a partition between two calls, as partition.c says it. */
#include <assert.h>

#include "base/testhook.h"
#include "partition/state.h"

/* A rule that is switched off in the property test breaks what it is there for, and that is for the recount to see. */
static void position_check(const struct partition *p) {
    assert(p->stage != STAGE_SPEAKING || p->next >= p->frontier || !RULE(3, silence));
    assert(p->stage != STAGE_ASKING_ROW || p->own_n == 0); /* nothing is committed without an incarnation */
    assert(p->own_n == 0 || p->own[(p->own_n - 1) % OWN_COMMITS_MAX].offset <= p->next);
    assert(p->minutes.n == 0 || p->minutes.all[0]->minute > p->settled || !RULE(3, skip_settled));
}

static void buckets_check(const struct partition *p) {
    assert(p->dirty.n <= p->dirty.unclean_n && p->dirty.unclean_n <= p->buckets_n);
    assert((p->dirty.n == 0) == (p->dirty.first == NULL));
    assert(p->pending_n < PENDING_MAX); /* there is room for the next one */
}

void partition_check(const struct partition *p) {
    position_check(p);
    buckets_check(p);
}

#ifdef TOPKD_TESTHOOKS

/* Every event of an open minute lies at or after where the next owner begins, and below next. */
static void minute_is_open_check(const struct partition *p, const struct minute *m) {
    assert(m->rewind.anchor.set && m->rewind.offset < p->next);
    assert(m->rewind.offset >= partition_rewind(p).offset);
    assert(m->rewind.log_time_ms <= p->log_time_ms);
    assert(m->sealed == minute_sealed(p->rules, m->minute, p->log_time_ms));
}

static void start_check(const struct partition *p) {
    assert(p->start.next >= p->start.log_start);
    assert(p->probe != PROBE_ANCHOR || p->start.anchor.set);
    assert(!p->last.set || p->last.offset <= p->next);
}

void partition_check_whole(const struct partition *p) {
    uint64_t buckets_n = 0;
    partition_check(p);
    start_check(p);
    minutes_check(&p->minutes);
    if (p->ids != NULL) ids_check(p->ids);
    dirty_check(&p->dirty, &p->minutes);
    for (size_t i = 0; i < p->minutes.n; i++) {
        minute_is_open_check(p, p->minutes.all[i]);
        buckets_n += p->minutes.all[i]->buckets_n;
    }
    assert(buckets_n == p->buckets_n);
    assert(partition_rewind(p).offset <= p->next);
}

#else
void partition_check_whole(const struct partition *p) { partition_check(p); }
#endif
