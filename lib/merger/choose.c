/* merger/choose.c - which lists are merged in a round: those whose note is new, whose outcome the rows have changed, or
 * whose hash may have expired; but not yet those that wait for something. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "merger/state.h"

enum {
    HOLD_INTERVALS = 3,
    CHEAP_ROUNDS = 4 /* merging again takes a fifth of the time at most */
};

/* -- not yet -- */

/* Parts of one tick that come from several workers do not arrive together. Whoever was late is merged a moment later,
 * as long as merging is cheap. When it is not, a list is merged twice in an interval and no more. */
static int64_t again_after_ms(const struct merger *m) {
    int64_t interval_ms = m->hub->config->publish_interval_ms, cheap_ms = CHEAP_ROUNDS * m->round_ms;
    return i64_larger(interval_ms / 10, i64_smaller(cheap_ms, interval_ms / 2));
}

static bool is_too_soon(const struct merger *m, const struct waiting_last *last) {
    if (last->mono_ms == TIME_NEVER || last->becomes_final) return false;
    return clock_mono_ms(m->hub->clock) - last->mono_ms < again_after_ms(m);
}

/* A list that was never merged, of a minute that some partitions have still to say their last words on, waits for them,
 * for some publish intervals at most. The lists of a backlog are then written once. */
static bool is_held(const struct merger *m, struct round *r, const struct store_note_read *note,
                    const struct waiting_last *last) {
    int64_t minute = note->minute;
    if (note->waiting) return false; /* it is not read again in the next round */
    if (last->mono_ms != TIME_NEVER || minute > r->over_for_one || minute <= r->over_for_all) return false;
    int64_t now = clock_mono_ms(m->hub->clock), since = held_since(&m->held, minute, now);
    if (now - since >= HOLD_INTERVALS * m->hub->config->publish_interval_ms) return false;
    held_add(&r->held, minute, since);
    return true;
}

static void over_look(const struct merger *m, struct round *r) {
    r->over_for_one = minute_horizon(&m->hub->rules, progress_log_time_ms(&m->progress));
    r->over_for_all = minute_horizon(&m->hub->rules, progress_least_log_time_ms(&m->progress));
}

static void held_keep(struct merger *m, struct round *r) {
    held_deinit(&m->held);
    held_sort(&r->held);
    m->held = r->held;
    r->held = (struct held_minutes){.all = NULL};
}

/* -- one list -- */

static void choose_note(const struct merger *m, struct round *r, size_t note, const struct waiting_last *last) {
    assert(note < r->notes.n);
    const struct store_note_read *read = &r->notes.notes[note];
    if (aside_waits(m->aside, note_location(read), read->minute, clock_mono_ms(m->hub->clock))) return;
    if (is_too_soon(m, last) || is_held(m, r, read, last)) {
        r->put_off++;
        return;
    }
    r->choices = mem_grow(r->choices, &r->choices_cap, r->choices_n + 1, sizeof *r->choices);
    r->choices[r->choices_n++] = (struct choice){.note = note, .merged_mono_ms = last->mono_ms};
}

/* A note as it lies in Redis, for a list that was not noted in this round. Returns its index. */
static size_t note_make(struct store_notes *notes, const struct waiting_note *waiting) {
    notes->notes = mem_grow(notes->notes, &notes->cap, notes->n + 1, sizeof *notes->notes);
    struct store_note_read *note = &notes->notes[notes->n];
    *note = (struct store_note_read){.shard = keys_shard(waiting->location),
                                     .waiting = true,
                                     .location = mem_zalloc(1, waiting->location.n + 1),
                                     .location_len = waiting->location.n,
                                     .minute = waiting->minute};
    memcpy(note->location, waiting->location.p, waiting->location.n);
    assert(strlen(waiting->token) <= STORE_TOKEN_LEN);
    snprintf(note->token, sizeof note->token, "%s", waiting->token);
    return notes->n++;
}

struct choosing {
    const struct merger *merger;
    struct round *round;
};

/* A list that waits, without a note in sight. */
static void choose_waiting(void *ctx, const struct waiting_note *note, const struct waiting_last *last) {
    struct choosing *c = ctx;
    choose_note(c->merger, c->round, note_make(&c->round->notes, note), last);
}

/* -- all lists -- */

static struct waiting_round round_of(struct merger *m) {
    return (struct waiting_round){&m->hub->rules, &m->progress, m->rounds};
}

static void choose_noted(struct merger *m, struct round *r) {
    const struct waiting_round round = round_of(m);
    struct waiting_last last;
    for (size_t i = 0, n = r->notes.n; i < n; i++) {
        const struct store_note_read *read = &r->notes.notes[i];
        const struct waiting_note note = {note_location(read), read->minute, read->token, read->waiting};
        if (waiting_is_news(m->waiting, &note, &round, &last)) choose_note(m, r, i, &last);
    }
}

static void choose_old(struct merger *m, struct round *r) {
    const struct waiting_round round = round_of(m);
    struct choosing c = {m, r};
    int64_t expired = clock_mono_ms(m->hub->clock) - m->hub->config->retention_ms;
    waiting_old(m->waiting, &round, expired, choose_waiting, &c);
}

/* Lists are judged again only when the rows moved, or when there was no time for one that they have changed. */
static void choose_changed(struct merger *m, struct round *r) {
    const struct waiting_round round = round_of(m);
    struct choosing c = {m, r};
    size_t before = r->choices_n + r->put_off;
    if (!m->judge_again) return;
    waiting_changed(m->waiting, &round, choose_waiting, &c);
    m->judge_again = r->choices_n + r->put_off > before;
}

/* Oldest minutes first: they become final. Of one list that has a changed and a waiting note, the changed one last: it
 * is what waits from then on, and must be what is remembered. */
static int choice_order(const void *a, const void *b, void *notes) {
    size_t i = ((const struct choice *)a)->note, j = ((const struct choice *)b)->note;
    const struct store_note_read *x = (const struct store_note_read *)notes + i;
    const struct store_note_read *y = (const struct store_note_read *)notes + j;
    if (x->minute != y->minute) return x->minute > y->minute ? 1 : -1;
    return (i < j) - (i > j);
}

/* In order, so once a minute. */
static void choices_digest(const struct merger *m, struct round *r) {
    const struct store_note_read *notes = r->notes.notes;
    for (size_t i = 0; i < r->choices_n; i++) {
        struct choice *c = &r->choices[i];
        int64_t minute = notes[c->note].minute;
        assert(i == 0 || notes[c[-1].note].minute <= minute);
        bool same = i > 0 && notes[c[-1].note].minute == minute;
        c->digest = same ? c[-1].digest : progress_digest(&m->hub->rules, &m->progress, minute);
    }
}

void choose_lists(struct merger *m, struct round *r) {
    assert(r->choices_n == 0 && r->held.n == 0);
    m->rounds++;
    over_look(m, r);
    choose_noted(m, r);
    choose_old(m, r);
    choose_changed(m, r);
    held_keep(m, r);
    if (r->choices_n == 0) return;
    qsort_r(r->choices, r->choices_n, sizeof *r->choices, choice_order, r->notes.notes);
    choices_digest(m, r);
}
