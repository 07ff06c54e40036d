/* topkd-audit/ids.c - two tables of names: a young one that grows, and the one before it. */
#include "ids.h"

#include "base/mem.h"

static void half_deinit(struct ids_half *h) {
    names_deinit(&h->names);
    mem_free(h->last);
    *h = (struct ids_half){0};
}

void ids_deinit(struct ids *ids) {
    half_deinit(&ids->young);
    half_deinit(&ids->old);
}

static const struct last_seen *half_find(const struct ids_half *h, struct bytes id) {
    uint32_t number = names_find(&h->names, id);
    return number != NAME_NONE ? &h->last[number] : NULL;
}

static const struct last_seen *ids_find(const struct ids *ids, struct bytes id) {
    const struct last_seen *last = half_find(&ids->young, id);
    return last != NULL ? last : half_find(&ids->old, id);
}

static void half_put(struct ids_half *h, struct bytes id, struct last_seen seen) {
    if (h->names.n == 0) h->begun = seen.second;
    uint32_t number = names_add(&h->names, id);
    h->last = mem_grow(h->last, &h->cap, (size_t)number + 1, sizeof *h->last);
    h->last[number] = seen;
}

static void ids_turn(struct ids *ids) {
    half_deinit(&ids->old);
    ids->old = ids->young;
    ids->young = (struct ids_half){0};
}

bool ids_see(struct ids *ids, struct bytes id, int64_t second, int64_t seconds, uint32_t ids_max) {
    const struct last_seen *last = ids_find(ids, id);
    bool again = last != NULL && ids->sightings - last->number <= ids_max && second - last->second < seconds;
    half_put(&ids->young, id, (struct last_seen){ids->sightings++, second});
    if (ids->young.names.n >= ids_max || second - ids->young.begun >= seconds) ids_turn(ids);
    return again;
}
