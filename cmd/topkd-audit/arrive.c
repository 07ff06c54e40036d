/* The group's committed offsets say that everything was applied; lists follow by a publish and a merge tick. So: first
 * the commits, then no list that is absent or could still end, then three publish intervals in which nothing moved. */
#include "arrive.h"

#include "base/clock.h"
#include "base/mem.h"
#include <time.h>

enum { COMMIT_POLL_MS = 200, QUIET_INTERVALS = 3, QUIET_MIN_MS = 500 };

static void sleep_ms(int64_t ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* A partition without a record needs no commit. */
static int count_behind(const struct arrival *a, uint64_t *behind, struct err *e) {
    size_t n = a->reading->n;
    int64_t *offsets = mem_zalloc(n + 1, sizeof *offsets);
    int rc = kafka_log_committed(a->log, offsets, e);
    *behind = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const struct span *s = &a->reading->spans[i];
        int64_t from = offsets[i] > s->start ? offsets[i] : s->start;
        if (from < s->end) *behind += (uint64_t)(s->end - from);
    }
    mem_free(offsets);
    return rc;
}

static int wait_commits(const struct arrival *a, int64_t deadline_ms, struct arrived *out, struct err *e) {
    for (;;) {
        int rc = count_behind(a, &out->behind, e);
        if (rc != 0 || out->behind == 0 || clock_mono_ms(&clock_system) >= deadline_ms) return rc;
        sleep_ms(COMMIT_POLL_MS);
    }
}

/* Is there a list that a worker may still be about to write or to end? */
static bool awaits_any(const struct arrival *a, const struct plan *p, int64_t settled_until) {
    int64_t oldest = plan_oldest_served(p);
    int64_t wall_ms = clock_wall_ms(&clock_system);
    for (size_t i = 0; i < p->n; i++) {
        const struct entry *e = &p->entries[i];
        if (e->group == NULL || e->minute > settled_until || e->minute <= a->reading->unknowable_until) continue;
        bool gone = e->state == STATE_NONE;
        if (gone && !plan_may_have_expired(p, e->minute, oldest, a->config->retention_ms, wall_ms)) return true;
        if (e->state == STATE_OPEN && !a->open_is_fine) return true;
    }
    return false;
}

static int look(const struct arrival *a, bool *awaits, uint64_t *signature, struct err *e) {
    struct plan p;
    int64_t *ends = mem_zalloc(a->reading->n + 1, sizeof *ends);
    int rc = kafka_log_ends_now(a->log, ends, e);
    if (rc == 0) rc = plan_make(&p, a->tally, a->served, a->from, a->to, e);
    if (rc == 0) {
        *awaits = awaits_any(a, &p, reading_settled_until(a->reading, a->config, ends));
        *signature = p.signature;
        plan_deinit(&p);
    }
    mem_free(ends);
    return rc;
}

static int wait_lists(const struct arrival *a, int64_t deadline_ms, struct arrived *out, struct err *e) {
    int64_t quiet_ms = QUIET_INTERVALS * a->config->publish_interval_ms;
    if (quiet_ms < QUIET_MIN_MS) quiet_ms = QUIET_MIN_MS;
    uint64_t last = 0;
    int64_t moved_ms = clock_mono_ms(&clock_system);
    for (;;) {
        uint64_t signature = 0;
        bool awaits = true;
        int rc = look(a, &awaits, &signature, e);
        int64_t now_ms = clock_mono_ms(&clock_system);
        if (rc != 0) return rc;
        if (signature != last) moved_ms = now_ms;
        last = signature;
        out->settled = !awaits && now_ms - moved_ms >= quiet_ms;
        if (out->settled || now_ms >= deadline_ms) return 0;
        sleep_ms(quiet_ms / QUIET_INTERVALS);
    }
}

int arrive_wait(const struct arrival *a, int64_t wait_ms, struct arrived *out, struct err *e) {
    int64_t deadline_ms = clock_mono_ms(&clock_system) + wait_ms;
    *out = (struct arrived){0};
    if (wait_ms == 0) return count_behind(a, &out->behind, e);
    int rc = wait_commits(a, deadline_ms, out, e);
    if (rc == 0 && out->behind == 0) rc = wait_lists(a, deadline_ms, out, e);
    return rc;
}
