#include "merger_given.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "sketch/packed.h"

struct given_merger given;

static int before_call(void *ctx, int kind) {
    (void)ctx;
    if (kind == given.bad_call) {
        given.bad_call = -1;
        return FAKE_DROP_BEFORE;
    }
    if (given.meanwhile != NULL && kind == given.meanwhile_call) {
        void (*act)(void) = given.meanwhile;
        given.meanwhile = NULL;
        act();
    }
    given.written += kind == FAKE_LIST_WRITE;
    return FAKE_DO;
}

void own(int32_t partition, bool ours) { hub_own(&worker.hub, 0, "tt", partition, ours); }

void merger_begin(void) {
    given_hub((const char *const[]){"TOPICS=tt", "RETENTION=1h", "K=2", NULL});
    worker.partitions = MERGER_PARTITIONS;
    for (int32_t i = 0; i < MERGER_PARTITIONS; i++) own(i, true);
    given = (struct given_merger){.redis = fake_redis_create("topk", 3600000), .bad_call = -1};
    given.fake = fake_store_create(given.redis, "topkd");
    given.other = fake_store_create(given.redis, "topkd");
    given.fake->before_call = before_call;
    given.merger = merger_create(&worker.hub, fake_store_ops(given.fake));
    given.minute = minute_of(worker.wall_ms);
}

void merger_end(void) {
    merger_destroy(given.merger);
    fake_store_destroy(given.fake);
    fake_store_destroy(given.other);
    fake_redis_destroy(given.redis);
    worker_gone();
}

struct bytes text(const char *s) {
    return (struct bytes){s, strlen(s)};
}

/* -- what others do -- */

void stored(const char *source, const char *location, bool final) {
    static const struct packed_item most[] = {{{"cat", 3}, 5, 5, 5}, {{"dog", 3}, 4, 4, 4}, {{"eel", 3}, 3, 3, 3}};
    struct store store = fake_store_ops(given.other);
    struct buf items = {0};
    packed_write(&items, &(struct packed_head){.exact = true, .total = 12, .n = ARRAY_LEN(most)}, most);
    struct store_part part = {.source = source, .final = final, .items = {items.data, items.len}};
    struct store_parts list = {text(location), given.minute, &part, 1};
    keys_fence(part.fence, 1, ++given.tokens);
    ck_assert_int_eq(store.ops->contribute(store.self, &list, 1, NULL), STORE_OK);
    buf_free(&items);
}

void noted(const char *location) {
    struct store store = fake_store_ops(given.other);
    struct store_note note = {.location = text(location), .minute = given.minute};
    snprintf(note.token, sizeof note.token, "%016u", ++given.tokens);
    ck_assert_int_eq(store.ops->note(store.self, &note, 1, NULL), STORE_OK);
}

void put_aside(const char *location) {
    struct store store = fake_store_ops(given.other);
    char token[STORE_TOKEN_LEN + 1];
    snprintf(token, sizeof token, "%016u", given.tokens);
    struct store_note_end end = {text(location), given.minute, token, true};
    ck_assert_int_eq(store.ops->notes_end(store.self, &end, 1, NULL), STORE_OK);
}

void contributed(const char *source, const char *location, bool final) {
    stored(source, location, final);
    noted(location);
}

void row_is(const char *source, struct bytes value) {
    struct store store = fake_store_ops(given.other);
    struct store_row row = {.source = source, .value = value};
    struct store_progress known;
    fake_redis_progress(given.redis, &known);
    memcpy(row.life, known.life, sizeof row.life);
    store_progress_deinit(&known);
    keys_fence(row.fence, 1, ++given.tokens);
    ck_assert_int_eq(store.ops->rows_write(store.self, &row, 1, "000000000000001f", NULL), STORE_OK);
    if (row.answer == STORE_OTHER_LIFE) row_is(source, value); /* the first row learns what the life is */
}

void said(const char *source, int64_t to, int64_t x, int64_t end_ms) {
    struct part_row row = {.w_ms = worker.wall_ms, .m = to, .b = PART_NO_MINUTE, .x = x, .end_ms = end_ms};
    struct buf value = {0};
    part_row_format(&row, &value);
    row_is(source, (struct bytes){value.data, value.len});
    buf_free(&value);
}

void settled(const char *source, int64_t to) { said(source, to, PART_NO_MINUTE, PART_NEVER); }

void all_settled(int64_t to) {
    settled("tt/0", to);
    settled("tt/1", to);
}

void joined(const char *source) {
    struct store store = fake_store_ops(given.other);
    struct store_join join = {.source = source};
    ck_assert_int_eq(store.ops->join(store.self, &join, 1, "000000000000002f", NULL), STORE_OK);
    ck_assert(join.is_new);
}

void hash_gone(const char *location) {
    struct buf name = {0};
    keys_part(&name, given.redis->board, text(location), given.minute);
    fake_del_key(given.redis, fake_key(given.redis, fake_bytes(&name)));
    buf_free(&name);
}

/* -- rounds -- */

void pass(int64_t ms) {
    worker.mono_ms += ms;
    worker.wall_ms += ms;
}

size_t round_at_once(void) {
    given.written = 0;
    ck_assert_int_eq(merger_step(given.merger), TENTH_MS);
    return given.written;
}

size_t rounds(size_t n) {
    size_t written = 0;
    for (size_t i = 0; i < n; i++) {
        pass(TENTH_MS);
        written += round_at_once();
    }
    return written;
}

void broken_round(int call) {
    given.bad_call = call;
    pass(TENTH_MS);
    merger_step(given.merger);
    ck_assert_int_eq(given.bad_call, -1);
}

/* -- what is there then -- */

void expect_state(const char *location, const char *state) {
    struct fake_list list;
    fake_redis_list(given.redis, text(location), given.minute, &list);
    ck_assert_str_eq(list.state, state);
    fake_list_deinit(&list);
}

void expect_top(const char *location, const char *wanted) {
    struct fake_list list;
    struct buf top = {0};
    fake_redis_list(given.redis, text(location), given.minute, &list);
    for (size_t i = 0; i < list.top_n; i++)
        buf_addf(&top, "%s%.*s %d", i == 0 ? "" : ", ", (int)list.top[i].item.n, list.top[i].item.p,
                 (int)list.top[i].count);
    ck_assert_str_eq(buf_text(&top), wanted);
    buf_free(&top);
    fake_list_deinit(&list);
}

struct counted {
    size_t changed, waiting;
};

static void count_note(void *ctx, uint32_t shard, bool waiting, struct bytes location, int64_t m, const char *token) {
    struct counted *n = ctx;
    (void)shard, (void)location, (void)m, (void)token;
    n->changed += !waiting;
    n->waiting += waiting;
}

void expect_notes(size_t changed, size_t waiting) {
    struct counted n = {0, 0};
    fake_redis_each_note(given.redis, count_note, &n);
    ck_assert_uint_eq(n.changed, changed);
    ck_assert_uint_eq(n.waiting, waiting);
}
