/* partition/apply.c - accepted events go into their buckets, some dozens at a time.
 *
 * An event needs a place of its minute's table, then its bucket, then the bucket's sketch, then a set of that, and each
 * is somewhere else in memory. So each step is taken for all pending events before the next, and asks for the lines of
 * memory that the next will want.
 *
 * To wait changes no outcome: events go in in their order, and whoever looks at buckets applies what is pending first
 * (`partition_let_go`). The texts of pending events are the record's, so they are applied before the record goes. */
#include <string.h>

#include "base/hash.h"
#include "partition/state.h"

uint64_t record_hash(const struct log_record *rec) {
    uint64_t key = rec->key.p == NULL ? 0 : hash64(rec->key.p, rec->key.n, 1);
    return rec->value.p == NULL ? key : hash64(rec->value.p, rec->value.n, key);
}

/* -- buckets -- */

/* Of partition, location and minute, and of nothing else: on every worker, and after every replay, the same. */
static uint64_t sketch_seed(const struct partition *p, const struct minute *m, struct bytes location) {
    return hash64(&m->minute, sizeof m->minute, p->name_hash ^ hash64(location.p, location.n, 0));
}

static struct bucket *bucket_at(struct partition *p, struct minute *m, struct bytes location, uint64_t hash) {
    struct bucket *b = minute_find(m, location, hash);
    if (b != NULL) return b;
    uint64_t seed = sketch_seed(p, m, location);
    p->buckets_n++;
    return minute_add(m, location, hash, sketch_create(p->budget, seed, p->rules->sketch_sets));
}

static struct bucket *bucket_of_all(struct partition *p, struct minute *m) {
    struct bytes global = p->rules->global;
    if (m->global == NULL) m->global = bucket_at(p, m, global, location_hash(global));
    return m->global;
}

/* -- apply -- */

static void ask_for_buckets(const struct partition *p) {
    for (size_t i = 0; i < p->pending_n; i++) {
        const struct pending_event *ev = &p->pending[i];
        if (ev->location.p != NULL) __builtin_prefetch(*minute_place(ev->minute, ev->location_hash), 1);
    }
}

static struct sketch_add add_to(struct partition *p, struct bucket *b, const struct pending_event *ev) {
    dirty_change(&p->dirty, b, p->next);
    return (struct sketch_add){b->sketch, ev->item_hash, ev->item, ev->weight};
}

void apply_pending(struct partition *p) {
    struct sketch_add adds[2 * PENDING_MAX];
    size_t n = 0;
    bool all = p->rules->global.n > 0;
    ask_for_buckets(p);
    for (size_t i = 0; i < p->pending_n; i++) {
        const struct pending_event *ev = &p->pending[i];
        if (ev->location.p != NULL)
            adds[n++] = add_to(p, bucket_at(p, ev->minute, ev->location, ev->location_hash), ev);
        if (all) adds[n++] = add_to(p, bucket_of_all(p, ev->minute), ev);
    }
    p->pending_n = 0;
    sketch_add_all(adds, n);
}

/* -- pending -- */

struct rewind apply_rewind(const struct partition *p, const struct log_record *rec) {
    return (struct rewind){rec->offset, p->log_time_ms, {true, rec->offset, rec->time_ms, record_hash(rec)}};
}

/* Once a minute: not among the registers of those that come all the time. */
static __attribute__((noinline)) struct minute *minute_open(struct partition *p, int64_t minute,
                                                            const struct log_record *rec) {
    const struct rewind *mark = p->ids == NULL ? NULL : ids_rewind(p->ids);
    struct minute *m = minutes_add(&p->minutes, minute);
    m->rewind = mark != NULL ? *mark : apply_rewind(p, rec);
    m->stored_mono_ms = p->start.stored_mono_ms; /* below the frontier */
    return m;
}

struct minute *apply_minute(struct partition *p, int64_t minute, const struct log_record *rec) {
    struct minute *m = minutes_find(&p->minutes, minute);
    return m != NULL ? m : minute_open(p, minute, rec);
}

/* NULL if there is none, or it is the one that stands for all. */
static struct bytes own_location(const struct partition *p, const struct event *ev) {
    const struct bytes global = p->rules->global, none = {NULL, 0};
    if (ev->location.p == NULL) return none;
    return ev->location.n == global.n && memcmp(ev->location.p, global.p, global.n) == 0 ? none : ev->location;
}

/* Who comes first is taken, so which places a minute has is a matter of the log alone. What is pending may bring new
 * places: where that could matter it is applied first. */
static __attribute__((noinline)) bool location_finds_room(struct partition *p, struct minute *m, struct bytes location,
                                                          uint64_t hash) {
    const uint32_t max = p->rules->locations_max;
    if (minute_locations(m) < max && p->pending_n > 0) apply_pending(p);
    return minute_locations(m) < max || minute_find(m, location, hash) != NULL;
}

static bool location_has_room(struct partition *p, struct minute *m, struct bytes location, uint64_t hash) {
    bool plenty = m->buckets_n + p->pending_n < p->rules->locations_max;
    return plenty || location_finds_room(p, m, location, hash);
}

static bool is_inside(struct bytes text, struct bytes bytes) {
    return (uintptr_t)text.p - (uintptr_t)bytes.p < bytes.n;
}

/* Does TEXT stay as long as its record? One that had to be decoded lies in the batch, and lasts until the next message
 * is decoded. */
static bool is_of_record(struct bytes text, const struct log_record *rec) {
    return text.p == NULL || is_inside(text, rec->value) || is_inside(text, rec->key);
}

bool apply_event(struct partition *p, const struct event *ev, int64_t minute, const struct log_record *rec) {
    struct minute *m = apply_minute(p, minute, rec);
    if (rec->offset >= p->frontier) m->stored_mono_ms = TIME_NEVER;
    struct bytes location = own_location(p, ev);
    uint64_t hash = 0;
    bool taken = true;
    if (location.p != NULL) {
        hash = location_hash(location);
        __builtin_prefetch(minute_place(m, hash));
        taken = location_has_room(p, m, location, hash);
        if (!taken) location.p = NULL;
    }
    p->pending[p->pending_n++] = (struct pending_event){.minute = m,
                                                        .location_hash = hash,
                                                        .item_hash = sketch_hash(ev->item),
                                                        .location = location,
                                                        .item = ev->item,
                                                        .weight = ev->weight};
    p->texts_elsewhere |= !is_of_record(ev->item, rec) || !is_of_record(location, rec);
    if (p->pending_n == PENDING_MAX) apply_pending(p);
    return taken;
}
