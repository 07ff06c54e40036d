/* unit/store/check_redis_errors.c - what every way to go wrong means: broken (again after rule 12), full (wait), or
 * fatal (stop, and say why). */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/clock.h"
#include "redis_stub.h"
#include "store/redis.h"
#include "store/redis_reply.h"

static const struct {
    const char *text;
    int status;
    const char *kind;
} meanings[] = {
    {"OOM command not allowed when used memory > 'maxmemory'.", STORE_FULL, "oom"},
    {"READONLY You can't write against a read only replica.", STORE_BROKEN, "readonly"},
    {"MASTERDOWN Link with MASTER is down", STORE_BROKEN, "readonly"},
    {"NOREPLICAS Not enough good replicas to write.", STORE_BROKEN, "readonly"},
    {"MOVED 3999 127.0.0.1:6381", STORE_FATAL, "moved"},
    {"ASK 3999 127.0.0.1:6381", STORE_FATAL, "moved"},
    {"TRYAGAIN Multiple keys request during rehashing of slot", STORE_FATAL, "moved"},
    {"CLUSTERDOWN Hash slot not served", STORE_FATAL, "moved"},
    {"LOADING Redis is loading the dataset in memory", STORE_BROKEN, "loading"},
    {"BUSY Redis is busy running a script.", STORE_BROKEN, "loading"},
    {"MISCONF Redis is configured to save RDB snapshots", STORE_BROKEN, "other"},
    {"NOSCRIPT No matching script. Please use EVAL.", STORE_BROKEN, "other"},
    {"CROSSSLOT Keys in request don't hash to the same slot", STORE_FATAL, "moved"},
    {"NOAUTH Authentication required.", STORE_BROKEN, "auth"},
    {"ERR max number of clients reached", STORE_BROKEN, "connection"},
    {"ERR Error running script (call to f_8e): @user_script:5: @user_script: 5: -OOM command not allowed", STORE_FULL,
     "oom"},
    {"ERR Error running script (call to f_8e): @user_script:5: @user_script: 5: -READONLY You can't", STORE_BROKEN,
     "readonly"},
    {"ERR Error running script (call to f_8e): @user_script:1: attempt to index a nil value", STORE_FATAL, "other"},
    {"WRONGTYPE Operation against a key holding the wrong kind of value", STORE_FATAL, "other"},
    {"WRONGPASS invalid username-password pair", STORE_BROKEN, "auth"},
    {"NOPERM this user has no permissions", STORE_BROKEN, "auth"},
    {"ERR AUTH <password> called without any password configured for the default user.", STORE_BROKEN, "auth"},
    {"ERR The user executing the script can't run this command or subcommand script: 8e, on @user_script:1.",
     STORE_BROKEN, "auth"},
    {"ERR ACL failure in script: User joe has no permissions to run the 'hset' command script: 8e, on @user_script:1.",
     STORE_BROKEN, "auth"},
    {"ODD 3 ERR ACL failure in script: User joe has no permissions to access the 'k' key", STORE_BROKEN, "auth"},
    {"ODD 5 WRONGTYPE Operation against a key holding the wrong kind of value", STORE_FATAL, "other"},
    {"ODD 3 ERR The user executing the script can't access at least one of the keys", STORE_BROKEN, "auth"},
    {"ODD 6 OOM command not allowed when used memory > 'maxmemory'.", STORE_FULL, "oom"},
    {"ASKING for trouble", STORE_FATAL, "other"},
    {"ERR unknown command", STORE_FATAL, "other"},
    {"", STORE_FATAL, "other"},
};

START_TEST(an_error_reply_means) {
    struct redis_error error = redis_error_of(meanings[_i].text);
    ck_assert_int_eq(error.status, meanings[_i].status);
    ck_assert_str_eq(error.kind, meanings[_i].kind);
}
END_TEST

