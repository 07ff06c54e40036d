/* What becomes of a list and its note: kept, put aside, ended; what has a say in it; and what the merger makes up for
 * after a break or a refusal. Seen from outside: the lists and notes that are in Redis after a round. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "sketch/packed.h"
#include "support/fake_store.h"
#include "worker/merge_work.h"
#include "worker/merger.h"
#include "worker_given.h"

enum { TENTH_MS = 100 /* of the publish interval */, PARTITIONS = 2 };
enum { ROUNDS = 8 /* within these the merger has read all that waits, long before it would anyway */ };

static struct fake_redis *redis;
static struct fake_store *fake, *other; /* the merger's connection, and somebody else's */
static struct merger *merger;
static size_t written;             /* lists of this merger */
static int bad_call;               /* enum fake_call whose next element breaks the connection; -1: none does */
static bool other_writes;          /* somebody else writes the list just before this merger does */
static const char *other_location; /* ... this one */
static bool other_joins;           /* a partition joins just before this merger closes lists */
static int64_t log_time_ms;        /* of the rows to come */
static unsigned tokens;
static int64_t minute;

static void other_merges(const char *location);
static void joins(const char *source);

static int before_call(void *ctx, int kind) {
    (void)ctx;
    if (kind == bad_call) {
        bad_call = -1;
        return FAKE_DROP_BEFORE;
    }
    if (kind == FAKE_CLOSE && other_joins) joins("tt/7");
    other_joins = other_joins && kind != FAKE_CLOSE;
    if (kind != FAKE_LIST_WRITE) return FAKE_DO;
    if (other_writes) other_merges(other_location);
    other_writes = false;
    written++;
    return FAKE_DO;
}

static void own(int32_t partition, bool ours) { hub_own(&worker.hub, 0, "tt", partition, ours); }

static void given_merger(const char *topics) {
    given_hub((const char *const[]){topics, "RETENTION=1h", "K=2", NULL});
    worker.partitions = PARTITIONS;
    own(0, true);
    own(1, true);
    redis = fake_redis_create("topk", 3600000);
    fake = fake_store_create(redis, "topkd");
    other = fake_store_create(redis, "topkd");
    fake->before_call = before_call;
    merger = merger_create(&worker.hub, fake_store_ops(fake));
    minute = minute_of(worker.wall_ms);
    bad_call = -1;
    other_writes = other_joins = false;
    other_location = "US";
    written = tokens = 0;
    log_time_ms = worker.wall_ms;
}

static void setup(void) { given_merger("TOPICS=tt"); }

static void teardown(void) {
    merger_destroy(merger);
    fake_store_destroy(fake);
    fake_store_destroy(other);
    fake_redis_destroy(redis);
    worker_gone();
}

/* -- words -- */

static struct bytes text(const char *s) { return (struct bytes){s, strlen(s)}; }

/* A partition stores a copy for this location, of 5 cats, 4 dogs and 3 eels, and no note yet. */
static void stored(const char *source, const char *location, bool final) {
    static const struct packed_item most[] = {{{"cat", 3}, 5, 5, 5}, {{"dog", 3}, 4, 4, 4}, {{"eel", 3}, 3, 3, 3}};
    struct store store = fake_store_ops(other);
    struct buf items = {0};
    packed_write(&items, &(struct packed_head){.exact = true, .total = 12, .n = ARRAY_LEN(most)}, most);
    struct store_part part = {.source = source, .final = final, .items = {items.data, items.len}};
    struct store_parts list = {text(location), minute, &part, 1};
    keys_fence(part.fence, 1, ++tokens);
    ck_assert_int_eq(store.ops->contribute(store.self, &list, 1, NULL), STORE_OK);
    buf_free(&items);
}

static void noted(const char *location) {
    struct store store = fake_store_ops(other);
    struct store_note note = {.location = text(location), .minute = minute};
    snprintf(note.token, sizeof note.token, "%016u", ++tokens);
    ck_assert_int_eq(store.ops->note(store.self, &note, 1, NULL), STORE_OK);
}

/* The newest note of all. */
static void put_aside(const char *location) {
    struct store store = fake_store_ops(other);
    char token[STORE_TOKEN_LEN + 1];
    snprintf(token, sizeof token, "%016u", tokens);
    struct store_note_end end = {text(location), minute, token, true};
    ck_assert_int_eq(store.ops->notes_end(store.self, &end, 1, NULL), STORE_OK);
}

