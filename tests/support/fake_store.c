/* support/fake_store.c - a call of store_ops as one request after the other, each of which may go wrong. */
#include "support/fake_store.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/testhook.h"
#include "support/fake_scripts.h"

/* -- a call: elements until one breaks -- */

/* How far a call has come. Statuses only get worse: FATAL, BROKEN, FULL, OK. */
struct call {
    struct fake_store *store;
    int kind;   /* enum fake_call */
    int status; /* enum store_status; the elements of a broken call are skipped */
    bool refused;
    bool late; /* from here on elements become ghosts */
};

static int fate_of(struct call *c) {
    int fate = c->store->before_call != NULL ? c->store->before_call(c->store->hook_ctx, c->kind) : FAKE_DO;
    if (c->store->epoch == c->store->redis->epoch) return fate;
    c->store->epoch = c->store->redis->epoch; /* the server broke this connection; the next call has a new one */
    return FAKE_DROP_BEFORE;
}

static bool is_over(const struct call *c) { return c->status == STORE_BROKEN || c->status == STORE_FATAL; }

static void add_ghost(struct fake_redis *r, const struct fake_op *op) {
    if (r->ghosts_n == r->ghosts_cap) {
        r->ghosts_cap = r->ghosts_cap ? 2 * r->ghosts_cap : 16;
        r->ghosts = mem_realloc(r->ghosts, r->ghosts_cap, sizeof *r->ghosts);
    }
    r->ghosts[r->ghosts_n++] = fake_op_copy(op);
}

/* One element that changes data. */
static void request(struct call *c, const struct fake_op *op) {
    if (c->late) add_ghost(c->store->redis, op);
    if (is_over(c)) return;
    switch (fate_of(c)) {
    case FAKE_DROP_BEFORE:
        c->status = STORE_BROKEN;
        return;
    case FAKE_FULL:
        c->status = STORE_FULL;
        return;
    case FAKE_REFUSE:
        c->status = STORE_BROKEN;
        c->refused = true;
        return;
    case FAKE_ODD:
        if (!fake_op_odd(op) && fake_op_run(c->store->redis, op) != STORE_OK) c->status = STORE_FATAL;
        return;
    case FAKE_DROP_AFTER:
        (void)fake_op_run(c->store->redis, op);
        c->status = STORE_BROKEN;
        return;
    case FAKE_LATE:
        add_ghost(c->store->redis, op);
        c->late = true;
        c->status = STORE_BROKEN;
        return;
    default:
        if (fake_op_run(c->store->redis, op) != STORE_OK) c->status = STORE_FATAL;
    }
}

/* One element that reads; true if the answer arrives. */
static bool reading(struct call *c) {
    if (is_over(c)) return false;
    fake_redis_expire_due(c->store->redis);
    int fate = fate_of(c);
    if (fate != FAKE_DO && fate != FAKE_FULL && fate != FAKE_ODD) c->status = STORE_BROKEN;
    return !is_over(c);
}

static int finish(const struct call *c, struct err *e) {
    switch (c->status) {
    case STORE_OK:
        break;
    case STORE_FULL:
        err_set(e, ERR_IO, "fake: out of memory");
        break;
    case STORE_BROKEN:
        err_set(e, c->refused ? ERR_REFUSED : ERR_IO, c->refused ? "fake: refused" : "fake: the connection broke");
        break;
    case STORE_FATAL:
        err_set(e, ERR_REFUSED, "fake: the board belongs to another group");
        break;
    default:
        err_set(e, ERR_IO, "fake: connection broken");
        break;
    }
    return c->status;
}

/* -- writes -- */

static int fake_hello(void *self, struct err *e) {
    struct call c = {.store = self, .kind = FAKE_HELLO};
    (void)reading(&c);
    return finish(&c, e);
}

static int fake_contribute(void *self, struct store_parts *lists, size_t n, struct err *e) {
    struct call c = {.store = self, .kind = FAKE_CONTRIBUTE};
    for (size_t i = 0; i < n; i++) request(&c, &(struct fake_op){.kind = FAKE_OP_PARTS, .parts = &lists[i]});
    return finish(&c, e);
}

static int fake_lists_lose(void *self, struct store_loss *lists, size_t n, struct err *e) {
    struct call c = {.store = self, .kind = FAKE_LIST_LOSE};
    for (size_t i = 0; i < n; i++) request(&c, &(struct fake_op){.kind = FAKE_OP_LOSE, .loss = &lists[i]});
    return finish(&c, e);
}

static int fake_note(void *self, struct store_note *notes, size_t n, struct err *e) {
    struct call c = {.store = self, .kind = FAKE_NOTE};
    for (size_t i = 0; i < n; i++) {
        notes[i].answer = STORE_STORED;
        request(&c, &(struct fake_op){.kind = FAKE_OP_NOTE, .note = &notes[i]});
    }
    return finish(&c, e);
}

