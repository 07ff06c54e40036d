/* topkd-audit/arrive.c - waits first for the group's commits, then for the lists.
 * The committed offsets say that every record was applied. The lists follow a publish tick and a merge tick later.
 * So the lists have arrived when none is absent or can still end, and then nothing has moved for three publish
 * intervals. */
#include "arrive.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { COMMIT_POLL_MS = 200, QUIET_INTERVALS = 3, QUIET_MIN_MS = 500 };

static void sleep_ms(int64_t ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* The waiting, from its begin to its end (monotonic). */
struct wait {
    const struct arrival *arrival;
    struct arrived *out;
    int64_t begin_ms, end_ms;
};

static void wait_say(const struct wait *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void wait_say(const struct wait *w, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(w->out->awaited, sizeof w->out->awaited, fmt, ap);
    va_end(ap);
    progress_say(w->arrival->progress, "waited %.0f of %.0f s for %s",
                 (double)(clock_mono_ms(&clock_system) - w->begin_ms) / 1000.0,
                 (double)(w->end_ms - w->begin_ms) / 1000.0, w->out->awaited);
}

static bool wait_is_over(const struct wait *w) { return clock_mono_ms(&clock_system) >= w->end_ms; }

/* Where the group stands. */
struct standing {
    uint64_t behind;
    const struct span *first; /* partition that is behind; NULL: none */
    size_t partitions;        /* that are */
};

/* A partition without a record needs no commit. */
static int standing_look(const struct arrival *a, struct standing *st, struct arrived *out, struct err *e) {
    size_t n = a->reading->n;
    int64_t *offsets = mem_zalloc(n + 1, sizeof *offsets);
    int status = kafka_log_committed(a->log, offsets, e);
    *st = (struct standing){0};
    for (size_t i = 0; status == 0 && i < n; i++) {
        const struct span *s = &a->reading->spans[i];
        int64_t from = offsets[i] > s->start ? offsets[i] : s->start;
        if (offsets[i] >= 0) out->any_commit = true;
        if (from >= s->end) continue;
        st->behind += (uint64_t)(s->end - from);
        if (st->first == NULL) st->first = s;
        st->partitions++;
    }
    out->behind = st->behind;
    mem_free(offsets);
    return status;
}

static int wait_commits(const struct wait *w, struct err *e) {
    for (;;) {
        struct standing st;
        int status = standing_look(w->arrival, &st, w->out, e);
        if (status != 0 || st.behind == 0) return status;
        wait_say(w, "the group %s to commit %llu records of %zu partitions, first %s/%d%s", w->arrival->config->group,
                 (unsigned long long)st.behind, st.partitions, st.first->topic, (int)st.first->partition,
                 w->out->any_commit ? "" : " (it has never committed)");
        if (wait_is_over(w)) return 0;
        sleep_ms(COMMIT_POLL_MS);
    }
}

/* The lists that a worker may still be about to write or to end. */
struct unfinished {
    size_t n;
    char first[128]; /* one of them: `location US at 2025-11-21T19:01, which is open` */
};

static void unfinished_name(const struct plan *p, const struct entry *e, struct unfinished *u) {
    char minute[MINUTE_TEXT_LEN + 1];
    minute_format(e->minute, minute);
    snprintf(u->first, sizeof u->first, "location %.64s at %s, which is %s",
             log_quote_bytes(names_get(&p->locations, e->location)), minute,
             e->state == STATE_NONE ? "not there" : served_state_name(e->state));
}

static void unfinished_find(const struct arrival *a, const struct plan *p, int64_t settled_until,
                            struct unfinished *u) {
    int64_t oldest = plan_oldest_served(p);
    int64_t wall_ms = clock_wall_ms(&clock_system);
    *u = (struct unfinished){0};
    for (size_t i = 0; i < p->n; i++) {
        const struct entry *e = &p->entries[i];
        if (e->bucket == NULL || e->minute > settled_until || e->minute <= a->reading->unknowable_until) continue;
        bool absent =
            e->state == STATE_NONE && !plan_may_have_expired(p, e->minute, oldest, a->config->retention_ms, wall_ms);
        bool open = e->state == STATE_OPEN && !a->open_is_fine;
        if (!absent && !open) continue;
        if (u->n++ == 0) unfinished_name(p, e, u);
    }
}

static int lists_look(const struct arrival *a, struct unfinished *u, uint64_t *signature, struct err *e) {
    struct plan p;
    int64_t *ends = mem_zalloc(a->reading->n + 1, sizeof *ends);
    int status = kafka_log_ends_now(a->log, ends, e);
    if (status == 0) status = plan_make(&p, a->tally, a->served, a->from, a->to, e);
    if (status == 0) {
        unfinished_find(a, &p, reading_settled_until(a->reading, a->config, ends), u);
        *signature = p.signature;
        plan_deinit(&p);
    }
    mem_free(ends);
    return status;
}

static void wait_say_lists(const struct wait *w, const struct unfinished *u, int64_t quiet_ms) {
    if (u->n > 0)
        wait_say(w, "%zu of %u lists, first %s", u->n, w->arrival->tally->n, u->first);
    else
        wait_say(w, "Redis to stand still for %.1f s", (double)quiet_ms / 1000.0);
}

static int wait_lists(const struct wait *w, struct err *e) {
    int64_t quiet_ms = QUIET_INTERVALS * w->arrival->config->publish_interval_ms;
    if (quiet_ms < QUIET_MIN_MS) quiet_ms = QUIET_MIN_MS;
    uint64_t last = 0;
    int64_t moved_ms = clock_mono_ms(&clock_system);
    for (;;) {
        uint64_t signature = 0;
        struct unfinished u;
        int status = lists_look(w->arrival, &u, &signature, e);
        int64_t now_ms = clock_mono_ms(&clock_system);
        if (status != 0) return status;
        if (signature != last) moved_ms = now_ms;
        last = signature;
        w->out->settled = u.n == 0 && now_ms - moved_ms >= quiet_ms;
        if (w->out->settled) return 0;
        wait_say_lists(w, &u, quiet_ms);
        if (wait_is_over(w)) return 0;
        sleep_ms(quiet_ms / QUIET_INTERVALS);
    }
}

int arrive_wait(const struct arrival *a, int64_t wait_ms, struct arrived *out, struct err *e) {
    int64_t now_ms = clock_mono_ms(&clock_system);
    const struct wait w = {.arrival = a, .out = out, .begin_ms = now_ms, .end_ms = now_ms + wait_ms};
    struct standing st;
    *out = (struct arrived){0};
    if (wait_ms == 0) return standing_look(a, &st, out, e);
    int status = wait_commits(&w, e);
    if (status == 0 && out->behind == 0) status = wait_lists(&w, e);
    progress_clear(a->progress);
    return status;
}
