/* merger/notes.c - notes come in at the beginning of a round, and end when their lists need nothing more.
 * A note says that a list changed. Its token says which change, so that ending a note never ends a newer one. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/testhook.h"
#include "merger/known.h"
#include "merger/state.h"

/* -- they come in -- */

static bool shard_is_ours(void *ctx, struct bytes location) {
    const struct merger *m = ctx;
    return m->ours[keys_shard(location)];
}

/* True if a shard is new here: it may have waiting notes that we never saw. What left is forgotten. */
static bool shards_changed(struct merger *m, const uint32_t *shards, size_t n) {
    bool now[STORE_SHARDS] = {false}, came = false, left = false;
    assert(n <= STORE_SHARDS);
    for (size_t i = 0; i < n; i++) now[shards[i]] = true;
    for (size_t i = 0; i < STORE_SHARDS; i++) {
        came = came || (now[i] && !m->ours[i]);
        left = left || (!now[i] && m->ours[i]);
    }
    memcpy(m->ours, now, sizeof now);
    if (left) waiting_filter(m->waiting, shard_is_ours, m);
    return came;
}

void notes_disown(struct merger *m) { (void)shards_changed(m, NULL, 0); }

static bool rows_stand(const struct merger *m, const struct store_notes *notes, const struct topics_view *topics) {
    return m->progress.n > 0 && m->progress.rows_version == notes->rows_version && strcmp(m->life, notes->life) == 0 &&
           m->topics_digest == topics_digest(topics);
}

static void rows_take(struct merger *m, const struct store_progress *rows, const struct topics_view *topics) {
    progress_deinit(&m->progress);
    known_progress(topics, rows, &m->progress);
    memcpy(m->life, rows->life, sizeof m->life);
    m->topics_digest = topics_digest(topics);
    m->judge_again = true;
    assert(m->progress.rows_version == rows->rows_version);
}

static int rows_read(struct merger *m, const struct topics_view *topics, struct err *e) {
    struct store_progress rows = {0};
    int status = m->store.ops->progress_read(m->store.self, &rows, e);
    if (status == STORE_OK) status = retirer_look(m->retirer, m->store, topics, &rows, e);
    if (status == STORE_OK) rows_take(m, &rows, topics);
    store_progress_deinit(&rows);
    return status;
}

int notes_read(struct merger *m, struct round *r, uint32_t *shards, size_t n, struct err *e) {
    int64_t now = clock_mono_ms(m->hub->clock);
    struct topics_view topics;
    assert(n > 0 && r->notes.n == 0);
    if (shards_changed(m, shards, n) || pass_is_due(&m->pass, now)) pass_start(&m->pass);
    size_t waiting_n = pass_turn(&m->pass, shards, n);
    int status = m->store.ops->notes_read(m->store.self, shards, n, waiting_n, &r->notes, e);
    if (status != STORE_OK) return status;
    pass_advance(&m->pass, waiting_n, n, clock_mono_ms(m->hub->clock));
    topics_look(&m->hub->topics, &topics);
    return rows_stand(m, &r->notes, &topics) ? STORE_OK : rows_read(m, &topics, e);
}

struct bytes note_location(const struct store_note_read *note) {
    return (struct bytes){note->location, note->location_len};
}

/* -- what becomes of them -- */

static bool is_past_retention(const struct merger *m, int64_t minute) {
    return minute_end_ms(minute) + m->hub->config->retention_ms < clock_wall_ms(m->hub->clock);
}

/* Nothing outlives RETENTION: not by the clock of the minute, and not by ours where the log is a historical one. */
static bool merging_is_expired(const struct merger *m, const struct merging *g) {
    int64_t merged = g->choice->merged_mono_ms;
    bool old = merged != TIME_NEVER && clock_mono_ms(m->hub->clock) - merged >= m->hub->config->retention_ms;
    return old || is_past_retention(m, g->hash->minute);
}

