/* partition/dirty.c - a list of buckets, linked through them, and the counts of what is not clean. */
#include "partition/dirty.h"

#include <assert.h>

static void queue_append(struct dirty_queue *q, struct bucket *b) {
    b->next_dirty = NULL;
    if (q->last == NULL)
        q->first = b;
    else
        q->last->next_dirty = b;
    q->last = b;
    q->n++;
}

static void queue_drop_first(struct dirty_queue *q) {
    q->first = q->first->next_dirty;
    if (q->first == NULL) q->last = NULL;
    q->n--;
}

/* The only place where a bucket stops being clean, ... */
static void bucket_make_dirty(struct dirty_queue *q, struct bucket *b) {
    if (b->state == BUCKET_DIRTY) return;
    if (b->state == BUCKET_CLEAN) {
        q->unclean_n++;
        b->minute->unclean_n++;
        b->minute->first_row = 0;
    }
    b->state = BUCKET_DIRTY;
    queue_append(q, b);
}

/* ... and where it is clean again. */
static void bucket_make_clean(struct dirty_queue *q, struct bucket *b) {
    b->state = BUCKET_CLEAN;
    q->unclean_n--;
    b->minute->unclean_n--;
}

void dirty_change(struct dirty_queue *q, struct bucket *b, int64_t next) {
    b->changed = next;
    bucket_make_dirty(q, b);
}

static void bucket_doubt(struct dirty_queue *q, struct bucket *b) {
    b->acked = -1;
    bucket_make_dirty(q, b);
}

void dirty_change_minute(struct dirty_queue *q, struct minute *m, int64_t next) {
    for (uint32_t i = 0; i < m->table_n; i++)
        if (m->table[i] != NULL) dirty_change(q, m->table[i], next);
}

static void minute_doubt(struct dirty_queue *q, struct minute *m) {
    for (uint32_t i = 0; i < m->table_n; i++)
        if (m->table[i] != NULL) bucket_doubt(q, m->table[i]);
}

void dirty_doubt_all(struct dirty_queue *q, const struct minutes *ms) {
    for (size_t i = 0; i < ms->n; i++) minute_doubt(q, ms->all[i]);
}

void dirty_copied_first(struct dirty_queue *q) {
    q->first->state = BUCKET_COPIED;
    queue_drop_first(q);
}

void dirty_answered(struct dirty_queue *q, struct bucket *b, int64_t at) {
    b->acked = i64_larger(b->acked, at);
    if (b->state == BUCKET_COPIED && b->acked >= b->changed) bucket_make_clean(q, b);
}

void dirty_forget(struct dirty_queue *q, struct minute *m) {
    struct bucket *b = m->unclean_n == 0 ? NULL : q->first;
    q->unclean_n -= m->unclean_n;
    if (b == NULL) return;
    *q = (struct dirty_queue){.unclean_n = q->unclean_n};
    for (struct bucket *next; b != NULL; b = next) {
        next = b->next_dirty;
        if (b->minute != m) queue_append(q, b);
    }
}

void dirty_check(const struct dirty_queue *q, const struct minutes *ms) {
    uint64_t n = 0, unclean_n = 0;
    for (const struct bucket *b = q->first; b != NULL; b = b->next_dirty) {
        assert(b->state == BUCKET_DIRTY && (b->next_dirty != NULL || b == q->last));
        n++;
    }
    for (size_t i = 0; i < ms->n; i++) unclean_n += ms->all[i]->unclean_n;
    assert(n == q->n && unclean_n == q->unclean_n && n <= unclean_n);
    assert((q->first == NULL) == (q->last == NULL));
}