static int fake_rows_write(void *self, struct store_row *rows, size_t n, const char *new_life, struct err *e) {
    struct fake_store *s = self;
    struct call c = {.store = s, .kind = FAKE_ROWS_WRITE};
    request(&c, &(struct fake_op){.kind = FAKE_OP_ROWS, .rows = rows, .n = n, .new_life = new_life, .group = s->group});
    return finish(&c, e);
}

static int fake_lists_write(void *self, struct store_list *lists, size_t n, int64_t wall_ms, struct err *e) {
    struct call c = {.store = self, .kind = FAKE_LIST_WRITE};
    struct fake_oldest *oldest = mem_zalloc(n + 1, sizeof *oldest);
    for (size_t i = 0; i < n; i++)
        request(&c,
                &(struct fake_op){.kind = FAKE_OP_LIST, .list = &lists[i], .oldest = &oldest[i], .wall_ms = wall_ms});
    for (size_t i = 0; i < n && c.status == STORE_OK; i++)
        if (oldest[i].n > 0)
            (void)fake_op_run(c.store->redis,
                              &(struct fake_op){.kind = FAKE_OP_FORGET, .list = &lists[i], .oldest = &oldest[i]});
    mem_free(oldest);
    return finish(&c, e);
}

static int fake_notes_end(void *self, const struct store_note_end *ends, size_t n, struct err *e) {
    struct call c = {.store = self, .kind = FAKE_NOTE_END};
    for (size_t i = 0; i < n; i++) request(&c, &(struct fake_op){.kind = FAKE_OP_NOTE_END, .end = &ends[i]});
    return finish(&c, e);
}

static int fake_locations_touch(void *self, const struct bytes *locations, size_t n, struct err *e) {
    struct call c = {.store = self, .kind = FAKE_LOCATIONS};
    request(&c, &(struct fake_op){.kind = FAKE_OP_LOCATIONS, .locations = locations, .n = n});
    return finish(&c, e);
}

static int fake_join(void *self, struct store_join *joins, size_t n, const char *new_life, struct err *e) {
    struct fake_store *s = self;
    struct call c = {.store = s, .kind = FAKE_JOIN};
    request(&c,
            &(struct fake_op){.kind = FAKE_OP_JOIN, .joins = joins, .n = n, .new_life = new_life, .group = s->group});
    return finish(&c, e);
}

static int fake_close_up_to(void *self, const struct store_progress *p, int64_t minute, bool *done, struct err *e) {
    struct call c = {.store = self, .kind = FAKE_CLOSE};
    struct fake_close close = {.members = p->members, .minute = minute};
    memcpy(close.life, p->life, sizeof close.life);
    request(&c, &(struct fake_op){.kind = FAKE_OP_CLOSE, .close = &close});
    *done = c.status == STORE_OK && close.done;
    return finish(&c, e);
}

static int fake_retire(void *self, struct store_retire *rows, size_t n, struct err *e) {
    struct call c = {.store = self, .kind = FAKE_RETIRE};
    for (size_t i = 0; i < n; i++) request(&c, &(struct fake_op){.kind = FAKE_OP_RETIRE, .retire = &rows[i]});
    return finish(&c, e);
}

/* -- reads -- */

static int fake_progress_read(void *self, struct store_progress *out, struct err *e) {
    struct call c = {.store = self, .kind = FAKE_PROGRESS_READ};
    *out = (struct store_progress){0};
    if (reading(&c)) fake_redis_progress(c.store->redis, out);
    return finish(&c, e);
}

static void add_note(struct store_notes *out, uint32_t shard, bool waiting, const struct fake_field *f) {
    struct buf location = {0};
    struct store_note_read note = {.shard = shard, .waiting = waiting};
    bool readable = keys_note_parse(fake_bytes(&f->name), &location, &note.minute);
    assert(readable && f->value.len <= STORE_TOKEN_LEN);
    memcpy(note.token, f->value.data, f->value.len);
    note.location_len = location.len;
    buf_text(&location);
    note.location = location.data;
    if (out->n == out->cap) {
        out->cap = out->cap ? 2 * out->cap : 16;
        out->notes = mem_realloc(out->notes, out->cap, sizeof *out->notes);
    }
    out->notes[out->n++] = note;
}

static void read_notes(struct call *c, uint32_t shard, bool waiting, struct store_notes *out) {
    if (!reading(c)) return;
    struct buf name = {0};
    keys_notes(&name, c->store->redis->board, shard, waiting ? "waiting" : "changed");
    const struct fake_key *k = fake_look(c->store->redis, fake_bytes(&name));
    buf_free(&name);
    for (size_t i = 0; i < k->n; i++) add_note(out, shard, waiting, &k->fields[i]);
}

static void read_version(struct call *c, struct store_notes *out) {
    struct store_progress p;
    if (!reading(c)) return;
    fake_redis_progress(c->store->redis, &p);
    memcpy(out->life, p.life, sizeof out->life);
    out->rows_version = p.rows_version;
    store_progress_deinit(&p);
}

