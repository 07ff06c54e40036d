/* unit/audit/check_audit_decode.c - the corners of the audit's grammar, and the time that hostile messages take. */
#include <string.h>
#include <time.h>

#include <check.h>

#include "base/buf.h"
#include "topkd-audit/decode.h"
#include "topkd-audit/field.h"
#include "topkd-audit/grammar.h"
#include "topkd-audit/moment.h"

static struct bytes text(const char *s) { return (struct bytes){s, strlen(s)}; }

/* -- the grammar --------------------------------------------------------------------------------------------------- */

/* How much of IN the walk from its first byte takes; 0: it does not fit. */
static size_t whole(const char *in) { return grammar_whole(in, in + strlen(in)).n; }

START_TEST(an_object_ends_with_its_brace) {
    ck_assert_uint_eq(whole("{}x"), 2);
    ck_assert_uint_eq(whole("{ \r\n\t}"), 6);
    ck_assert_uint_eq(whole("{\"a\":1}{"), 7);
    ck_assert_uint_eq(whole("{ \"a\" : 1 , \"b\" : [ ] }"), 23);
    ck_assert_uint_eq(whole("{\"}\":\"{\"}"), 9);
}
END_TEST

START_TEST(what_is_no_object_is_none) {
    static const char *const odd[] = {"{",        "{]",         "{,}",         "{1}",         "{\"a\"}",
                                      "{\"a\":}", "{\"a\" 1}",  "{\"a\":1,}",  "{\"a\":1 2}", "{\"a\":1;\"b\":2}",
                                      "{a:1}",    "{\"a:1}",    "{\"a\":\"1}", "{\"a\":[1}",  "{\"a\":1\"b\":2}",
                                      "{:1}",     "{\"a\"::1}", "{\"a\":\1}",  "{\"a\":\"\\", "{\"a\":\"\\\"}"};
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) ck_assert_msg(whole(odd[i]) == 0, "taken: %s", odd[i]);
}
END_TEST

START_TEST(an_array_ends_with_its_bracket) {
    ck_assert_uint_eq(whole("[]]"), 2);
    ck_assert_uint_eq(whole("[1 , \"]\" , {}\n]"), 15);
    ck_assert_uint_eq(whole("[1,]"), 0);
    ck_assert_uint_eq(whole("[1}"), 0);
    ck_assert_uint_eq(whole("[,1]"), 0);
}
END_TEST

START_TEST(into_a_container_nobody_looks) {
    ck_assert_uint_eq(whole("[[}]"), 4); /* its brackets are not compared */
    ck_assert_uint_eq(whole("[{1 2,,:::'a'}]"), 15);
    ck_assert_uint_eq(whole("[{\"]\" \"\\\"}\" }]"), 14);
    ck_assert_uint_eq(whole("[[]"), 0);
}
END_TEST

START_TEST(a_word_is_any_bytes_above_a_blank) {
    ck_assert_uint_eq(whole("[NaN,-,\x80\xff\x7f,1e999,'a']"), 21);
    ck_assert_uint_eq(whole("[a b]"), 0);
    ck_assert_uint_eq(whole("[a\x01]"), 0);
}
END_TEST

START_TEST(a_walk_tells_names_and_values_as_they_are_written) {
    const char *in = "{ \"a\\u0062\" : 1 , \"\":[ 2 ]}";
    struct walk w = walk_begin(in, in + strlen(in));
    ck_assert(walk_next(&w));
    ck_assert(w.name.n == 9 && memcmp(w.name.p, "\"a\\u0062\"", 9) == 0);
    ck_assert(w.value.n == 1 && *w.value.p == '1');
    ck_assert(walk_next(&w));
    ck_assert_uint_eq(w.name.n, 2);
    ck_assert(w.value.n == 5 && memcmp(w.value.p, "[ 2 ]", 5) == 0);
    ck_assert(!walk_next(&w));
    ck_assert(w.state == WALK_BEHIND && w.at == in + strlen(in) && w.n == 2);
    ck_assert(!walk_next(&w));
}
END_TEST

/* -- places -------------------------------------------------------------------------------------------------------- */

/* What FIELD finds in OBJECT: `none`, `broken`, or the token. */
static void expect_found(const char *field, const char *object, const char *want) {
    struct field f = field_of(field);
    struct bytes value;
    struct buf got = {0};
    if (!field_find(&f, text(object), &value))
        buf_add_str(&got, "broken");
    else if (value.p == NULL)
        buf_add_str(&got, "none");
    else
        buf_add(&got, value.p, value.n);
    ck_assert_msg(strcmp(buf_text(&got), want) == 0, "%s in %s is %s, not %s", field, object, buf_text(&got), want);
    buf_free(&got);
    field_deinit(&f);
}