/* What makes one list, and no more, stand aside. */
START_TEST(only_what_lies_at_a_key_is_the_matter_of_that_key) {
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        ck_assert_int_eq(redis_error_of(meanings[i].text).of_key, strstr(meanings[i].text, "WRONGTYPE") != NULL);
}
END_TEST

START_TEST(an_answer_of_a_script_names_its_key) {
    struct bytes said;
    ck_assert_uint_eq(redis_error_key("ODD 5 WRONGTYPE Operation script: 8e, on @user_script:1.", &said), 5);
    ck_assert(said.n == 19 && memcmp(said.p, "WRONGTYPE Operation", said.n) == 0);
    ck_assert_uint_eq(redis_error_key("ERR ACL failure in script: User joe script: 8e, on @user_script:1.", &said), 1);
    ck_assert(said.n == 35 && memcmp(said.p, "ERR ACL failure in script: User joe", said.n) == 0);
    ck_assert_uint_eq(redis_error_key("WRONGTYPE Operation", &said), 1);
    ck_assert_uint_eq(said.n, 19);
    ck_assert_uint_eq(redis_error_key("ODD ", &said), 1);
    ck_assert_uint_eq(said.n, 0);
}
END_TEST

START_TEST(the_gravest_status_wins) {
    static const int ascending[] = {STORE_OK, STORE_FULL, STORE_BROKEN, STORE_FATAL};
    for (size_t i = 0; i < ARRAY_LEN(ascending); i++)
        for (size_t j = 0; j < ARRAY_LEN(ascending); j++)
            ck_assert_int_eq(redis_status_worse(ascending[i], ascending[j]), ascending[i > j ? i : j]);
}
END_TEST

/* -- a store before a stub -- */

enum { CALL_TIMEOUT_MS = 1000, LONG_MS = 60000 }; /* the first is long enough for every answer of the stub */

static struct redis_stub *stub;
static struct metrics *metrics;
static struct store store;
static struct err error;

static char news[512];

static void hear(void *ctx, enum redis_news what, const char *text) {
    (void)ctx;
    if (what == REDIS_KEY_ODD) snprintf(news, sizeof news, "%s", text);
}

static void given_with(struct redis_stub_options o, bool allow_eviction, int call_timeout_ms) {
    stub = redis_stub_start(&o);
    metrics = metrics_create();
    struct redis_options options = {.url = redis_stub_url(stub),
                                    .board = "topk",
                                    .group = "g",
                                    .retention_ms = 1000,
                                    .allow_eviction = allow_eviction,
                                    .call_timeout_ms = call_timeout_ms,
                                    .on_news = hear};
    ck_assert_int_eq(redis_store_create(&options, metrics, &store, &error), ERR_OK);
}

static void given_replies(const char *const *replies) {
    given_with((struct redis_stub_options){.replies = replies}, false, CALL_TIMEOUT_MS);
}

static void done(void) {
    redis_store_destroy(&store);
    redis_stub_stop(stub);
    metrics_destroy(metrics);
}

static double errors(const char *kind) {
    char label[32];
    snprintf(label, sizeof label, "kind=\"%s\"", kind);
    return metric_value(metrics_get(metrics, METRIC_REDIS_ERRORS, label));
}

static double reconnects(void) { return metric_value(metrics_get(metrics, METRIC_REDIS_RECONNECTS, "")); }

static struct store_part parts[4];

/* Writes N lists of one part each: N commands. */
static int contribute(size_t n) {
    struct store_parts lists[4];
    for (size_t i = 0; i < n; i++) {
        parts[i] = (struct store_part){.partition_name = "events/0", .items = {"x", 1}};
        fence_format(parts[i].fence, 1, 1);
        lists[i] = (struct store_parts){.location = {"US", 2}, .minute = 1, .parts = &parts[i], .n = 1};
    }
    return store.ops->contribute(store.self, lists, n, &error);
}

#define STORED "$7\r\nstored \r\n"
#define NEWER  "$6\r\nnewer \r\n"
#define CLOSED "$7\r\nclosed \r\n"

