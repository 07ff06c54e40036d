/* topkd-audit/places.c - a small list of minutes, each with the names that it took. */
#include "places.h"

#include "base/mem.h"

void places_deinit(struct places *p) {
    places_forget(p, INT64_MAX);
    mem_free(p->minutes);
    *p = (struct places){0};
}

static struct names *places_names(struct places *p, int64_t minute) {
    for (size_t i = p->n; i-- > 0;) /* events come for the newest minutes */
        if (p->minutes[i].minute == minute) return &p->minutes[i].taken;
    p->minutes = mem_grow(p->minutes, &p->cap, p->n + 1, sizeof *p->minutes);
    p->minutes[p->n] = (struct minute_places){.minute = minute};
    return &p->minutes[p->n++].taken;
}

bool places_take(struct places *p, int64_t minute, struct bytes location, uint32_t max) {
    struct names *taken = places_names(p, minute);
    if (taken->n == max) return names_find(taken, location) != NAME_NONE;
    names_add(taken, location);
    return true;
}

void places_forget(struct places *p, int64_t minute) {
    size_t kept = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (p->minutes[i].minute <= minute)
            names_deinit(&p->minutes[i].taken);
        else
            p->minutes[kept++] = p->minutes[i];
    }
    p->n = kept;
}
