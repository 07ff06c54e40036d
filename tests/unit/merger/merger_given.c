/* unit/merger/merger_given.c - a merger, its Redis, and somebody else on it. */
#include "merger_given.h"

#include <stdio.h>
#include <string.h>

#include <check.h>

#include "list/packed.h"
#include "protocol/row.h"
#include "unit/worker/worker_given.h"

struct given_merging merging;

static int before_call(void *ctx, int kind) {
    (void)ctx;
    if (kind == merging.bad_call) {
        merging.bad_call = -1;
        return FAKE_DROP_BEFORE;
    }
    if (kind == FAKE_CLOSE && merging.other_joins) joins("tt/7");
    merging.other_joins = merging.other_joins && kind != FAKE_CLOSE;
    if (kind != FAKE_LIST_WRITE) return FAKE_DO;
    if (merging.other_writes) other_merges(merging.other_location);
    merging.other_writes = false;
    merging.written++;
    return FAKE_DO;
}

void own(int32_t partition, bool ours) { shards_own(&worker.hub.shards, 0, "tt", partition, ours); }

void given_merger(const char *topics) {
    given_hub((const char *const[]){topics, "RETENTION=1h", "K=2", NULL});
    worker.partitions = PARTITIONS;
    own(0, true);
    own(1, true);
    merging.redis = fake_redis_create("topk", 3600000);
    merging.fake = fake_store_create(merging.redis, "topkd");
    merging.other = fake_store_create(merging.redis, "topkd");
    merging.fake->before_call = before_call;
    merging.merger = merger_create(&worker.hub, fake_store_ops(merging.fake));
    merging.minute = minute_of(worker.wall_ms);
    merging.bad_call = -1;
    merging.other_writes = merging.other_joins = false;
    merging.other_location = "US";
    merging.written = merging.tokens = 0;
    merging.log_time_ms = worker.wall_ms;
}

void merging_begin(void) { given_merger("TOPICS=tt"); }

void merging_end(void) {
    merger_destroy(merging.merger);
    fake_store_destroy(merging.fake);
    fake_store_destroy(merging.other);
    fake_redis_destroy(merging.redis);
    worker_gone();
}

/* -- words -- */

struct bytes text(const char *s) {
    return (struct bytes){s, strlen(s)};
}

/* A partition stores a copy for this location, of 5 cats, 4 dogs and 3 eels, and no note yet. */
void stored(const char *partition_name, const char *location, bool final) {
    static const struct packed_item most[] = {{{"cat", 3}, 5, 5, 5}, {{"dog", 3}, 4, 4, 4}, {{"eel", 3}, 3, 3, 3}};
    struct store store = fake_store_ops(merging.other);
    struct buf items = {0};
    packed_write(&items, &(struct packed_head){.exact = true, .total = 12, .items_n = ARRAY_LEN(most)}, most);
    struct store_part part = {.partition_name = partition_name, .final = final, .items = {items.data, items.len}};
    struct store_parts list = {text(location), merging.minute, &part, 1};
    fence_format(part.fence, 1, ++merging.tokens);
    ck_assert_int_eq(store.ops->contribute(store.self, &list, 1, NULL), STORE_OK);
    buf_free(&items);
}

void noted(const char *location) {
    struct store store = fake_store_ops(merging.other);
    struct store_note note = {.location = text(location), .minute = merging.minute};
    snprintf(note.token, sizeof note.token, "%016u", ++merging.tokens);
    ck_assert_int_eq(store.ops->note(store.self, &note, 1, NULL), STORE_OK);
}

/* Its note is the newest of all. */
void note_waits(const char *location) {
    struct store store = fake_store_ops(merging.other);
    char token[STORE_TOKEN_LEN + 1];
    snprintf(token, sizeof token, "%016u", merging.tokens);
    struct store_note_end end = {text(location), merging.minute, token, true};
    ck_assert_int_eq(store.ops->notes_end(store.self, &end, 1, NULL), STORE_OK);
}

void contributed(const char *partition_name, const char *location, bool final) {
    stored(partition_name, location, final);
    noted(location);
}