/* A Redis that lost its last seconds may have lost the hash and not the note. Whoever wrote it stores it again. */
static enum note_fate fate_without_hash(const struct merger *m, const struct chunk *c, const struct merging *g) {
    bool settled = progress_settled_everywhere(&c->progress, g->hash->minute);
    return settled || merging_is_expired(m, g) ? NOTE_END : NOTE_KEEP;
}

/* Somebody has time to free the key, even if the minute is past RETENTION from the beginning. */
static enum note_fate fate_of_odd(const struct merger *m, const struct merging *g) {
    int64_t now = clock_mono_ms(m->hub->clock), minute = g->hash->minute;
    bool patience_ends = now - aside_since(m->aside, g->hash->location, minute, now) >= ASIDE_PATIENCE_MS;
    return patience_ends && is_past_retention(m, minute) ? NOTE_END : NOTE_SET_ASIDE;
}

static enum note_fate fate_of_written(const struct chunk *c, const struct merging *g) {
    assert(g->list != NULL);
    if (g->work.state == LIST_FINAL || !RULE(14, note_until_final)) return NOTE_END;
    if (g->work.state == LIST_LOST && progress_settled_everywhere(&c->progress, g->hash->minute)) return NOTE_END;
    return NOTE_WAIT;
}

static enum note_fate fate_of(const struct merger *m, const struct chunk *c, const struct merging *g) {
    switch (g->state) {
    case MERGING_ABSENT:
        return fate_without_hash(m, c, g);
    case MERGING_CLOSED:
        return NOTE_END;
    case MERGING_UNREADABLE:
    case MERGING_UNWRITABLE:
        return fate_of_odd(m, g);
    case MERGING_WRITTEN:
        return fate_of_written(c, g);
    case MERGING_REFUSED:
    case MERGING_MERGED: /* its outcome is not known */
        break;
    }
    assert(g->state == MERGING_REFUSED);
    return NOTE_TRY_AGAIN;
}

/* What has no hash is not renewed, so that it grows old. */
static int64_t merged_at(const struct merger *m, const struct merging *g) {
    bool renewed = g->hash->exists || g->choice->merged_mono_ms == TIME_NEVER;
    return renewed ? clock_mono_ms(m->hub->clock) : g->choice->merged_mono_ms;
}

static void merging_remember(struct merger *m, const struct chunk *c, const struct merging *g) {
    const struct waiting_merge merge = {.digest = g->choice->digest,
                                        .born_ms = g->hash->born_ms,
                                        .parts = g->work.parts,
                                        .parts_n = g->work.parts_n,
                                        .state = g->work.state,
                                        .settled = progress_settled_everywhere(&c->progress, g->hash->minute),
                                        .mono_ms = merged_at(m, g)};
    waiting_merged(m->waiting, g->hash->location, g->hash->minute, g->note->token, &merge);
}

static void merging_end(struct merger *m, const struct chunk *c, const struct merging *g) {
    struct bytes location = g->hash->location;
    int64_t minute = g->hash->minute;
    switch (g->fate) {
    case NOTE_TRY_AGAIN:
        pass_repeat(&m->pass);
        return;
    case NOTE_SET_ASIDE:
        aside_put(m->aside, location, minute, clock_mono_ms(m->hub->clock));
        return;
    case NOTE_END:
        aside_remove(m->aside, location, minute);
        waiting_remove(m->waiting, location, minute);
        return;
    case NOTE_KEEP:
    case NOTE_WAIT:
        aside_remove(m->aside, location, minute);
        merging_remember(m, c, g);
        return;
    }
}

int notes_end(struct merger *m, struct chunk *c, struct err *e) {
    struct store_note_end *ends = mem_zalloc(c->n + 1, sizeof *ends);
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct merging *g = &c->mergings[i];
        g->fate = fate_of(m, c, g);
        merging_end(m, c, g);
        if (g->fate == NOTE_END || g->fate == NOTE_WAIT)
            ends[n++] =
                (struct store_note_end){g->hash->location, g->hash->minute, g->note->token, g->fate == NOTE_WAIT};
    }
    int status = n == 0 ? STORE_OK : m->store.ops->notes_end(m->store.self, ends, n, e);
    mem_free(ends);
    return status;
}