START_TEST(a_closed_connection_breaks_one_call_and_the_next_connects_again) {
    static const char *const replies[] = {STORED, STUB_CLOSE, STORED, NULL};
    given_replies(replies);
    ck_assert_int_eq(contribute(1), STORE_OK);
    ck_assert_int_eq(contribute(1), STORE_BROKEN);
    ck_assert_int_eq(error.code, ERR_IO);
    ck_assert_int_eq(contribute(1), STORE_OK);
    ck_assert_uint_eq(redis_stub_connections(stub), 2);
    ck_assert(errors("connection") == 1 && reconnects() == 1);
    done();
}
END_TEST

START_TEST(no_answer_in_time_breaks_the_call) {
    static const char *const replies[] = {STUB_HANG, STORED, NULL};
    given_replies(replies);
    ck_assert_int_eq(contribute(1), STORE_BROKEN);
    ck_assert_int_eq(error.code, ERR_TIMEOUT);
    ck_assert(errors("timeout") == 1);
    ck_assert_int_eq(contribute(1), STORE_OK);
    done();
}
END_TEST

START_TEST(an_answer_cut_short_breaks_the_call) {
    static const char *const replies[] = {"$400\r\nhalf", STUB_CLOSE, NULL};
    given_replies(replies);
    ck_assert_int_eq(contribute(2), STORE_BROKEN);
    done();
}
END_TEST

START_TEST(what_is_no_redis_protocol_breaks_the_call) {
    static const char *const replies[] = {"HTTP/1.1 400 Bad Request\r\n\r\n", NULL};
    given_replies(replies);
    ck_assert_int_eq(contribute(1), STORE_BROKEN);
    ck_assert_uint_gt(strlen(error.text), 0);
    done();
}
END_TEST

START_TEST(a_refusing_server_is_left_after_all_its_replies_were_read) {
    static const char *const replies[] = {STORED, "-READONLY You can't\r\n", STORED, STORED, NULL};
    given_replies(replies);
    ck_assert_int_eq(contribute(3), STORE_BROKEN);
    ck_assert_ptr_nonnull(strstr(error.text, "READONLY"));
    ck_assert_int_eq(contribute(1), STORE_OK);
    ck_assert_uint_eq(redis_stub_connections(stub), 2);
    done();
}
END_TEST

START_TEST(a_full_server_keeps_its_connection) {
    static const char *const replies[] = {STORED, "-OOM command not allowed\r\n", STORED, STORED, NULL};
    given_replies(replies);
    ck_assert_int_eq(contribute(3), STORE_FULL);
    ck_assert_int_eq(contribute(1), STORE_OK);
    ck_assert_uint_eq(redis_stub_connections(stub), 1);
    ck_assert(errors("oom") == 1);
    done();
}
END_TEST

START_TEST(of_several_errors_the_gravest_is_reported) {
    static const char *const replies[] = {"-OOM full\r\n", "-ERR one\r\n", "-READONLY two\r\n", "-OOM again\r\n", NULL};
    given_replies(replies);
    ck_assert_int_eq(contribute(4), STORE_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "ERR one"));
    done();
}
END_TEST

#define NOSCRIPT "-NOSCRIPT No matching script. Please use EVAL.\r\n"

START_TEST(what_lacked_its_script_is_sent_again_and_nothing_else_is) {
    static const char *const replies[] = {STORED, NOSCRIPT, NEWER, NOSCRIPT, CLOSED, STORED, NULL};
    given_replies(replies);
    ck_assert_int_eq(contribute(4), STORE_OK);
    ck_assert_int_eq(parts[0].answer, STORE_STORED);
    ck_assert_int_eq(parts[1].answer, STORE_CLOSED); /* the first of those that were sent again */
    ck_assert_int_eq(parts[2].answer, STORE_NEWER);
    ck_assert_int_eq(parts[3].answer, STORE_STORED);
    ck_assert_uint_eq(redis_stub_connections(stub), 1);
    done();
}
END_TEST