/* The partition's row: settled up to and with this minute, not vouched for up to and with UNSURE_UNTIL. */
void row_written(const char *partition_name, int64_t to, int64_t unsure_until) {
    struct store store = fake_store_ops(merging.other);
    struct progress_row row = {.log_time_ms = merging.log_time_ms,
                               .settled = to,
                               .older_until = NO_MINUTE,
                               .unsure_until = unsure_until,
                               .end_ms = TIME_NEVER};
    struct buf value = {0};
    progress_row_format(&row, &value);
    struct store_row sent = {.partition_name = partition_name, .value = {value.data, value.len}};
    struct store_progress known;
    fake_redis_progress(merging.redis, &known);
    memcpy(sent.life, known.life, sizeof sent.life);
    store_progress_deinit(&known);
    fence_format(sent.fence, 1, ++merging.tokens);
    ck_assert_int_eq(store.ops->rows_write(store.self, &sent, 1, "000000000000001f", NULL), STORE_OK);
    if (sent.answer == STORE_OTHER_LIFE)
        row_written(partition_name, to, unsure_until); /* the first row learns what the life is */
    buf_free(&value);
}

void settled(const char *partition_name, int64_t to) { row_written(partition_name, to, NO_MINUTE); }

void joins(const char *partition_name) {
    struct store store = fake_store_ops(merging.other);
    struct store_join join = {.partition_name = partition_name};
    ck_assert_int_eq(store.ops->join(store.self, &join, 1, "000000000000001f", NULL), STORE_OK);
    ck_assert(join.is_new);
}

void all_settled(int64_t to) {
    settled("tt/0", to);
    settled("tt/1", to);
}

void hash_gone(const char *location) {
    struct buf name = {0};
    keys_part(&name, merging.redis->board, text(location), merging.minute);
    fake_del_key(merging.redis, fake_key(merging.redis, fake_bytes(&name)));
    buf_free(&name);
}

/* Another merger, which reads what is there now and writes the list. */
void other_merges(const char *location) {
    struct store store = fake_store_ops(merging.other);
    struct store_hash hash = {.location = text(location), .minute = merging.minute};
    struct store_lists_read round = {.hashes = &hash, .hashes_n = 1};
    stored("tt/1", location, false); /* whose note is still under way, or lost with its writer */
    ck_assert_int_eq(store.ops->lists_read(store.self, &round, NULL), STORE_OK);
    struct store_list list = {.location = hash.location,
                              .minute = merging.minute,
                              .writes = hash.writes,
                              .rows_version = round.progress.rows_version,
                              .state = "open"};
    memcpy(list.hash_token, hash.hash_token, sizeof list.hash_token);
    ck_assert_int_eq(store.ops->lists_write(store.self, &list, 1, worker.wall_ms, NULL), STORE_OK);
    ck_assert_int_eq(list.answer, STORE_STORED);
    store_lists_read_deinit(&round);
}

void pass(int64_t ms) {
    worker.mono_ms += ms;
    worker.wall_ms += ms;
}

/* Some rounds, each a little after the one before; how many lists they wrote. */
size_t rounds(size_t n) {
    merging.written = 0;
    for (size_t i = 0; i < n; i++) {
        pass(TENTH_MS);
        ck_assert_int_eq(merger_step(merging.merger), TENTH_MS);
    }
    return merging.written;
}

/* A round whose connection breaks at this call. */
void broken_round(int call) {
    merging.bad_call = call;
    pass(TENTH_MS);
    merger_step(merging.merger);
    ck_assert_int_eq(merging.bad_call, -1);
}

void expect_state(const char *location, const char *state) {
    struct fake_list list;
    fake_redis_list(merging.redis, text(location), merging.minute, &list);
    ck_assert_str_eq(list.state, state);
    fake_list_deinit(&list);
}

/* What a reader sees, as "cat 5, dog 4". */
void expect_top(const char *location, const char *wanted) {
    struct fake_list list;
    struct buf top = {0};
    fake_redis_list(merging.redis, text(location), merging.minute, &list);
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
    fake_redis_each_note(merging.redis, count_note, &n);
    ck_assert_uint_eq(n.changed, changed);
    ck_assert_uint_eq(n.waiting, waiting);
}
