/* merger/chunk.c - the lists of one chunk, from reading what Redis has of them to writing what it gets:
 *   1. read rows, hashes, and the life again, in one pipeline; another life means start over
 *   2. judge and merge each
 *   3. say how far lists may be closed now, unless a partition came or went
 *   4. write them all, list their locations, and mark as lost what cannot be read
 *   5. end the notes of what is final, or lost for good; let those wait that only wait */
#include <assert.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/testhook.h"
#include "merger/known.h"
#include "merger/state.h"

static void chunk_open(struct chunk *c, const struct round *r, size_t at, size_t n) {
    *c = (struct chunk){.mergings = mem_zalloc(n, sizeof *c->mergings),
                        .n = n,
                        .read = {.hashes = mem_zalloc(n, sizeof *c->read.hashes), .hashes_n = n},
                        .lists = mem_zalloc(n, sizeof *c->lists)};
    for (size_t i = 0; i < n; i++) {
        struct merging *g = &c->mergings[i];
        g->choice = &r->choices[at + i];
        g->note = &r->notes.notes[g->choice->note];
        g->hash = &c->read.hashes[i];
        g->hash->location = note_location(g->note);
        g->hash->minute = g->note->minute;
    }
}

static void chunk_close(struct chunk *c) {
    for (size_t i = 0; i < c->n; i++) work_deinit(&c->mergings[i].work);
    progress_deinit(&c->progress);
    store_lists_read_deinit(&c->read);
    mem_free(c->read.hashes);
    mem_free(c->lists);
    mem_free(c->mergings);
}

/* -- 2: judge and merge -- */

static void contribution_broken(struct merger *m, const struct store_hash *h) {
    struct buf key = {0};
    keys_part(&key, m->hub->config->board, h->location, h->minute);
    log_limited(&m->broken_limit, ASIDE_RETRY_MS, LOG_ERROR, "contribution_broken", "key=%s remedy=%s",
                log_quote(buf_text(&key)), "\"delete the key, and the list is lost: RUNBOOK, lists set aside\"");
    buf_free(&key);
}

static enum merging_state merging_make(struct merger *m, struct chunk *c, struct merging *g) {
    if (g->hash->odd) return MERGING_UNREADABLE;
    if (!g->hash->exists) return MERGING_ABSENT;
    if (g->hash->closed) return MERGING_CLOSED;
    if (work_make(&m->hub->rules, &c->progress, g->hash, &g->work)) return MERGING_MERGED;
    contribution_broken(m, g->hash);
    return MERGING_UNREADABLE;
}

static void chunk_make(struct merger *m, struct chunk *c) {
    int64_t log_time_ms = progress_log_time_ms(&c->progress);
    assert(c->lists_n == 0);
    for (size_t i = 0; i < c->n; i++) {
        struct merging *g = &c->mergings[i];
        g->state = merging_make(m, c, g);
        if (g->state != MERGING_MERGED) continue;
        g->list = &c->lists[c->lists_n++];
        *g->list = work_list(m->hub->config->k, g->hash, &g->work);
        g->list->rows_version = c->progress.rows_version;
        g->list->log_time_ms = log_time_ms;
    }
}

/* -- 3 and 4: write -- */

/* Rule 23, before a list is closed: whoever comes later learns that it may be. *TOLD is false if somebody came or went
 * since the rows were read: then the lists were judged without it. */
static int closing_tell(struct merger *m, const struct chunk *c, bool *told, struct err *e) {
    int64_t highest = INT64_MIN;
    for (size_t i = 0; i < c->lists_n; i++)
        if (c->lists[i].final) highest = i64_larger(highest, c->lists[i].minute);
    *told = true;
    if (highest <= c->read.progress.closable_until || !RULE(23, close_first)) return STORE_OK;
    return m->store.ops->close_up_to(m->store.self, &c->read.progress, highest, told, e);
}

static enum merging_state merging_answered(const struct store_list *l) {
    switch (l->answer) {
    case STORE_STORED:
        return MERGING_WRITTEN;
    case STORE_CLOSED:
        return MERGING_CLOSED;
    case STORE_ABSENT:
        return MERGING_ABSENT;
    case STORE_ODD:
        return MERGING_UNWRITABLE;
    default:
        assert(l->answer == STORE_REFUSED);
        return MERGING_REFUSED;
    }
}

static void merging_count(struct merger *m, const struct merging *g) {
    assert(g->list != NULL && g->state != MERGING_MERGED);
    if (g->state == MERGING_WRITTEN) metric_add(m->metrics.written[g->work.state], 1);
    if (g->state == MERGING_REFUSED) metric_add(m->metrics.refused, 1);
}

static int lists_write(struct merger *m, struct chunk *c, struct err *e) {
    assert(c->lists_n <= c->n);
    if (c->lists_n == 0) return STORE_OK;
    int64_t wall_ms = clock_wall_ms(m->hub->clock);
    int status = m->store.ops->lists_write(m->store.self, c->lists, c->lists_n, wall_ms, e);
    if (status != STORE_OK) return status;
    for (size_t i = 0; i < c->n; i++) {
        struct merging *g = &c->mergings[i];
        if (g->list == NULL) continue;
        g->state = merging_answered(g->list);
        if (g->list->lost) g->work.state = LIST_LOST;
        merging_count(m, g);
    }
    return STORE_OK;
}

static int locations_touch(struct merger *m, const struct chunk *c, struct err *e) {
    if (c->lists_n == 0) return STORE_OK;
    struct bytes *locations = mem_zalloc(c->lists_n, sizeof *locations);
    for (size_t i = 0; i < c->lists_n; i++) locations[i] = c->lists[i].location;
    int status = m->store.ops->locations_touch(m->store.self, locations, c->lists_n, e);
    mem_free(locations);
    return status;
}

/* Of whose hashes something cannot be read: what is made of them from now on is lost. */
static int lists_lose(struct merger *m, const struct chunk *c, struct err *e) {
    struct store_loss *losses = mem_zalloc(c->n + 1, sizeof *losses);
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct merging *g = &c->mergings[i];
        if (g->state == MERGING_UNREADABLE)
            losses[n++] = (struct store_loss){.location = g->hash->location, .minute = g->hash->minute};
    }
    int status = n == 0 ? STORE_OK : m->store.ops->lists_lose(m->store.self, losses, n, e);
    mem_free(losses);
    return status;
}

static int chunk_write(struct merger *m, struct chunk *c, struct err *e) {
    bool told;
    int status = closing_tell(m, c, &told, e);
    if (status != STORE_OK || !told) return status;
    status = lists_write(m, c, e);
    if (status == STORE_OK) status = locations_touch(m, c, e);
    if (status == STORE_OK) status = lists_lose(m, c, e);
    if (status == STORE_OK) status = notes_end(m, c, e);
    return status;
}

int chunk_merge(struct merger *m, const struct round *r, size_t at, size_t n, struct err *e) {
    struct chunk c;
    struct topics_view topics;
    assert(n > 0 && n <= CHUNK_LISTS_MAX && at + n <= r->choices_n);
    chunk_open(&c, r, at, n);
    int status = m->store.ops->lists_read(m->store.self, &c.read, e);
    if (status == STORE_OK && !(c.read.life_changed && RULE(15, life_again))) {
        topics_look(&m->hub->topics, &topics);
        known_progress(&topics, &c.read.progress, &c.progress);
        chunk_make(m, &c);
        status = chunk_write(m, &c, e);
    }
    chunk_close(&c);
    return status;
}