static void contributed(const char *source, const char *location, bool final) {
    stored(source, location, final);
    noted(location);
}

/* The partition's row: settled up to and with this minute, not vouched for up to and with X. */
static void said(const char *source, int64_t to, int64_t x) {
    struct store store = fake_store_ops(other);
    struct part_row row = {.w_ms = log_time_ms, .m = to, .b = PART_NO_MINUTE, .x = x, .end_ms = PART_NEVER};
    struct buf value = {0};
    part_row_format(&row, &value);
    struct store_row sent = {.source = source, .value = {value.data, value.len}};
    struct store_progress known;
    fake_redis_progress(redis, &known);
    memcpy(sent.life, known.life, sizeof sent.life);
    store_progress_deinit(&known);
    keys_fence(sent.fence, 1, ++tokens);
    ck_assert_int_eq(store.ops->rows_write(store.self, &sent, 1, "000000000000001f", NULL), STORE_OK);
    if (sent.answer == STORE_OTHER_LIFE) said(source, to, x); /* the first row learns what the life is */
    buf_free(&value);
}

static void settled(const char *source, int64_t to) { said(source, to, PART_NO_MINUTE); }

static void joins(const char *source) {
    struct store store = fake_store_ops(other);
    struct store_join join = {.source = source};
    ck_assert_int_eq(store.ops->join(store.self, &join, 1, "000000000000001f", NULL), STORE_OK);
    ck_assert(join.is_new);
}

static void all_settled(int64_t to) {
    settled("tt/0", to);
    settled("tt/1", to);
}

static void hash_gone(const char *location) {
    struct buf name = {0};
    keys_part(&name, redis->board, text(location), minute);
    fake_del_key(redis, fake_key(redis, fake_bytes(&name)));
    buf_free(&name);
}

/* Another merger, which reads what is there now and writes the list. */
static void other_merges(const char *location) {
    struct store store = fake_store_ops(other);
    struct store_hash hash = {.location = text(location), .minute = minute};
    struct store_round round = {.hashes = &hash, .hashes_n = 1};
    stored("tt/1", location, false); /* whose note is still under way, or lost with its writer */
    ck_assert_int_eq(store.ops->round_read(store.self, &round, NULL), STORE_OK);
    struct store_list list = {
        .location = hash.location, .minute = minute, .n = hash.n, .rows = round.progress.version, .state = "open"};
    memcpy(list.e, hash.e, sizeof list.e);
    ck_assert_int_eq(store.ops->lists_write(store.self, &list, 1, worker.wall_ms, NULL), STORE_OK);
    ck_assert_int_eq(list.answer, STORE_STORED);
    store_round_deinit(&round);
}

static void pass(int64_t ms) {
    worker.mono_ms += ms;
    worker.wall_ms += ms;
}

/* Some rounds, each a little after the one before; how many lists they wrote. */
static size_t rounds(size_t n) {
    written = 0;
    for (size_t i = 0; i < n; i++) {
        pass(TENTH_MS);
        ck_assert_int_eq(merger_step(merger), TENTH_MS);
    }
    return written;
}

/* A round whose connection breaks at this call. */
static void broken_round(int call) {
    bad_call = call;
    pass(TENTH_MS);
    merger_step(merger);
    ck_assert_int_eq(bad_call, -1);
}

static void expect_state(const char *location, const char *state) {
    struct fake_list list;
    fake_redis_list(redis, text(location), minute, &list);
    ck_assert_str_eq(list.state, state);
    fake_list_deinit(&list);
}

/* What a reader sees, as "cat 5, dog 4". */
static void expect_top(const char *location, const char *wanted) {
    struct fake_list list;
    struct buf top = {0};
    fake_redis_list(redis, text(location), minute, &list);
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

static void expect_notes(size_t changed, size_t waiting) {
    struct counted n = {0, 0};
    fake_redis_each_note(redis, count_note, &n);
    ck_assert_uint_eq(n.changed, changed);
    ck_assert_uint_eq(n.waiting, waiting);
}

/* -- a note and its hash -- */

START_TEST(the_note_of_an_open_list_is_put_aside_and_ends_when_it_is_final) {
    all_settled(given.minute - 1);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "open");
    expect_notes(0, 1);
    all_settled(given.minute);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "final");
    expect_notes(0, 0);
}
END_TEST