START_TEST(a_field_is_found_where_its_text_says) {
    expect_found("a", "{\"a\":1}", "1");
    expect_found("a.b", "{\"a\":{\"b\":1},\"a.b\":2}", "2");
    expect_found("/a/b", "{\"a\":{\"b\":1},\"a.b\":2}", "1");
    expect_found("^/a", "{\"a\":1}", "1");
    expect_found("/~1/~0", "{\"/\":{\"~\":1}}", "1");
    expect_found("/~01", "{\"~1\":1}", "1");
    expect_found("/", "{\"\":1}", "1");
    expect_found("/a/1", "{\"a\":[5,6]}", "6");
    expect_found("/a/1", "{\"a\":{\"1\":7}}", "7");
    expect_found("/a/01", "{\"a\":[5,6]}", "none");
    expect_found("/a/-", "{\"a\":[5,6]}", "none");
    expect_found("/a/18446744073709551617", "{\"a\":[5,6]}", "none");
}
END_TEST

START_TEST(of_a_repeated_name_the_last_one_counts) {
    expect_found("a", "{\"a\":1,\"a\":2}", "2");
    expect_found("a", "{\"a\":1,\"\\u0061\":2}", "2");
    expect_found("/a/b", "{\"a\":{\"b\":1},\"a\":2}", "none");
    expect_found("/a/b", "{\"a\":{\"b\":1},\"a\":{}}", "none");
    expect_found("/a/b", "{\"a\":1,\"a\":{\"b\":2}}", "2");
}
END_TEST

START_TEST(a_container_on_the_way_must_fit) {
    expect_found("/a/b", "{\"a\":{\"b\":1,}}", "broken");
    expect_found("/a/b", "{\"a\":[1,]}", "broken");
    expect_found("/a/b", "{\"a\":{\"b\" 1},\"a\":2}", "broken");
    expect_found("/a/b", "{\"a\":{\"b\":{1}}}", "{1}");
    expect_found("/a/b", "{\"c\":{\"b\" 1}}", "none");
}
END_TEST

/* -- messages ------------------------------------------------------------------------------------------------------ */

static struct config *config;
static struct decode_rules *rules;

static void setup_with(const char *const *env) {
    struct buf problems = {0};
    ck_assert_msg(config_load(env, &config, &problems) == 0, "%s", buf_text(&problems));
    buf_free(&problems);
    rules = decode_rules_create(config);
}

static void setup(void) {
    static const char *const env[] = {"TOPKD_FIELD_ITEM=/a/b", NULL};
    setup_with(env);
}

static void setup_wrapper(void) {
    static const char *const env[] = {"TOPKD_EVENTS_AT=/events", "TOPKD_FIELD_ITEM=^/item", NULL};
    setup_with(env);
}

static void teardown(void) {
    decode_rules_destroy(rules);
    config_destroy(config);
}

struct tally {
    size_t n, outcomes[OUTCOMES];
    struct buf raws; /* each with a bar behind it */
};

static void tally_take(void *self, const struct judgement *j) {
    struct tally *t = self;
    t->n++;
    t->outcomes[j->outcome]++;
    buf_add(&t->raws, j->raw.p, j->raw.n);
    buf_add_byte(&t->raws, '|');
}

static struct tally tally_of(struct bytes message) {
    const struct record record = {.time_ms = 1, .value = message, .topic = "events"};
    struct tally t = {0};
    decode_message(rules, &record, tally_take, &t);
    return t;
}

static void expect_raws(const char *message, const char *want) {
    struct tally t = tally_of(text(message));
    ck_assert_str_eq(buf_text(&t.raws), want);
    buf_free(&t.raws);
}

START_TEST(an_event_is_told_as_it_is_written) {
    expect_raws(" {} ", "{}|");
    expect_raws("{}{ }", "{}|{ }|");
    expect_raws("[ {}, 5 ,{ } ]", "{}|5|{ }|");
    expect_raws("{}\n  rubbish here \r\n{}", "{}|rubbish here|{}|");
    expect_raws("[{},]", "[{},]|");
    expect_raws("  \n", "  \n|");
}
END_TEST

enum { MEGABYTE = 1 << 20 };

