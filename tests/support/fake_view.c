/* support/fake_view.c - what a test reads in a fake Redis when the history is over. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "support/fake_redis.h"

void fake_list_deinit(struct fake_list *l) {
    buf_free(&l->location);
    buf_free(&l->merged);
    buf_free(&l->item_bytes);
    mem_free(l->top);
    *l = (struct fake_list){0};
}

static int by_rank(const void *a, const void *b) {
    const struct store_list_item *x = a, *y = b;
    if (x->count != y->count) return x->count < y->count ? 1 : -1;
    return fake_cmp(y->item, x->item);
}

/* By value: the server's own bytes go at the next write. */
static void copy_items(const struct fake_key *k, struct fake_list *l) {
    for (size_t i = 0; i < k->n; i++) buf_add(&l->item_bytes, k->fields[i].name.data, k->fields[i].name.len);
    const char *at = l->item_bytes.data;
    for (size_t i = 0; i < k->n; i++) {
        l->top[i].item = (struct bytes){at, k->fields[i].name.len};
        l->top[i].count = (uint64_t)fake_int(fake_bytes(&k->fields[i].value), 0);
        at += k->fields[i].name.len;
    }
}

static void read_top(struct fake_redis *r, struct fake_list *l) {
    struct buf name = {0};
    keys_minute(&name, r->board, fake_bytes(&l->location), l->minute);
    const struct fake_key *k = fake_look(r, fake_bytes(&name));
    buf_free(&name);
    if (k->n == 0) return;
    l->top = mem_zalloc(k->n, sizeof *l->top);
    copy_items(k, l);
    l->top_n = k->n;
    qsort(l->top, l->top_n, sizeof *l->top, by_rank);
}

/* What a hash of the location says of the minute. */
static struct bytes say_of_minute(struct fake_redis *r, const struct fake_list *l, const char *which) {
    char text[MINUTE_TEXT_LEN + 1];
    struct buf name = {0};
    keys_of_location(&name, r->board, fake_bytes(&l->location), which);
    minute_format(l->minute, text);
    struct bytes said = fake_get(fake_look(r, fake_bytes(&name)), fake_text(text));
    buf_free(&name);
    return said;
}

static void read_state(struct fake_redis *r, struct fake_list *l) {
    struct bytes state = say_of_minute(r, l, "states");
    assert(state.n < sizeof l->state);
    if (state.n > 0) memcpy(l->state, state.p, state.n);
    l->lost = say_of_minute(r, l, "losses").p != NULL;
}

static void read_hash(const struct fake_key *h, struct fake_list *l) {
    l->exists = h->n > 0;
    l->closed = fake_get(h, fake_text("closed")).p != NULL;
    l->writes = fake_int(fake_get(h, fake_text("writes")), 0);
    l->merged_writes = fake_int(fake_get(h, fake_text("merged_writes")), -1);
    struct bytes merged = fake_get(h, fake_text("merged"));
    buf_add(&l->merged, merged.p, merged.n);
    for (size_t i = 0; i < h->n; i++) l->parts_n += strncmp(h->fields[i].name.data, "fence:", 6) == 0;
}

void fake_redis_list(struct fake_redis *r, struct bytes location, int64_t minute, struct fake_list *out) {
    *out = (struct fake_list){.minute = minute};
    buf_add(&out->location, location.p, location.n);
    struct buf name = {0};
    keys_part(&name, r->board, location, minute);
    read_hash(fake_look(r, fake_bytes(&name)), out);
    buf_free(&name);
    read_top(r, out);
    read_state(r, out);
}

/* Takes `board:{location}:part:minute` apart. */
static bool parse_part_key(const struct fake_redis *r, struct bytes key, struct buf *location, int64_t *minute) {
    static const char infix[] = "}:part:";
    size_t head = strlen(r->board) + 2, tail = sizeof infix - 1 + MINUTE_TEXT_LEN;
    if (key.n < head + tail || key.p[head - 1] != '{') return false;
    const char *end = key.p + key.n - tail;
    if (memcmp(end, infix, sizeof infix - 1) != 0) return false;
    return minute_parse((struct bytes){end + sizeof infix - 1, MINUTE_TEXT_LEN}, minute) &&
           keys_decode_location(location, (struct bytes){key.p + head, (size_t)(end - key.p) - head});
}