START_TEST(a_script_that_is_gone_as_soon_as_it_was_loaded_breaks_the_call) {
    static const char *const replies[] = {NOSCRIPT, NOSCRIPT, NULL};
    given_replies(replies);
    ck_assert_int_eq(contribute(1), STORE_BROKEN);
    done();
}
END_TEST

START_TEST(a_connection_that_ends_while_scripts_are_sent_again_breaks_the_call) {
    static const char *const replies[] = {NOSCRIPT, NOSCRIPT, STORED, STUB_CLOSE, NULL};
    given_replies(replies);
    ck_assert_int_eq(contribute(2), STORE_BROKEN);
    done();
}
END_TEST

START_TEST(an_answer_that_no_script_gives_is_fatal) {
    static const char *const numbers[] = {":1\r\n", NULL};
    static const char *const words[] = {"$6\r\nother \r\n", NULL};
    static const char *const cut_short[] = {"$6\r\nstored\r\n", NULL};
    static const char *const too_many[] = {"$14\r\nstored stored \r\n", NULL};
    const char *const *all[] = {numbers, words, cut_short, too_many};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        given_replies(all[i]);
        ck_assert_int_eq(contribute(1), STORE_FATAL);
        done();
    }
}
END_TEST

#define TOKEN  "$5\r\ntoken\r\n$1\r\n1\r\n"
#define WRITES "$6\r\nwrites\r\n"
#define FENCE  "$9\r\nfence:a/0\r\n"
#define FENCED FENCE "$33\r\n000000000000000000000000000000001\r\n"
#define ITEMS  "$9\r\nitems:a/0\r\n$1\r\nx\r\n"

#define GOOD_HASH "*8\r\n" TOKEN WRITES "$1\r\n1\r\n" FENCED ITEMS

/* A hash that lost half a part must not look like a hash without that part: the list could become final. */
static const char *const foreign_hashes[] = {
    "*2\r\n$5\r\ntoken\r\n$40\r\n0000000000000000000000000000000000000000\r\n", /* a token of another length */
    "*4\r\n" TOKEN FENCE "$3\r\nxyz\r\n",
    "*4\r\n" TOKEN FENCED,
    "*4\r\n" TOKEN ITEMS,
    "*2\r\n$6\r\nmerged\r\n$1\r\n1\r\n", /* no token */
    "*1\r\n$5\r\ntoken\r\n",
    "$-1\r\n",
    "*4\r\n" TOKEN WRITES "$1\r\nx\r\n",
    "-WRONGTYPE Operation\r\n",
};

START_TEST(a_hash_that_is_not_ours_is_odd_and_the_others_are_read) {
    const char *replies[] = {"*0\r\n", foreign_hashes[_i], GOOD_HASH, "$-1\r\n", NULL};
    struct store_hash hashes[] = {{.location = {"US", 2}, .minute = 1}, {.location = {"JP", 2}, .minute = 1}};
    struct store_lists_read reading = {.hashes = hashes, .hashes_n = 2};
    given_replies(replies);
    news[0] = '\0';
    ck_assert_int_eq(store.ops->lists_read(store.self, &reading, &error), STORE_OK);
    ck_assert(hashes[0].odd && !hashes[0].exists && hashes[0].parts_n == 0);
    ck_assert(!hashes[1].odd && hashes[1].exists && hashes[1].parts_n == 1);
    ck_assert_ptr_nonnull(strstr(news, "topk:{US}:part:1970-01-01T00:01"));
    store_lists_read_deinit(&reading);
    done();
}
END_TEST

START_TEST(another_life_after_the_hashes_is_noticed) {
    static const char *const replies[] = {"*2\r\n$4\r\nlife\r\n$2\r\naa\r\n", "*0\r\n", "$2\r\nbb\r\n", NULL};
    struct store_hash hash = {.location = {"US", 2}, .minute = 1};
    struct store_lists_read reading = {.hashes = &hash, .hashes_n = 1};
    given_replies(replies);
    ck_assert_int_eq(store.ops->lists_read(store.self, &reading, &error), STORE_OK);
    ck_assert(reading.life_changed && !hash.exists);
    store_lists_read_deinit(&reading);
    done();
}
END_TEST