/* TIMES of PATTERN, up to a megabyte. */
static struct buf flood(const char *head, const char *pattern) {
    struct buf b = {0};
    buf_add_str(&b, head);
    while (b.len < MEGABYTE) buf_add_str(&b, pattern);
    return b;
}

static const struct {
    const char *head, *pattern;
} FLOODS[] = {{"", "{\"a\":[\n"},
              {"", "{\"a\":{\"b\":\n"},
              {"", "{\"a\":"},
              {"{\"a\":", "["},
              {"{\"a\":\"", "\\\""},
              {"", "\"\n"},
              {"", "{\"a\":\"\n"},
              {"[", "{\"a\":{\"b\":1}},"},
              {"[", "[{"},
              {"", "{\"a\":{\"b\":1}}"},
              {"", "{\"a\":{\"b\" 1}}\n"},
              {"{", "\"a\":{\"b\":1},"},
              {"{\"events\":[", "{\"x\":1},"},
              {"", "{\"events\":[{\n"},
              {"", "{\"events\":[1 2]}"},
              {"{\"item\":1,\"item\":", "{\"item\":"}};

/* A second is a hundred times of what it takes: what is not linear takes minutes. */
static void expect_quick(struct bytes message) {
    clock_t begin = clock();
    struct tally t = tally_of(message);
    ck_assert_double_lt((double)(clock() - begin) / CLOCKS_PER_SEC, 1.0);
    ck_assert_uint_gt(t.n, 0);
    buf_free(&t.raws);
}

START_TEST(hostile_megabytes_take_no_longer_than_others) {
    struct buf b = flood(FLOODS[_i].head, FLOODS[_i].pattern);
    expect_quick((struct bytes){b.data, b.len});
    buf_free(&b);
}
END_TEST

START_TEST(a_wrapper_of_many_events_is_looked_through_once) {
    struct buf b = flood("{\"events\":[{}", ",{\"x\":1}");
    buf_add_str(&b, "],\"item\":\"i\"}");
    expect_quick((struct bytes){b.data, b.len});
    struct tally t = tally_of((struct bytes){b.data, b.len});
    ck_assert_uint_gt(t.outcomes[OUTCOME_APPLIED], 100000);
    ck_assert_uint_eq(t.outcomes[OUTCOME_APPLIED], t.n);
    buf_free(&t.raws);
    buf_free(&b);
}
END_TEST

START_TEST(there_is_no_depth_that_is_too_deep) {
    struct buf b = flood("{\"a\":{\"b\":\"i\"},\"deep\":", "[");
    size_t deep = b.len - strlen("{\"a\":{\"b\":\"i\"},\"deep\":");
    for (size_t i = 0; i < deep; i++) buf_add_byte(&b, ']');
    buf_add_byte(&b, '}');
    struct tally t = tally_of((struct bytes){b.data, b.len});
    ck_assert_uint_eq(t.n, 1);
    ck_assert_uint_eq(t.outcomes[OUTCOME_APPLIED], 1);
    buf_free(&t.raws);
    buf_free(&b);
}
END_TEST

Suite *audit_decode_suite(void);
Suite *audit_decode_suite(void) {
    Suite *s = suite_create("audit_decode");
    TCase *c = tcase_create("grammar");
    tcase_add_test(c, an_object_ends_with_its_brace);
    tcase_add_test(c, what_is_no_object_is_none);
    tcase_add_test(c, an_array_ends_with_its_bracket);
    tcase_add_test(c, into_a_container_nobody_looks);
    tcase_add_test(c, a_word_is_any_bytes_above_a_blank);
    tcase_add_test(c, a_walk_tells_names_and_values_as_they_are_written);
    tcase_add_test(c, a_field_is_found_where_its_text_says);
    tcase_add_test(c, of_a_repeated_name_the_last_one_counts);
    tcase_add_test(c, a_container_on_the_way_must_fit);
    suite_add_tcase(s, c);
    c = tcase_create("messages");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, an_event_is_told_as_it_is_written);
    tcase_add_test(c, there_is_no_depth_that_is_too_deep);
    tcase_add_loop_test(c, hostile_megabytes_take_no_longer_than_others, 0, ARRAY_LEN(FLOODS));
    suite_add_tcase(s, c);
    c = tcase_create("wrappers");
    tcase_add_checked_fixture(c, setup_wrapper, teardown);
    tcase_add_test(c, a_wrapper_of_many_events_is_looked_through_once);
    tcase_add_loop_test(c, hostile_megabytes_take_no_longer_than_others, 0, ARRAY_LEN(FLOODS));
    suite_add_tcase(s, c);
    return s;
}
