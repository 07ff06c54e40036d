/* merger/waiting.c - which lists are news, by their notes or by what the rows say now. */
#include "merger/waiting.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "merger/waiting_table.h"

/* -- room -- */

static void minute_forget(struct waiting_lists *w, size_t at) {
    const struct waiting_minute *m = w->minutes[at];
    assert(m->n > 0);
    w->forgotten_lists += m->n;
    if (m->judged)
        w->forgotten[w->forgotten_n++ % WAITING_FORGOTTEN_MAX] =
            (struct waiting_forgotten_minute){m->minute, m->oldest_mono_ms, m->digest};
    waiting_minute_remove(w, at);
}

/* The minute KEEP is the one that grows. */
static void room_make(struct waiting_lists *w, int64_t keep) {
    while (w->bytes > w->bytes_max && w->minutes_n > 1) minute_forget(w, w->minutes[0]->minute == keep ? 1 : 0);
}

static size_t forgotten_count(const struct waiting_lists *w) {
    return w->forgotten_n < WAITING_FORGOTTEN_MAX ? w->forgotten_n : WAITING_FORGOTTEN_MAX;
}

static bool minute_is_forgotten(const struct waiting_lists *w, int64_t minute, uint64_t digest) {
    for (size_t i = 0, n = forgotten_count(w); i < n; i++)
        if (w->forgotten[i].minute == minute && w->forgotten[i].digest == digest) return true;
    return false;
}

static void forgotten_drop(struct waiting_lists *w, int64_t mono_ms) {
    for (size_t i = 0, n = forgotten_count(w); i < n; i++)
        if (w->forgotten[i].mono_ms <= mono_ms) w->forgotten[i].minute = INT64_MIN;
}

/* -- judging -- */

/* SETTLED (everywhere) changes no list, but it ends the notes of lost ones. */
static uint64_t outcome_hash(enum list_state state, bool settled, const struct list_part *parts, size_t n) {
    uint64_t counting = settled;
    for (size_t i = 0; i < n; i++)
        if (parts[i].counts)
            counting ^= hash64(parts[i].partition_name, strlen(parts[i].partition_name), parts[i].incarnation);
    return hash64(&counting, sizeof counting, (uint64_t)state);
}

/* A walk over minutes and their lists. */
struct look {
    const struct waiting_round *round;
    waiting_offer *offer;
    void *ctx;
    /* of the minute that is looked at */
    int64_t minute;
    uint64_t digest;
    bool settled;
};

static uint64_t list_outcome(const struct look *k, const struct waiting_list *l, enum list_state *state) {
    struct list_part *parts = mem_zalloc((size_t)l->parts_n + 1, sizeof *parts);
    for (size_t i = 0; i < l->parts_n; i++)
        parts[i] = (struct list_part){.partition_name = l->parts[i].partition_name,
                                      .incarnation = l->parts[i].incarnation,
                                      .final = l->parts[i].final};
    *state = list_judge(k->round->rules, k->round->progress, k->minute, l->born_ms, parts, l->parts_n);
    uint64_t outcome = outcome_hash(*state, k->settled, parts, l->parts_n);
    mem_free(parts);
    return outcome;
}

static void list_offer(const struct look *k, const struct waiting_list *l, bool becomes_final) {
    const struct waiting_note note = {{l->location, l->location_len}, k->minute, l->token, true};
    k->offer(k->ctx, &note, &(struct waiting_last){l->merged_mono_ms, becomes_final});
}

/* True if it need not be looked at again while the digest stands. */
static bool list_look(const struct look *k, struct waiting_list *l) {
    enum list_state state;
    if (l->digest == k->digest) return true;
    if (l->asked_round == k->round->number) return false;
    if (list_outcome(k, l, &state) == l->outcome) {
        l->digest = k->digest; /* the rows moved, this list did not */
        return true;
    }
    list_offer(k, l, state == LIST_FINAL);
    return false;
}

static void minute_look(struct look *k, struct waiting_minute *m) {
    assert(m->n > 0);
    k->minute = m->minute;
    k->digest = progress_digest(k->round->rules, k->round->progress, m->minute);
    if (m->judged && m->digest == k->digest) return;
    k->settled = progress_settled_everywhere(k->round->progress, m->minute);
    m->judged = true;
    m->digest = k->digest;
    for (size_t i = 0; i < m->table_n; i++)
        for (struct waiting_list *l = m->table[i]; l != NULL; l = l->next)
            if (!list_look(k, l)) m->judged = false;
}