/* A Redis that lost its last seconds may have lost the hash and not the note. Whoever wrote it stores it again. */
START_TEST(a_note_without_a_hash_stays_until_all_partitions_have_settled_its_minute) {
    settled("tt/0", given.minute);
    settled("tt/1", given.minute - 1);
    contributed("tt/0", "US", true);
    hash_gone("US");
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    expect_notes(1, 0);
    settled("tt/1", given.minute);
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    expect_notes(0, 0);
}
END_TEST

START_TEST(a_hash_that_comes_again_is_merged_for_the_note_that_stayed) {
    all_settled(given.minute - 1);
    contributed("tt/0", "US", false);
    hash_gone("US");
    ck_assert_uint_eq(rounds(1), 0);
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(2), 1);
    expect_state("US", "open");
    expect_notes(0, 1);
}
END_TEST

/* Its hash expired, and nobody will ever settle what is not there any more. */
START_TEST(a_note_without_a_hash_ends_when_its_minute_is_past_retention) {
    contributed("tt/0", "US", false);
    contributed("tt/0", "DE", false);
    hash_gone("US");
    hash_gone("DE");
    worker.wall_ms = minute_end_ms(given.minute) + (int64_t)worker.config->retention_ms - TENTH_MS;
    ck_assert_uint_eq(rounds(1), 0);
    expect_notes(2, 0);
    noted("US");
    noted("DE");
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    expect_notes(0, 0);
}
END_TEST

/* Parts of incarnations that are not the last may still cease to count, without a note. */
START_TEST(the_note_of_a_lost_list_waits_until_all_partitions_have_settled_its_minute) {
    said("tt/0", given.minute - 1, given.minute, PART_NEVER);
    settled("tt/1", given.minute - 1);
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    expect_state("US", "lost");
    expect_notes(0, 1);
    said("tt/0", given.minute, given.minute, PART_NEVER);
    settled("tt/1", given.minute);
    ck_assert_uint_ge(rounds(ROUNDS), 1);
    expect_state("US", "lost");
    expect_notes(0, 0);
}
END_TEST

/* -- of others -- */

static const char *location_of_partition(uint32_t partition) {
    static char name[16];
    uint32_t i = 0;
    do snprintf(name, sizeof name, "place%u", i++);
    while (keys_shard(text(name)) % MERGER_PARTITIONS != partition);
    return name;
}

/* Its merger put it aside and is gone; whoever takes the shard over goes on with it. */
START_TEST(what_waits_in_a_shard_that_comes_is_merged) {
    const char *location = location_of_partition(1);
    own(1, false);
    contributed("tt/0", location, false);
    put_aside(location);
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    own(1, true);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    expect_state(location, "open");
}
END_TEST

/* -- after a break -- */

static const int reads_and_writes[] = {FAKE_NOTES_READ, FAKE_LIST_WRITE, FAKE_NOTE_END};

/* The answer to what it wrote may be lost, so the merger knows nothing: what waits is read and merged again. */
START_TEST(after_a_break_what_waits_is_merged_again) {
    all_settled(given.minute - 1);
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    expect_notes(0, 1);
    contributed("tt/0", "DE", false);
    broken_round(reads_and_writes[_i]);
    ck_assert_uint_eq(rounds(ROUNDS), 2);
    expect_notes(0, 2);
}
END_TEST

/* -- refused -- */

/* Another merger, which reads what is there now and writes the list. */
static void other_merges(void) {
    struct store store = fake_store_ops(given.other);
    struct store_hash hash = {.location = text("US"), .minute = given.minute};
    struct store_round round = {.hashes = &hash, .hashes_n = 1};
    stored("tt/1", "US", false); /* whose note is still under way, or lost with its writer */
    ck_assert_int_eq(store.ops->round_read(store.self, &round, NULL), STORE_OK);
    struct store_list list = {.location = hash.location,
                              .minute = given.minute,
                              .n = hash.n,
                              .rows = round.progress.version,
                              .state = "open"};
    memcpy(list.e, hash.e, sizeof list.e);
    ck_assert_int_eq(store.ops->lists_write(store.self, &list, 1, worker.wall_ms, NULL), STORE_OK);
    ck_assert_int_eq(list.answer, STORE_STORED);
    store_round_deinit(&round);
}