START_TEST(a_note_that_nobody_can_read_is_skipped) {
    static const char *const replies[] = {"*4\r\n$4\r\nwhat\r\n$1\r\n1\r\n$19\r\nUS|2026-11-21T19:08\r\n$1\r\n2\r\n",
                                          NULL};
    struct store_notes notes = {0};
    given_replies(replies);
    ck_assert_int_eq(store.ops->notes_read(store.self, (uint32_t[]){3}, 1, 0, &notes, &error), STORE_OK);
    ck_assert_uint_eq(notes.n, 1);
    ck_assert_str_eq(notes.notes[0].location, "US");
    ck_assert_uint_eq(notes.notes[0].shard, 3);
    store_notes_deinit(&notes);
    done();
}
END_TEST

/* -- which servers are let in -- */

START_TEST(a_replica_is_not_written_to) {
    given_with((struct redis_stub_options){.role = "slave"}, false, CALL_TIMEOUT_MS);
    ck_assert_int_eq(contribute(1), STORE_BROKEN);
    ck_assert(errors("readonly") == 1);
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_BROKEN);
    ck_assert_uint_eq(redis_stub_connections(stub), 2);
    done();
}
END_TEST

/* A person must change the setting, so it ends with 2; and it must not come as far as a write. */
START_TEST(a_node_of_a_cluster_is_refused_before_any_write) {
    static const char *const modes[] = {"cluster", "sentinel"};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        given_with((struct redis_stub_options){.mode = modes[i]}, true, CALL_TIMEOUT_MS);
        ck_assert_int_eq(contribute(1), STORE_FATAL);
        ck_assert_int_eq(error.code, ERR_INVALID);
        ck_assert_ptr_nonnull(strstr(error.text, modes[i]));
        done();
    }
}
END_TEST

START_TEST(a_server_that_refuses_writes_is_not_up) {
    static const char *const refusals[] = {"-MISCONF Redis is configured to save RDB snapshots\r\n",
                                           "-NOREPLICAS Not enough good replicas to write.\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        given_with((struct redis_stub_options){.refuses = refusals[i]}, false, CALL_TIMEOUT_MS);
        ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_BROKEN);
        ck_assert_int_eq(error.code, ERR_REFUSED);
        done();
    }
}
END_TEST

START_TEST(an_evicting_server_is_refused_with_the_remedy) {
    static const char *const policies[] = {"allkeys-lru", "volatile-ttl", "noevictionx", ""};
    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        given_with((struct redis_stub_options){.policy = policies[i]}, false, CALL_TIMEOUT_MS);
        ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_FATAL);
        ck_assert_int_eq(error.code, ERR_INVALID);
        ck_assert_ptr_nonnull(strstr(error.text, "TOPKD_ALLOW_EVICTION=1"));
        ck_assert_ptr_nonnull(strstr(error.text, policies[i]));
        done();
    }
}
END_TEST

START_TEST(an_evicting_server_is_used_when_that_was_asked_for) {
    static const char *const replies[] = {STORED, NULL};
    given_with((struct redis_stub_options){.policy = "allkeys-lru", .replies = replies}, true, CALL_TIMEOUT_MS);
    ck_assert_int_eq(contribute(1), STORE_OK);
    done();
}
END_TEST

START_TEST(nobody_there_is_broken_and_never_waits_long) {
    struct redis_options o = {
        .url = "unix:///nonexistent/redis.sock", .board = "topk", .group = "g", .retention_ms = 1000};
    metrics = metrics_create();
    ck_assert_int_eq(redis_store_create(&o, metrics, &store, &error), ERR_OK);
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_BROKEN);
    ck_assert_ptr_nonnull(strstr(error.text, "/nonexistent/redis.sock"));
    ck_assert(errors("connection") == 1 && reconnects() == 0);
    redis_store_destroy(&store);
    metrics_destroy(metrics);
}
END_TEST