static void minute_look_for_old(struct look *k, struct waiting_minute *m, int64_t mono_ms) {
    if (m->oldest_mono_ms > mono_ms) return;
    k->minute = m->minute;
    m->oldest_mono_ms = INT64_MAX;
    for (size_t i = 0; i < m->table_n; i++)
        for (struct waiting_list *l = m->table[i]; l != NULL; l = l->next) {
            m->oldest_mono_ms = i64_smaller(m->oldest_mono_ms, l->merged_mono_ms);
            if (l->merged_mono_ms > mono_ms || l->asked_round == k->round->number) continue;
            l->asked_round = k->round->number;
            list_offer(k, l, false);
        }
}

/* -- what is asked in a round -- */

bool waiting_is_news(struct waiting_lists *w, const struct waiting_note *note, const struct waiting_round *round,
                     struct waiting_last *last) {
    assert(waiting_check(w));
    struct waiting_list *l = waiting_list_find(w, note->location, note->minute);
    *last = (struct waiting_last){TIME_NEVER, false};
    if (l == NULL)
        return !note->waiting || w->forgotten_n == 0 ||
               !minute_is_forgotten(w, note->minute, progress_digest(round->rules, round->progress, note->minute));
    last->mono_ms = l->merged_mono_ms;
    if (strcmp(l->token, note->token) == 0) return false;
    l->asked_round = round->number;
    return true;
}

void waiting_changed(struct waiting_lists *w, const struct waiting_round *round, waiting_offer *offer, void *ctx) {
    struct look k = {.round = round, .offer = offer, .ctx = ctx};
    assert(waiting_check(w));
    for (size_t i = 0; i < w->minutes_n; i++) minute_look(&k, w->minutes[i]);
}

void waiting_old(struct waiting_lists *w, const struct waiting_round *round, int64_t mono_ms, waiting_offer *offer,
                 void *ctx) {
    struct look k = {.round = round, .offer = offer, .ctx = ctx};
    assert(waiting_check(w));
    forgotten_drop(w, mono_ms);
    for (size_t i = 0; i < w->minutes_n; i++) minute_look_for_old(&k, w->minutes[i], mono_ms);
}

/* -- what changes it -- */

void waiting_filter(struct waiting_lists *w, bool (*keep)(void *ctx, struct bytes location), void *ctx) {
    for (size_t at = w->minutes_n; at-- > 0;) {
        struct waiting_minute *m = w->minutes[at];
        for (size_t i = 0; i < m->table_n; i++)
            for (struct waiting_list **link = &m->table[i]; *link != NULL;) {
                if (keep(ctx, (struct bytes){(*link)->location, (*link)->location_len}))
                    link = &(*link)->next;
                else
                    waiting_list_remove(w, m, link);
            }
        if (m->n == 0) waiting_minute_remove(w, at);
    }
    assert(waiting_check(w));
}

static void list_set(struct waiting_lists *w, struct waiting_list *l, const char *token,
                     const struct waiting_merge *merge) {
    waiting_list_set_parts(w, l, merge->parts_n);
    for (size_t i = 0; i < merge->parts_n; i++) {
        const struct list_part *p = &merge->parts[i];
        l->parts[i] = (struct waiting_part){waiting_name(w, p->partition_name), p->incarnation, p->final};
    }
    memset(l->token, 0, sizeof l->token);
    strncpy(l->token, token, sizeof l->token - 1);
    l->digest = merge->digest;
    l->born_ms = merge->born_ms;
    l->outcome = outcome_hash(merge->state, merge->settled, merge->parts, merge->parts_n);
    l->merged_mono_ms = merge->mono_ms;
}

void waiting_merged(struct waiting_lists *w, struct bytes location, int64_t minute, const char *token,
                    const struct waiting_merge *merge) {
    struct waiting_minute *m = waiting_minute_get(w, minute);
    assert(merge->parts_n == 0 || merge->parts != NULL);
    list_set(w, waiting_list_get(w, m, location), token, merge);
    m->oldest_mono_ms = i64_smaller(m->oldest_mono_ms, merge->mono_ms);
    m->judged = m->judged && m->digest == merge->digest;
    room_make(w, minute);
    assert(waiting_check(w));
}

void waiting_remove(struct waiting_lists *w, struct bytes location, int64_t minute) {
    assert(waiting_check(w));
    size_t at = waiting_minute_at(w, minute);
    if (at == w->minutes_n || w->minutes[at]->minute != minute) return;
    struct waiting_minute *m = w->minutes[at];
    struct waiting_list **link = waiting_list_link(w, m, location);
    if (*link != NULL) waiting_list_remove(w, m, link);
    if (m->n == 0) waiting_minute_remove(w, at);
}