START_TEST(a_list_that_was_refused_is_merged_again_though_its_note_says_nothing_new) {
    all_settled(given.minute - 1);
    contributed("tt/0", "US", false);
    given.meanwhile = other_merges;
    given.meanwhile_call = FAKE_LIST_WRITE;
    ck_assert_uint_eq(rounds(1), 1);
    expect_notes(1, 0);
    ck_assert_uint_eq(rounds(1), 1);
    expect_notes(0, 1);
    ck_assert_uint_eq(rounds(ROUNDS), 0);
}
END_TEST

/* -- what has a say, and when -- */

/* Such topics may be called nearly as ours. */
static const char *const others[] = {"old/0", "t/0", "ttt/0"};

START_TEST(the_row_of_a_topic_that_is_no_longer_read_has_no_say) {
    settled(others[_i], given.minute - 1);
    all_settled(given.minute);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "final");
}
END_TEST

START_TEST(nor_has_a_part_of_such_a_topic) {
    all_settled(given.minute);
    contributed("tt/0", "US", true);
    contributed(others[_i], "US", false);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "final");
    expect_top("US", "cat 5, dog 4");
}
END_TEST

START_TEST(a_list_has_the_k_items_that_are_most_of_all_parts) {
    contributed("tt/0", "US", false);
    contributed("tt/1", "US", false);
    ck_assert_uint_eq(rounds(1), 1);
    expect_top("US", "cat 10, dog 8");
}
END_TEST

START_TEST(every_location_with_a_list_is_in_the_index) {
    contributed("tt/0", "US", false);
    contributed("tt/0", "DE", false);
    ck_assert_uint_eq(rounds(1), 2);
    struct buf name = {0};
    keys_locations(&name, given.redis->board);
    const struct fake_key *index = fake_look(given.redis, fake_bytes(&name));
    buf_free(&name);
    ck_assert_uint_eq(index->n, 2);
    ck_assert(fake_get(index, text("US")).p != NULL && fake_get(index, text("DE")).p != NULL);
}
END_TEST

/* Others that were merged a moment ago wait their turn. */
START_TEST(a_list_that_becomes_final_is_merged_at_once) {
    settled("tt/0", given.minute);
    settled("tt/1", given.minute - 1);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    settled("tt/1", given.minute);
    ck_assert_uint_eq(round_at_once(), 1);
    expect_state("US", "final");
}
END_TEST

/* -- what grows old -- */

/* Its hash expired a RETENTION after it was merged, whatever the minute of a log that is ahead of the clock says. */
START_TEST(a_list_without_a_hash_ends_a_retention_after_it_was_merged) {
    int64_t retention_ms = (int64_t)worker.config->retention_ms;
    minute += 7 * 24 * 60;
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(1), 1);
    hash_gone("US");
    pass(retention_ms / 2);
    said("tt/0", minute - 1, minute); /* what is looked at in between does not become younger */
    ck_assert_uint_eq(rounds(1), 0);
    pass(retention_ms / 2 - 3 * TENTH_MS);
    ck_assert_uint_eq(rounds(1), 0);
    expect_notes(0, 1);
    ck_assert_uint_eq(rounds(1), 0);
    expect_notes(0, 0);
}
END_TEST

START_TEST(a_list_that_nothing_changes_is_looked_at_a_retention_after_it_was_merged) {
    minute += 7 * 24 * 60;
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    hash_gone("US");
    pass((int64_t)worker.config->retention_ms);
    ck_assert_uint_eq(rounds(1), 0);
    expect_notes(0, 0);
}
END_TEST

/* -- passes over what waits -- */

enum { SHARDS_A_ROUND = 64 };

static const char *location_between(uint32_t least, uint32_t most, char name[16]) {
    uint32_t i = 0;
    do snprintf(name, 16, "place%u", i++);
    while (keys_shard(text(name)) < least || keys_shard(text(name)) > most);
    return name;
}

START_TEST(what_waits_and_was_refused_is_tried_again_soon) {
    contributed("tt/0", "US", false);
    put_aside("US");
    other_writes = true;
    ck_assert_uint_eq(rounds(2 * ROUNDS), 2);
}
END_TEST