/* -- interrupt -- */

static void *interrupter(void *arg) {
    (void)arg;
    redis_stub_await(stub, 1); /* the call waits for its answer */
    redis_store_interrupt(&store);
    return NULL;
}

START_TEST(an_interrupt_ends_a_call_that_waits) {
    static const char *const replies[] = {STUB_HANG, NULL};
    given_with((struct redis_stub_options){.replies = replies}, false, LONG_MS);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, interrupter, NULL), 0);
    int64_t start_ms = clock_mono_ms(&clock_system);
    ck_assert_int_eq(contribute(1), STORE_BROKEN);
    ck_assert_int_lt(clock_mono_ms(&clock_system) - start_ms, LONG_MS / 2);
    pthread_join(thread, NULL);
    done();
}
END_TEST

/* A thread that is told to end must not connect again and wait for another answer. */
START_TEST(after_an_interrupt_every_call_ends_at_once) {
    static const char *const replies[] = {NULL};
    given_replies(replies);
    redis_store_interrupt(&store);
    ck_assert_int_eq(contribute(1), STORE_BROKEN);
    ck_assert_int_eq(contribute(1), STORE_BROKEN);
    done();
}
END_TEST

Suite *redis_errors_suite(void);
Suite *redis_errors_suite(void) {
    Suite *s = suite_create("redis_errors");
    TCase *c = tcase_create("meaning");
    tcase_add_loop_test(c, an_error_reply_means, 0, ARRAY_LEN(meanings));
    tcase_add_test(c, only_what_lies_at_a_key_is_the_matter_of_that_key);
    tcase_add_test(c, an_answer_of_a_script_names_its_key);
    tcase_add_test(c, the_gravest_status_wins);
    suite_add_tcase(s, c);
    c = tcase_create("calls");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_closed_connection_breaks_one_call_and_the_next_connects_again);
    tcase_add_test(c, no_answer_in_time_breaks_the_call);
    tcase_add_test(c, an_answer_cut_short_breaks_the_call);
    tcase_add_test(c, what_is_no_redis_protocol_breaks_the_call);
    tcase_add_test(c, a_refusing_server_is_left_after_all_its_replies_were_read);
    tcase_add_test(c, a_full_server_keeps_its_connection);
    tcase_add_test(c, of_several_errors_the_gravest_is_reported);
    tcase_add_test(c, what_lacked_its_script_is_sent_again_and_nothing_else_is);
    tcase_add_test(c, a_script_that_is_gone_as_soon_as_it_was_loaded_breaks_the_call);
    tcase_add_test(c, a_connection_that_ends_while_scripts_are_sent_again_breaks_the_call);
    tcase_add_test(c, an_answer_that_no_script_gives_is_fatal);
    tcase_add_loop_test(c, a_hash_that_is_not_ours_is_odd_and_the_others_are_read, 0, ARRAY_LEN(foreign_hashes));
    tcase_add_test(c, another_life_after_the_hashes_is_noticed);
    tcase_add_test(c, a_note_that_nobody_can_read_is_skipped);
    suite_add_tcase(s, c);
    c = tcase_create("servers");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_replica_is_not_written_to);
    tcase_add_test(c, a_node_of_a_cluster_is_refused_before_any_write);
    tcase_add_test(c, a_server_that_refuses_writes_is_not_up);
    tcase_add_test(c, an_evicting_server_is_refused_with_the_remedy);
    tcase_add_test(c, an_evicting_server_is_used_when_that_was_asked_for);
    tcase_add_test(c, nobody_there_is_broken_and_never_waits_long);
    tcase_add_test(c, an_interrupt_ends_a_call_that_waits);
    tcase_add_test(c, after_an_interrupt_every_call_ends_at_once);
    suite_add_tcase(s, c);
    return s;
}