void fake_redis_each_list(struct fake_redis *r, void (*fn)(void *ctx, const struct fake_list *l), void *ctx) {
    for (size_t i = 0; i < r->keys_n; i++) {
        struct buf location = {0};
        int64_t minute;
        const struct fake_key *k = r->keys[i];
        if (k->n > 0 && parse_part_key(r, fake_bytes(&k->name), &location, &minute)) {
            struct fake_list l;
            fake_redis_list(r, fake_bytes(&location), minute, &l);
            fn(ctx, &l);
            fake_list_deinit(&l);
        }
        buf_free(&location);
    }
}

static void each_note_of(const struct fake_key *k, uint32_t shard, bool waiting,
                         void (*fn)(void *ctx, uint32_t shard, bool waiting, struct bytes location, int64_t minute,
                                    const char *token),
                         void *ctx) {
    for (size_t i = 0; i < k->n; i++) {
        struct buf location = {0};
        int64_t minute;
        bool readable = keys_note_parse(fake_bytes(&k->fields[i].name), &location, &minute);
        assert(readable);
        fn(ctx, shard, waiting, fake_bytes(&location), minute, k->fields[i].value.data);
        buf_free(&location);
    }
}

void fake_redis_each_note(struct fake_redis *r,
                          void (*fn)(void *ctx, uint32_t shard, bool waiting, struct bytes location, int64_t minute,
                                     const char *token),
                          void *ctx) {
    struct buf name = {0};
    for (uint32_t i = 0; i < 2 * STORE_SHARDS; i++) {
        bool waiting = i % 2 == 1;
        buf_clear(&name);
        keys_notes(&name, r->board, i / 2, waiting ? "waiting" : "changed");
        each_note_of(fake_look(r, fake_bytes(&name)), i / 2, waiting, fn, ctx);
    }
    buf_free(&name);
}

static void read_row(const struct fake_field *f, struct store_progress *out) {
    out->rows = mem_realloc(out->rows, out->n + 1, sizeof *out->rows);
    struct store_progress_row *row = &out->rows[out->n++];
    assert(f->value.len > FENCE_LEN && f->value.data[FENCE_LEN] == ';');
    row->partition_name = mem_strdup(f->name.data);
    memcpy(row->fence, f->value.data, FENCE_LEN);
    row->fence[FENCE_LEN] = '\0';
    const char *text = f->value.data + FENCE_LEN + 1, *count = strrchr(text, '#');
    row->rows_stored = count == NULL ? -1 : strtoll(count + 1, NULL, 10);
    row->value_len = count == NULL ? f->value.len - FENCE_LEN - 1 : (size_t)(count - text);
    row->value = mem_dup(text, row->value_len + 1);
    row->value[row->value_len] = '\0';
}

void fake_redis_progress(struct fake_redis *r, struct store_progress *out) {
    *out = (struct store_progress){0};
    struct buf name = {0};
    keys_progress(&name, r->board);
    const struct fake_key *k = fake_look(r, fake_bytes(&name));
    buf_free(&name);
    struct bytes life = fake_get(k, fake_text("life"));
    if (life.p != NULL) memcpy(out->life, life.p, life.n);
    out->rows_version = fake_int(fake_get(k, fake_text("rows")), 0);
    out->members = fake_int(fake_get(k, fake_text("members")), 0);
    out->closable_until = fake_int(fake_get(k, fake_text("closed")), INT64_MIN);
    for (size_t i = 0; i < k->n; i++)
        if (memchr(k->fields[i].name.data, '/', k->fields[i].name.len) != NULL) read_row(&k->fields[i], out);
}

static void dump_bytes(struct buf *out, struct bytes b) {
    for (size_t i = 0; i < b.n; i++) {
        unsigned char c = (unsigned char)b.p[i];
        if (c < ' ' || c > '~' || c == '\\')
            buf_addf(out, "\\x%02X", c);
        else
            buf_add_byte(out, c);
    }
}

void fake_dump_line(struct buf *out, struct bytes key, struct bytes field, struct bytes value) {
    dump_bytes(out, key);
    buf_add_byte(out, '\t');
    dump_bytes(out, field);
    buf_add_byte(out, '\t');
    dump_bytes(out, value);
    buf_add_byte(out, '\n');
}

void fake_redis_dump(struct fake_redis *r, struct buf *out) {
    for (size_t i = 0; i < r->keys_n; i++)
        for (size_t j = 0; j < r->keys[i]->n; j++)
            fake_dump_line(out, fake_bytes(&r->keys[i]->name), fake_bytes(&r->keys[i]->fields[j].name),
                           fake_bytes(&r->keys[i]->fields[j].value));
}