START_TEST(what_is_refused_again_and_again_does_not_keep_others_waiting) {
    char first[16], last[16];
    other_location = location_between(0, SHARDS_A_ROUND - 1, first);
    contributed("tt/0", other_location, false);
    put_aside(other_location);
    contributed("tt/0", location_between(STORE_SHARDS - SHARDS_A_ROUND, STORE_SHARDS - 1, last), false);
    put_aside(last);
    for (int i = 0; i < ROUNDS; i++) {
        other_writes = true;
        (void)rounds(1);
    }
    expect_state(last, "open");
}
END_TEST

START_TEST(what_others_put_aside_is_read_within_a_minute) {
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    contributed("tt/0", "US", false);
    put_aside("US");
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    pass(60000);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
}
END_TEST

/* -- what is not known yet -- */

/* No row has changed, and a list may be final all the same: its topic was made again with fewer. */
START_TEST(partitions_that_come_or_go_are_noticed) {
    worker.partitions = PARTITIONS + 1;
    own(PARTITIONS, true);
    all_settled(minute);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "open");
    worker.partitions = PARTITIONS;
    ck_assert_uint_ge(rounds(2), 1);
    expect_state("US", "final");
}
END_TEST

static uint32_t size_of_second; /* of two topics */

static uint32_t size_of(void *self, uint32_t topic) {
    (void)self;
    return topic == 0 ? PARTITIONS : size_of_second;
}

START_TEST(a_topic_whose_partitions_are_not_known_yet_keeps_lists_open) {
    teardown();
    given_merger("TOPICS=tt,uu");
    worker.hub.partitions = size_of;
    size_of_second = 0;
    all_settled(minute);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "open");
    settled("uu/0", minute);
    size_of_second = 1;
    ck_assert_uint_ge(rounds(ROUNDS), 1);
    expect_state("US", "final");
}
END_TEST

/* Nobody here knows that partition, but somebody did. */
START_TEST(an_odd_row_is_a_partition_that_has_said_nothing) {
    char source[] = "tt/5", value[] = "";
    struct store_progress_row odd = {.source = source, .value = value};
    struct store_progress progress = {.rows = &odd, .n = 1};
    struct board_sources sources = {0};
    merge_sources(&worker.hub, &progress, &sources);
    ck_assert_uint_eq(sources.n, PARTITIONS + 1);
    ck_assert_ptr_nonnull(board_sources_find(&sources, source));
    ck_assert(!board_sources_find(&sources, source)->has_row);
    board_sources_deinit(&sources);
}
END_TEST

/* -- lost -- */

START_TEST(a_list_that_lost_a_contribution_is_never_closed) {
    struct store store = fake_store_ops(other);
    struct store_loss loss = {.location = text("US"), .minute = minute};
    struct fake_list list;
    all_settled(minute);
    stored("tt/0", "US", true);
    ck_assert_int_eq(store.ops->lists_lose(store.self, &loss, 1, NULL), STORE_OK);
    noted("US");
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "lost");
    fake_redis_list(redis, text("US"), minute, &list);
    ck_assert(!list.closed);
    ck_assert_uint_eq(list.parts_n, 1);
    fake_list_deinit(&list);
}
END_TEST

/* -- before a list is closed -- */

static int64_t closed_up_to(void) {
    struct store_progress known;
    fake_redis_progress(redis, &known);
    int64_t closed = known.closed;
    store_progress_deinit(&known);
    return closed;
}

START_TEST(how_far_lists_are_closed_is_said_with_every_minute) {
    all_settled(minute - 1);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    ck_assert_int_eq(closed_up_to(), INT64_MIN);
    for (int i = 0; i < 2; i++, minute++) {
        contributed("tt/0", "US", true);
        all_settled(minute);
        ck_assert_uint_ge(rounds(2), 1);
        expect_state("US", "final");
        ck_assert_int_eq(closed_up_to(), minute);
    }
}
END_TEST

START_TEST(nothing_is_closed_that_was_judged_without_a_partition_that_joined) {
    all_settled(minute);
    contributed("tt/0", "US", true);
    other_joins = true;
    ck_assert_uint_eq(rounds(1), 0);
    expect_state("US", "");
    expect_notes(1, 0);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    expect_state("US", "open");
}
END_TEST

/* -- minutes that are over for some -- */

