/* consumer/assign.c - librdkafka is told what to read, and from where: always from the offsets that we know, never from
 * what it remembers itself. */
#include <inttypes.h>

#include "base/mem.h"
#include "consumer/state.h"

enum { ASSIGN_BACKOFF_MIN_MS = 200, ASSIGN_BACKOFF_MAX_MS = 10000, ASSIGN_LOG_MS = 10000 };

static void assign_refused(struct consumer *c, size_t n, const struct err *e) {
    struct assigning *m = &c->assigning;
    backoff_grow(&m->backoff, clock_mono_ms(c->hub->clock), ASSIGN_BACKOFF_MIN_MS, ASSIGN_BACKOFF_MAX_MS);
    log_limited(&m->limit, ASSIGN_LOG_MS, LOG_ERROR, "assign_failed", "partitions=%zu rest_ms=%" PRId64 " why=%s", n,
                m->backoff.wait_ms, log_quote(e->text));
}

/* One whose position is lost has none to be read from. */
static bool assignment_is_read(const struct assignment *a) {
    return assignment_applies(a) && a->state != ASSIGNMENT_LOST;
}

/* The library forgets pauses when it is told an assignment. */
void consumer_reassign(struct consumer *c) {
    struct err e = {0};
    struct source_assign *plan = mem_zalloc(c->assignments_n + 1, sizeof *plan);
    size_t n = 0;
    for (size_t i = 0; i < c->assignments_n; i++) {
        const struct assignment *a = c->assignments[i];
        if (assignment_is_read(a)) plan[n++] = (struct source_assign){a->tp, partition_next(a->memory)};
    }
    if (c->source.ops->assign(c->source.self, plan, n, &e) != 0)
        assign_refused(c, n, &e);
    else
        backoff_end(&c->assigning.backoff);
    assignments_go_on(c);
    c->pausing.paused = false;
    mem_free(plan);
}

void consumer_assign_due(struct consumer *c, int64_t now) {
    if (backoff_failed(&c->assigning.backoff) && backoff_is_over(&c->assigning.backoff, now)) consumer_reassign(c);
}