static int fake_notes_read(void *self, const uint32_t *shards, size_t n, size_t waiting_n, struct store_notes *out,
                           struct err *e) {
    struct call c = {.store = self, .kind = FAKE_NOTES_READ};
    for (size_t i = 0; i < n; i++) read_notes(&c, shards[i], false, out);
    for (size_t i = 0; i < waiting_n; i++) read_notes(&c, shards[i], true, out);
    c.kind = FAKE_PROGRESS_READ;
    read_version(&c, out);
    return finish(&c, e);
}

/* -- what lists are made of -- */

static void add_part(struct store_hash *h, const struct fake_key *k, const struct fake_field *f) {
    const char *partition_name = f->name.data + sizeof "fence:" - 1;
    struct buf items_name = {0};
    buf_addf(&items_name, "items:%s", partition_name);
    struct bytes items = fake_get(k, fake_bytes(&items_name));
    buf_free(&items_name);
    h->parts = mem_realloc(h->parts, h->parts_n + 1, sizeof *h->parts);
    struct store_hash_part *p = &h->parts[h->parts_n++];
    *p = (struct store_hash_part){.partition_name = mem_strdup(partition_name),
                                  .final = f->value.data[FENCE_LEN] == '1',
                                  .items = mem_dup(items.p, items.n + 1),
                                  .items_len = items.n};
    memcpy(p->fence, f->value.data, FENCE_LEN);
}

static void read_hash(struct fake_redis *r, struct store_hash *h) {
    struct buf name = {0};
    keys_part(&name, r->board, h->location, h->minute);
    const struct fake_key *k = fake_look(r, fake_bytes(&name));
    buf_free(&name);
    struct bytes token = fake_get(k, fake_text("token"));
    if (token.p == NULL) return;
    h->exists = true;
    memcpy(h->hash_token, token.p, token.n);
    h->closed = fake_get(k, fake_text("closed")).p != NULL;
    h->lost = fake_get(k, fake_text("lost")).p != NULL;
    h->writes = fake_int(fake_get(k, fake_text("writes")), 0);
    h->born_ms = fake_int(fake_get(k, fake_text("born")), 0);
    for (size_t i = 0; i < k->n; i++)
        if (strncmp(k->fields[i].name.data, "fence:", 6) == 0) add_part(h, k, &k->fields[i]);
}

static void read_rows(struct call *c, struct store_lists_read *r) {
    c->kind = FAKE_READ_PROGRESS;
    if (reading(c)) fake_redis_progress(c->store->redis, &r->progress);
}

static void read_hashes(struct call *c, struct store_lists_read *r) {
    c->kind = FAKE_READ_HASH;
    for (size_t i = 0; i < r->hashes_n; i++)
        if (reading(c)) read_hash(c->store->redis, &r->hashes[i]);
}

static void read_life_again(struct call *c, struct store_lists_read *r) {
    c->kind = FAKE_READ_LIFE;
    if (!reading(c)) return;
    struct store_progress now;
    fake_redis_progress(c->store->redis, &now);
    r->life_changed = strcmp(now.life, r->progress.life) != 0 && RULE(15, life_again);
    store_progress_deinit(&now);
}

static int fake_lists_read(void *self, struct store_lists_read *r, struct err *e) {
    struct call c = {.store = self};
    r->progress = (struct store_progress){0};
    r->life_changed = false;
    for (size_t i = 0; i < r->hashes_n; i++)
        r->hashes[i] = (struct store_hash){.location = r->hashes[i].location, .minute = r->hashes[i].minute};
    bool rows_first = RULE(15, rows_first);
    if (rows_first) read_rows(&c, r);
    read_hashes(&c, r);
    if (!rows_first) read_rows(&c, r);
    read_life_again(&c, r);
    return finish(&c, e);
}

/* -- the object -- */

struct fake_store *fake_store_create(struct fake_redis *redis, const char *group) {
    struct fake_store *s = mem_zalloc(1, sizeof *s);
    s->redis = redis;
    s->epoch = redis->epoch;
    snprintf(s->group, sizeof s->group, "%s", group);
    return s;
}

void fake_store_destroy(struct fake_store *s) { mem_free(s); }

struct store fake_store_ops(struct fake_store *s) {
    static const struct store_ops ops = {
        .hello = fake_hello,
        .contribute = fake_contribute,
        .note = fake_note,
        .lists_lose = fake_lists_lose,
        .rows_write = fake_rows_write,
        .join = fake_join,
        .close_up_to = fake_close_up_to,
        .retire = fake_retire,
        .progress_read = fake_progress_read,
        .notes_read = fake_notes_read,
        .lists_read = fake_lists_read,
        .lists_write = fake_lists_write,
        .notes_end = fake_notes_end,
        .locations_touch = fake_locations_touch,
    };
    return (struct store){.ops = &ops, .self = s};
}