static void over_for(const char *source, bool over) {
    log_time_ms = over ? minute_end_ms(minute) + worker.hub.rules.lateness_ms : worker.wall_ms;
    settled(source, minute - 1);
}

static void over_for_both(bool first, bool second) {
    over_for("tt/0", first);
    over_for("tt/1", second);
}

enum { HOLD_ROUNDS = 30 }; /* three publish intervals */

START_TEST(the_first_list_of_a_minute_that_is_over_for_some_waits_for_all) {
    over_for_both(true, false);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(HOLD_ROUNDS / 2), 0);
    over_for("tt/1", true);
    ck_assert_uint_eq(rounds(1), 1);
}
END_TEST

START_TEST(or_for_three_intervals) {
    over_for_both(true, false);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(HOLD_ROUNDS), 0);
    ck_assert_uint_eq(rounds(1), 1);
}
END_TEST

START_TEST(what_waits_is_not_held_back) {
    over_for_both(true, false);
    contributed("tt/0", "US", true);
    put_aside("US");
    ck_assert_uint_eq(rounds(ROUNDS), 1);
}
END_TEST

START_TEST(what_was_merged_before_is_not_held_back) {
    over_for_both(false, false);
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(1), 1);
    over_for("tt/0", true);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(2), 1);
}
END_TEST

Suite *merger_notes_suite(void);
Suite *merger_notes_suite(void) {
    Suite *s = suite_create("merger_notes");
    TCase *c = tcase_create("notes");
    tcase_add_checked_fixture(c, merger_begin, merger_end);
    tcase_add_test(c, the_note_of_an_open_list_is_put_aside_and_ends_when_it_is_final);
    tcase_add_test(c, a_note_without_a_hash_stays_until_all_partitions_have_settled_its_minute);
    tcase_add_test(c, a_hash_that_comes_again_is_merged_for_the_note_that_stayed);
    tcase_add_test(c, a_note_without_a_hash_ends_when_its_minute_is_past_retention);
    tcase_add_test(c, the_note_of_a_lost_list_waits_until_all_partitions_have_settled_its_minute);
    tcase_add_test(c, what_waits_in_a_shard_that_comes_is_merged);
    tcase_add_loop_test(c, after_a_break_what_waits_is_merged_again, 0, (int)ARRAY_LEN(reads_and_writes));
    tcase_add_test(c, a_list_that_was_refused_is_merged_again_though_its_note_says_nothing_new);
    tcase_add_loop_test(c, the_row_of_a_topic_that_is_no_longer_read_has_no_say, 0, (int)ARRAY_LEN(others));
    tcase_add_loop_test(c, nor_has_a_part_of_such_a_topic, 0, (int)ARRAY_LEN(others));
    tcase_add_test(c, a_list_has_the_k_items_that_are_most_of_all_parts);
    tcase_add_test(c, every_location_with_a_list_is_in_the_index);
    tcase_add_test(c, a_list_that_becomes_final_is_merged_at_once);
    tcase_add_test(c, a_topic_whose_partitions_are_not_known_yet_keeps_lists_open);
    tcase_add_test(c, an_odd_row_is_a_partition_that_has_said_nothing);
    tcase_add_test(c, a_list_that_lost_a_contribution_is_never_closed);
    tcase_add_test(c, how_far_lists_are_closed_is_said_with_every_minute);
    tcase_add_test(c, nothing_is_closed_that_was_judged_without_a_partition_that_joined);
    tcase_add_test(c, the_first_list_of_a_minute_that_is_over_for_some_waits_for_all);
    tcase_add_test(c, or_for_three_intervals);
    tcase_add_test(c, what_waits_is_not_held_back);
    tcase_add_test(c, what_was_merged_before_is_not_held_back);
    tcase_add_test(c, a_list_without_a_hash_ends_a_retention_after_it_was_merged);
    tcase_add_test(c, a_list_that_nothing_changes_is_looked_at_a_retention_after_it_was_merged);
    tcase_add_test(c, what_waits_and_was_refused_is_tried_again_soon);
    tcase_add_test(c, what_is_refused_again_and_again_does_not_keep_others_waiting);
    tcase_add_test(c, what_others_put_aside_is_read_within_a_minute);
    tcase_add_test(c, partitions_that_come_or_go_are_noticed);
    suite_add_tcase(s, c);
    return s;
}
