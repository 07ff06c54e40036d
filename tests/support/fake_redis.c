/* support/fake_redis.c - sorted arrays all the way down: slow for a server, fast for a few hundred keys, and always in
 * the same order. */
#include "support/fake_redis.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/fake_scripts.h"

struct bytes fake_text(const char *s) {
    return (struct bytes){s, strlen(s)};
}

int fake_cmp(struct bytes a, struct bytes b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

bool fake_eq(struct bytes a, struct bytes b) { return a.n == b.n && fake_cmp(a, b) == 0; }

int64_t fake_int(struct bytes text, int64_t missing) {
    char copy[32];
    if (text.p == NULL) return missing;
    assert(text.n < sizeof copy);
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return strtoll(copy, NULL, 10);
}

static struct buf buf_of(struct bytes b) {
    struct buf out = {0};
    buf_add(&out, b.p, b.n);
    buf_text(&out); /* never NULL: an empty value is a value */
    return out;
}

/* -- keys and fields -- */

/* Where the key NAME is, or belongs. */
static size_t key_at(const struct fake_redis *r, struct bytes name, bool *found) {
    size_t lo = 0, hi = r->keys_n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = fake_cmp(fake_bytes(&r->keys[mid]->name), name);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *found = false;
    return lo;
}

const struct fake_key *fake_look(const struct fake_redis *r, struct bytes name) {
    static const struct fake_key missing;
    bool found;
    size_t at = key_at(r, name, &found);
    return found ? r->keys[at] : &missing;
}

struct fake_key *fake_key(struct fake_redis *r, struct bytes name) {
    bool found;
    size_t lo = key_at(r, name, &found);
    if (found) return r->keys[lo];
    if (r->keys_n == r->keys_cap) {
        r->keys_cap = r->keys_cap ? 2 * r->keys_cap : 64;
        r->keys = mem_realloc(r->keys, r->keys_cap, sizeof *r->keys);
    }
    memmove(&r->keys[lo + 1], &r->keys[lo], (r->keys_n - lo) * sizeof *r->keys);
    r->keys_n++;
    r->keys[lo] = mem_zalloc(1, sizeof **r->keys);
    r->keys[lo]->name = buf_of(name);
    return r->keys[lo];
}

/* Where FIELD is, or belongs. */
static size_t field_at(const struct fake_key *k, struct bytes field, bool *found) {
    size_t lo = 0, hi = k->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = fake_cmp(fake_bytes(&k->fields[mid].name), field);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *found = false;
    return lo;
}

struct bytes fake_get(const struct fake_key *k, struct bytes field) {
    bool found;
    size_t at = field_at(k, field, &found);
    return found ? fake_bytes(&k->fields[at].value) : (struct bytes){NULL, 0};
}

static void field_insert(struct fake_key *k, size_t at, struct bytes name, struct buf value) {
    if (k->n == k->cap) {
        k->cap = k->cap ? 2 * k->cap : 8;
        k->fields = mem_realloc(k->fields, k->cap, sizeof *k->fields);
    }
    memmove(&k->fields[at + 1], &k->fields[at], (k->n - at) * sizeof *k->fields);
    k->n++;
    k->fields[at] = (struct fake_field){.name = buf_of(name), .value = value};
}

static void field_remove(struct fake_key *k, size_t at) {
    buf_free(&k->fields[at].name);
    k->n--;
    memmove(&k->fields[at], &k->fields[at + 1], (k->n - at) * sizeof *k->fields);
}

/* Puts VALUE (takes it) or, without EXISTS, nothing at FIELD. OLD becomes what was there; returns whether anything was.
 */
static bool field_swap(struct fake_key *k, struct bytes field, struct buf value, bool exists, struct buf *old) {
    bool found;
    size_t at = field_at(k, field, &found);
    *old = found ? k->fields[at].value : (struct buf){0};
    if (found && exists)
        k->fields[at].value = value;
    else if (found)
        field_remove(k, at);
    else if (exists)
        field_insert(k, at, field, value);
    return found;
}

static void change(struct fake_redis *r, struct fake_key *k, struct bytes field, struct buf value, bool exists) {
    struct fake_change c = {.at_ms = r->script_now_ms, .key = k, .name = buf_of(field)};
    c.existed = field_swap(k, fake_bytes(&c.name), value, exists, &c.old);
    if (r->journal_n == r->journal_cap) {
        r->journal_cap = r->journal_cap ? 2 * r->journal_cap : 256;
        r->journal = mem_realloc(r->journal, r->journal_cap, sizeof *r->journal);
    }
    r->journal[r->journal_n++] = c;
}

void fake_set(struct fake_redis *r, struct fake_key *k, struct bytes field, struct bytes value) {
    change(r, k, field, buf_of(value), true);
}

void fake_del(struct fake_redis *r, struct fake_key *k, struct bytes field) {
    if (fake_get(k, field).p != NULL) change(r, k, field, (struct buf){0}, false);
}

void fake_del_key(struct fake_redis *r, struct fake_key *k) {
    while (k->n > 0) fake_del(r, k, fake_bytes(&k->fields[k->n - 1].name));
}

/* -- life of a server -- */

struct fake_redis *fake_redis_create(const char *board, int64_t retention_ms) {
    struct fake_redis *r = mem_zalloc(1, sizeof *r);
    snprintf(r->board, sizeof r->board, "%s", board);
    r->retention_ms = retention_ms;
    r->next_expiry_ms = INT64_MAX;
    return r;
}

static void change_free(struct fake_change *c) {
    buf_free(&c->name);
    buf_free(&c->old);
}

static void ghosts_clear(struct fake_redis *r) {
    while (r->ghosts_n > 0) fake_op_destroy(r->ghosts[--r->ghosts_n]);
}

static void key_destroy(struct fake_key *k) {
    for (size_t i = 0; i < k->n; i++) {
        buf_free(&k->fields[i].name);
        buf_free(&k->fields[i].value);
    }
    mem_free(k->fields);
    buf_free(&k->name);
    mem_free(k);
}

void fake_redis_destroy(struct fake_redis *r) {
    if (r == NULL) return;
    for (size_t i = 0; i < r->journal_n; i++) change_free(&r->journal[i]);
    for (size_t i = 0; i < r->keys_n; i++) key_destroy(r->keys[i]);
    ghosts_clear(r);
    mem_free(r->ghosts);
    mem_free(r->journal);
    mem_free(r->keys);
    mem_free(r);
}

/* -- faults -- */

static int64_t now_ms(const struct fake_redis *r) { return r->now_ms != NULL ? r->now_ms(r->now_ctx) : 0; }

void fake_expire(struct fake_redis *r, struct fake_key *k, int64_t ttl_ms) {
    if (k->n == 0) return;
    k->expires_ms = i64_larger(k->expires_ms, r->script_now_ms + ttl_ms);
    r->next_expiry_ms = i64_smaller(r->next_expiry_ms, k->expires_ms);
}

/* A key that a fail-over brought back keeps the time at which it was to go, and so goes at once. */
void fake_redis_expire_due(struct fake_redis *r) {
    int64_t now = now_ms(r);
    if (now < r->next_expiry_ms) return;
    r->script_now_ms = now;
    r->next_expiry_ms = INT64_MAX;
    for (size_t i = 0; i < r->keys_n; i++) {
        struct fake_key *k = r->keys[i];
        if (k->n == 0 || k->expires_ms == 0) continue;
        if (k->expires_ms <= now)
            fake_del_key(r, k);
        else
            r->next_expiry_ms = i64_smaller(r->next_expiry_ms, k->expires_ms);
    }
}

void fake_redis_break_all(struct fake_redis *r) {
    r->epoch++;
    ghosts_clear(r);
}

static void undo_last(struct fake_redis *r) {
    struct fake_change *c = &r->journal[--r->journal_n];
    struct buf now;
    field_swap(c->key, fake_bytes(&c->name), c->old, c->existed, &now);
    buf_free(&now);
    buf_free(&c->name);
}

void fake_redis_failover(struct fake_redis *r, int64_t back_ms) {
    int64_t keep_ms = now_ms(r) - back_ms;
    while (r->journal_n > 0 && r->journal[r->journal_n - 1].at_ms > keep_ms) undo_last(r);
    r->next_expiry_ms = 0;
    fake_redis_break_all(r);
}

void fake_redis_flush(struct fake_redis *r, bool broken) {
    r->script_now_ms = now_ms(r);
    for (size_t i = 0; i < r->keys_n; i++) fake_del_key(r, r->keys[i]);
    if (broken) fake_redis_break_all(r);
}

void fake_redis_run_ghost(struct fake_redis *r, size_t index) {
    assert(index < r->ghosts_n);
    struct fake_op *op = r->ghosts[index];
    r->ghosts_n--;
    memmove(&r->ghosts[index], &r->ghosts[index + 1], (r->ghosts_n - index) * sizeof *r->ghosts);
    fake_op_run(r, op);
    fake_op_destroy(op);
}

void fake_redis_run_ghosts(struct fake_redis *r) {
    while (r->ghosts_n > 0) fake_redis_run_ghost(r, 0);
}
