/* topkd-audit/plan.c - puts together what the log and Redis know of each list. */
#include "plan.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

/* A list may go a little before an older one: they are written by different mergers. */
enum { EXPIRY_ORDER_MIN = 5 };

void plan_deinit(struct plan *p) {
    for (size_t i = 0; i < p->n; i++) difference_deinit(&p->entries[i].found.difference);
    mem_free(p->entries);
    names_deinit(&p->locations);
    *p = (struct plan){0};
}

static int entry_order(const void *pa, const void *pb) {
    const struct entry *a = pa, *b = pb;
    if (a->location != b->location) return a->location < b->location ? -1 : 1;
    return (a->minute > b->minute) - (a->minute < b->minute);
}

/* The same list may come from the log, from `states` and from `minutes`: what each says is put together. */
static void plan_join(struct plan *p) {
    size_t kept = 0;
    qsort(p->entries, p->n, sizeof *p->entries, entry_order);
    for (size_t i = 0; i < p->n; i++) {
        struct entry *e = &p->entries[i], *last = kept ? &p->entries[kept - 1] : NULL;
        if (last == NULL || entry_order(last, e) != 0) {
            p->entries[kept++] = *e;
            continue;
        }
        if (e->bucket != NULL) last->bucket = e->bucket;
        if (e->state != STATE_NONE) last->state = e->state;
        if (e->indexed) last->indexed = true;
    }
    p->n = kept;
}

static size_t shelves_minutes_n(const struct shelf *shelves, size_t n) {
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += shelves[i].n;
    return sum;
}

static void plan_add_shelf(struct plan *p, uint32_t location, const struct shelf *f, int64_t from, int64_t to) {
    p->signature = hash64(&f->seq, sizeof f->seq, p->signature);
    for (size_t i = 0; i < f->n; i++) {
        const struct shelf_minute *s = &f->minutes[i];
        if (s->minute < from || s->minute >= to) continue;
        const uint64_t said[] = {location, (uint64_t)s->minute, (uint64_t)s->state};
        p->signature = hash64(said, sizeof said, p->signature);
        p->entries[p->n++] =
            (struct entry){.location = location, .minute = s->minute, .state = s->state, .indexed = s->indexed};
    }
}

static void plan_add_buckets(struct plan *p, const struct tally *tally) {
    for (uint32_t i = 0; i < tally->n; i++)
        p->entries[p->n++] = (struct entry){
            .location = tally->buckets[i]->location, .minute = tally->buckets[i]->minute, .bucket = tally->buckets[i]};
}

int plan_make(struct plan *p, const struct tally *tally, const struct served *s, int64_t from, int64_t to,
              struct err *e) {
    struct shelf *shelves = NULL;
    *p = (struct plan){0};
    for (uint32_t i = 0; i < tally->locations.n; i++) names_add(&p->locations, names_get(&tally->locations, i));
    int status = served_locations(s, &p->locations, e);
    if (status == 0) status = served_since(s, &p->since_ms, e);
    if (status == 0) status = served_shelves(s, &p->locations, &shelves, e);
    if (status != 0) {
        plan_deinit(p);
        return status;
    }
    p->entries = mem_zalloc(shelves_minutes_n(shelves, p->locations.n) + tally->n + 1, sizeof *p->entries);
    for (uint32_t i = 0; i < p->locations.n; i++) plan_add_shelf(p, i, &shelves[i], from, to);
    plan_add_buckets(p, tally);
    plan_join(p);
    shelves_free(shelves, p->locations.n);
    return 0;
}

bool plan_may_have_expired(const struct plan *p, int64_t minute, int64_t oldest_served, int64_t retention_ms,
                           int64_t wall_ms) {
    int64_t written_before_ms = wall_ms - retention_ms;
    if ((minute + 1) * MINUTE_MS >= written_before_ms || p->since_ms >= written_before_ms) return false;
    return oldest_served == INT64_MAX || oldest_served + EXPIRY_ORDER_MIN >= minute;
}

int64_t plan_oldest_served(const struct plan *p) {
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i < p->n; i++)
        if (p->entries[i].indexed && p->entries[i].minute < oldest) oldest = p->entries[i].minute;
    return oldest;
}
