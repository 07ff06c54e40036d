/* unit/topkd/check_judge_reason.c - a person is told why an event became what the decoder says. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/clock.h"
#include "protocol/words.h"
#include "topkd/judge_reason.h"
#include "topkd/judge_verdict.h"

Suite *judge_reason_suite(void);

#define RECORD_TIME_MS INT64_C(1795320676091) /* 2026-11-22T04:11:16.091Z */

static struct buf told;

/* -- the words ----------------------------------------------------------------------------------- */

static struct bytes place_header(void *self, const char *name) {
    (void)self;
    return strcmp(name, "place") == 0 ? (struct bytes){"US", 2} : (struct bytes){NULL, 0};
}

static const char *place_header_name(void *self, size_t i) {
    static const char *const names[] = {"place", "trace id"};
    (void)self;
    return i < ARRAY_LEN(names) ? names[i] : NULL;
}

static const char *no_header_name(void *self, size_t i) {
    (void)self, (void)i;
    return NULL;
}

static const char *many_header_name(void *self, size_t i) {
    (void)self;
    return i < 11 ? "h" : NULL;
}

static void event_tell(const struct judge_verdict *v, const struct judge_record *r, const struct event *ev) {
    struct judge_places places;
    struct judge_tree *tree = judge_tree_create();
    struct event_arena *texts = event_arena_create();
    judge_places_init(&places, &v->rules);
    struct judge_cursor cursor = {.root = judge_tree_read(tree, r->message.value)};
    struct judge_scene scene = judge_scene_next(&cursor, &r->message, &places, ev->raw);
    struct judge_case c = {.rules = &v->rules,
                           .places = &places,
                           .message = &r->message,
                           .header_name = r->header_name,
                           .scene = scene,
                           .root = cursor.root,
                           .tree = tree,
                           .texts = texts,
                           .event = ev,
                           .future_text = "1m",
                           .lateness_text = "1m",
                           .log_ms = r->before_ms};
    if (told.len > 0) buf_add_byte(&told, '\n');
    buf_add_str(&told, event_outcome_name(ev->outcome));
    judge_reason_write(&c, &told);
    event_arena_destroy(texts);
    judge_tree_destroy(tree);
}

/* A line for each event of R, by the settings ENVP. */
static const char *tell_record(const char *const *envp, const struct judge_record *r) {
    struct config *c = NULL;
    struct buf problems = {0};
    struct judge_verdict v;
    ck_assert_msg(config_load(envp, &c, &problems) == 0, "%s", buf_text(&problems));
    buf_clear(&told);
    judge_verdict_init(&v, c);
    judge_verdict_take(&v, r);
    for (size_t i = 0; i < v.batch.n; i++) event_tell(&v, r, &v.batch.events[i]);
    judge_verdict_deinit(&v);
    config_destroy(c);
    buf_free(&problems);
    return buf_text(&told);
}

static const char *(*header_name)(void *self, size_t i); /* NULL: standard input */

/* The message ends where its memory ends, so that a sanitizer sees a look beyond it. */
static const char *tell_bytes(const char *const *envp, const char *p, size_t n) {
    char *copy = malloc(n > 0 ? n : 1);
    memcpy(copy, p, n);
    struct judge_record r = {
        .message = {.value = {copy, n}, .topic = "events", .time_ms = RECORD_TIME_MS, .header = place_header},
        .header_name = header_name,
        .line = 1,
        .before_ms = RECORD_TIME_MS};
    const char *text = tell_record(envp, &r);
    free(copy);
    return text;
}

#define WITH(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect_with(const char *const *envp, const char *message, const char *want) {
    ck_assert_str_eq(tell_bytes(envp, message, strlen(message)), want);
}

static void expect(const char *message, const char *want) { expect_with(WITH(NULL), message, want); }

/* -- applied ------------------------------------------------------------------------------------- */

START_TEST(what_is_applied_is_told_with_what_it_counts_for) {
    expect("{\"video_id\":\"a b\",\"location\":\"US\",\"ts\":1795320676}",
           "applied item=\"a b\" location=US minute=2026-11-22T04:11 weight=1");
    expect_with(WITH("TOPKD_WEIGHTS=like=4", "TOPKD_FIELD_ID=id"),
                "[{\"video_id\":7,\"location\":\"US\",\"ts\":1795320676,\"type\":\"like\",\"id\":\"x1\"},"
                "{\"video_id\":8,\"location\":\"US\",\"ts\":1795320676}]",
                "applied item=7 location=US minute=2026-11-22T04:11 weight=4 id=x1\n"
                "applied item=8 location=US minute=2026-11-22T04:11 weight=1 id=-");
}
END_TEST

START_TEST(what_was_taken_from_elsewhere_is_said) {
    expect("{\"video_id\":1,\"location\":null}",
           "applied item=1 location=- minute=2026-11-22T04:11 weight=1 (\"location\" is null: counts in TOPKD_GLOBAL "
           "only; time from the record)");
    expect("{\"video_id\":1,\"location\":\"\",\"ts\":1795320676}",
           "applied item=1 location=- minute=2026-11-22T04:11 weight=1 (an empty location: counts in TOPKD_GLOBAL "
           "only)");
    expect_with(WITH("TOPKD_FIELD_LOCATION=@header:place", "TOPKD_FIELD_ITEM=@topic"), "{\"ts\":1795320676}",
                "applied item=events location=US minute=2026-11-22T04:11 weight=1");
}
END_TEST

START_TEST(a_time_without_zone_is_said_to_be_read_as_the_zone_set) {
    expect("{\"video_id\":1,\"location\":\"US\",\"ts\":\"2026-11-22 04:11:16\"}",
           "applied item=1 location=US minute=2026-11-22T04:11 weight=1 (no zone: read as UTC)");
    expect_with(WITH("TOPKD_TIME_ZONE=+02:00"), "{\"video_id\":1,\"location\":\"US\",\"ts\":[2026,11,22,4,11]}",
                "applied item=1 location=US minute=2026-11-22T02:11 weight=1 (no zone: read as +02:00)");
    expect_with(WITH("TOPKD_TIME_ZONE=none"), "{\"video_id\":1,\"location\":\"US\",\"ts\":\"2026-11-22 04:11:16\"}",
                "bad_time: \"ts\" is \"2026-11-22 04:11:16\": expected a zone, because TOPKD_TIME_ZONE is none: set "
                "TOPKD_TIME_ZONE to that of the times");
}
END_TEST

/* -- fields that are absent ---------------------------------------------------------------------- */

START_TEST(an_absent_item_is_told_with_what_is_there) {
    expect("{\"id\":1,\"country\":\"US\"}",
           "no_item: no field \"video_id\"; there are id, country: set TOPKD_FIELD_ITEM");
    expect("{}", "no_item: no field \"video_id\"; the event is an empty object: set TOPKD_FIELD_ITEM");
    expect("{\"video_id\":null}", "no_item: \"video_id\" is null: set TOPKD_FIELD_ITEM");
    expect("{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,\"j\":0,\"k\":0,\"l\":0}",
           "no_item: no field \"video_id\"; there are a, b, c, d, e, f, g, h, i, j and 2 more: set TOPKD_FIELD_ITEM");
    expect_with(WITH("TOPKD_FIELD_ITEM=@key"), "{}",
                "no_item: no key on standard input, for only --topic sees keys "
                "and headers: use --topic, or set TOPKD_FIELD_ITEM");
    expect_with(WITH("TOPKD_FIELD_ITEM=@header:x"), "{}",
                "no_item: no header \"x\" on standard input, for only --topic "
                "sees keys and headers: use --topic, or set TOPKD_FIELD_ITEM");
}
END_TEST

START_TEST(an_absent_header_is_told_with_those_that_are_there) {
    header_name = place_header_name;
    expect_with(WITH("TOPKD_FIELD_ITEM=@key"), "{}", "no_item: no key: set TOPKD_FIELD_ITEM");
    expect_with(WITH("TOPKD_FIELD_ITEM=@header:x"), "{}",
                "no_item: no header \"x\", but place, \"trace id\": set TOPKD_FIELD_ITEM");
    expect_with(
        WITH("TOPKD_FIELD_LOCATION=@header:land"), "{\"video_id\":1,\"ts\":1795320676}",
        "applied item=1 location=- minute=2026-11-22T04:11 weight=1 (no header \"land\", but place, \"trace id\": "
        "counts in TOPKD_GLOBAL only)");
    header_name = no_header_name;
    expect_with(WITH("TOPKD_FIELD_ITEM=@header:x"), "{}",
                "no_item: no header \"x\", and no other: set TOPKD_FIELD_ITEM");
    header_name = many_header_name;
    expect_with(WITH("TOPKD_FIELD_ITEM=@header:x"), "{}",
                "no_item: no header \"x\", but h, h, h, h, h, h, h, h, h, h, ...: set TOPKD_FIELD_ITEM");
}
END_TEST

START_TEST(a_field_that_stands_deeper_is_pointed_at) {
    expect("{\"data\":[{\"x\":{\"video_id\":1}}]}",
           "no_item: no field \"video_id\"; it stands at /data/0/x/video_id: set TOPKD_FIELD_ITEM=/data/0/x/video_id");
}
END_TEST

START_TEST(a_path_is_followed_as_far_as_it_goes) {
    const char *const *envp = WITH("TOPKD_FIELD_ITEM=/data/sku");
    expect_with(envp, "{\"data\":{\"a\":1,\"b c\":2}}",
                "no_item: nothing at \"/data/sku\"; at \"/data\" there are a, \"b c\": set TOPKD_FIELD_ITEM");
    expect_with(envp, "{\"other\":{}}", "no_item: nothing at \"/data/sku\"; there are other: set TOPKD_FIELD_ITEM");
    expect_with(envp, "{\"data\":[1,2]}",
                "no_item: nothing at \"/data/sku\"; \"/data\" is an array of 2: set TOPKD_FIELD_ITEM");
    expect_with(envp, "{\"data\":\"text\"}",
                "no_item: nothing at \"/data/sku\"; \"/data\" is \"text\": set TOPKD_FIELD_ITEM");
    expect_with(envp, "{\"data\":{}}",
                "no_item: nothing at \"/data/sku\"; \"/data\" is an empty object: set TOPKD_FIELD_ITEM");
}
END_TEST

START_TEST(a_name_that_was_meant_as_a_path_is_written_as_one) {
    static const char *const texts[] = {"a.b", "$.a.b", "$a.b", "a/b", "a.b.0"};
    static const char *const wants[] = {"/a/b", "/a/b", "/a/b", "/a/b", "/a/b/0"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char setting[80], want[200];
        snprintf(setting, sizeof setting, "TOPKD_FIELD_ITEM=%s", texts[i]);
        snprintf(want, sizeof want, "no_item: no field \"%s\": write %s", texts[i], wants[i]);
        expect_with(WITH(setting), "{\"a\":{\"b\":[1]}}", want);
    }
    expect_with(WITH("TOPKD_FIELD_ITEM=a.b"), "{\"a\":{\"c\":1}}",
                "no_item: no field \"a.b\"; there are a: set TOPKD_FIELD_ITEM");
    expect_with(WITH("TOPKD_FIELD_ITEM=a.b"), "{\"a\":{\"b\":1},\"a.b\":null}",
                "no_item: \"a.b\" is null: set TOPKD_FIELD_ITEM");
    expect_with(WITH("TOPKD_FIELD_ITEM=a.b~"), "{\"a\":{\"b~\":1}}", "no_item: no field \"a.b~\": write /a/b~0");
    expect_with(
        WITH("TOPKD_FIELD_LOCATION=geo.c", "TOPKD_FIELD_TIME=meta.at"),
        "{\"video_id\":1,\"geo\":{\"c\":\"US\"},\"meta\":{\"at\":1}}",
        "applied item=1 location=- minute=2026-11-22T04:11 weight=1 (no field \"geo.c\": counts in TOPKD_GLOBAL "
        "only, write /geo/c; time from the record, write /meta/at)");
}
END_TEST

START_TEST(an_absent_location_is_told_where_there_is_no_global_list) {
    expect_with(WITH("TOPKD_GLOBAL="), "{\"video_id\":1}",
                "no_location: TOPKD_GLOBAL is empty, and no field \"location\"; there are video_id: set "
                "TOPKD_FIELD_LOCATION or TOPKD_GLOBAL");
    expect_with(WITH("TOPKD_GLOBAL="), "{\"video_id\":1,\"location\":\"\"}",
                "no_location: TOPKD_GLOBAL is empty, and \"location\" is empty: set TOPKD_GLOBAL");
}
END_TEST

START_TEST(a_wrapper_without_events_is_told_with_what_is_there) {
    const char *const *envp = WITH("TOPKD_EVENTS_AT=/records");
    expect_with(envp, "{\"events\":[],\"x\":1}",
                "no_events: nothing at \"/records\"; there are events, x: set TOPKD_EVENTS_AT, or leave it empty if an "
                "event comes alone");
    expect_with(envp, "{\"records\":5}",
                "no_events: \"/records\" is 5: expected an array of events: set TOPKD_EVENTS_AT");
    expect_with(envp, "{\"records\":[{\"video_id\":1,\"location\":\"x\",\"ts\":1795320676},{\"id\":2}]}",
                "applied item=1 location=x minute=2026-11-22T04:11 weight=1\n"
                "no_item: no field \"video_id\"; there are id: set TOPKD_FIELD_ITEM");
    expect_with(WITH("TOPKD_EVENTS_AT=/records", "TOPKD_FIELD_ITEM=^/a/b"), "{\"records\":[{}],\"a\":{\"c\":1}}",
                "no_item: nothing at \"^/a/b\"; at \"/a\" there are c: set TOPKD_FIELD_ITEM");
}
END_TEST

/* -- fields that are something else -------------------------------------------------------------- */

START_TEST(an_unfit_value_is_shown_with_what_was_expected) {
    expect("{\"video_id\":2.5,\"video_id\":1.5}",
           "bad_item: \"video_id\" is 1.5: expected a string of 1 to 256 bytes, or an integer: "
           "set TOPKD_FIELD_ITEM to a field that is one");
    expect("{\"video_id\":\"\\ud800\"}",
           "bad_item: \"video_id\" is \"\\ud800\", which is no valid text: expected a string of 1 to 256 bytes, or an "
           "integer: set TOPKD_FIELD_ITEM to a field that is one");
    expect("{\"video_id\":1,\"location\":{\"lat\":1}}",
           "bad_location: \"location\" is {\"lat\":1}: expected a string of up to 64 bytes without control characters, "
           "or an integer: set TOPKD_FIELD_LOCATION to a field that is one");
    expect("{\"video_id\":1,\"ts\":\"27.11.2026\"}",
           "bad_time: \"ts\" is \"27.11.2026\": expected unix time, or a date with a time of day like "
           "2026-11-27T17:00:00Z: set TOPKD_FIELD_TIME to a field that is one, or change the producer");
    expect_with(WITH("TOPKD_WEIGHTS=like=2"), "{\"video_id\":1,\"type\":[]}",
                "bad_type: \"type\" is []: expected a string of up to 256 bytes, or an integer: set TOPKD_FIELD_TYPE "
                "to a field that is one");
}
END_TEST

START_TEST(weightless_says_which_type) {
    expect_with(WITH("TOPKD_WEIGHTS=skip=0"), "{\"video_id\":1,\"type\":\"skip\"}",
                "weightless: its type \"skip\" weighs 0: see TOPKD_WEIGHTS");
    expect_with(WITH("TOPKD_WEIGHTS=like=1,*=0"), "{\"video_id\":1}",
                "weightless: it has no type, so it is a \"view\", which weighs 0: see TOPKD_WEIGHTS");
    expect_with(WITH("TOPKD_WEIGHTS=*=0"), "{\"video_id\":1,\"type\":3}",
                "weightless: every type weighs 0: see TOPKD_WEIGHTS");
}
END_TEST

START_TEST(long_and_odd_values_are_cut_and_escaped) {
    char message[2000], want[2000];
    snprintf(message, sizeof message, "{\"video_id\":\"%0300d\"}", 1);
    snprintf(want, sizeof want,
             "bad_item: \"video_id\" is \"%059d... (302 bytes): expected a string of 1 to 256 bytes, or an integer: "
             "set TOPKD_FIELD_ITEM to a field that is one",
             0);
    expect(message, want);
    expect("{\"\x1b[2J\":1,\"\xc3\xa9\":2}",
           "no_item: no field \"video_id\"; there are \"\\x1b[2J\", \"\\xc3\\xa9\": set "
           "TOPKD_FIELD_ITEM");
}
END_TEST

/* -- bytes that are no event --------------------------------------------------------------------- */

START_TEST(what_is_malformed_is_told_where_it_breaks) {
    static const struct {
        const char *message, *want;
    } rows[] = {
        {"x", "at byte 1 of 1: expected '{', got x"},
        {"\"text\"", "at byte 1 of 6: expected '{', got \"text\""},
        {"{\"a\" 1}", "at byte 6 of 7: expected ':', got 1}"},
        {"{\"a\":}", "at byte 6 of 6: expected a value, got }"},
        {"{\"a\":1 \"b\":2}", "at byte 8 of 13: expected ',' or '}', got \"b\":2}"},
        {"{\"a\":1,}", "at byte 8 of 8: expected a name in quotes, got }"},
        {"{a:1}", "at byte 2 of 5: expected a name in quotes or '}', got a:1}"},
        {"{\"a\":1", "behind byte 6: expected ',' or '}', got nothing more"},
        {"{\"a\":\"b", "behind byte 7: expected the end of the string that begins at byte 6, got nothing more"},
        {"{\"a\":[{}", "behind byte 8: expected the end of the object or array that begins at byte 6, got nothing "
                       "more"},
        {"[{},]", "at byte 5 of 5: expected a value, got ]"},
        {"[{}] x", "at byte 6 of 6: expected nothing behind the array, got x"},
        {"[{\"a\"}]", "at byte 6 of 7: expected ':', got }]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf want = {0};
        buf_addf(&want, "malformed: %s: change the producer", rows[i].want);
        expect(rows[i].message, buf_text(&want));
        buf_free(&want);
    }
}
END_TEST

START_TEST(a_way_that_breaks_is_told) {
    expect_with(WITH("TOPKD_FIELD_ITEM=/a/b"), "{\"a\":{\"b\" 1}}",
                "malformed: at byte 11 of 13: expected ':', got 1}}: change the producer");
    expect_with(WITH("TOPKD_FIELD_ITEM=/a/b"), "[{\"a\":{\"b\" 1}},{}]",
                "malformed: at byte 12 of 18: expected ':', got 1}},{}]: change the producer");
    const char *const *wrapped = WITH("TOPKD_EVENTS_AT=/e", "TOPKD_FIELD_ITEM=/a/b", "TOPKD_FIELD_LOCATION=^/w/x");
    expect_with(wrapped, "{\"e\":[{\"a\":1},{\"a\" 2}]}",
                "malformed: at byte 20 of 23: expected ':', got 2}]}: change the producer");
    expect_with(wrapped, "{\"e\":[{\"a\":{\"b\" 1}},{}]}",
                "malformed: at byte 17 of 24: expected ':', got 1}},{}]}: change the producer");
    expect_with(wrapped, "{\"e\":[],\"w\":{,}}",
                "malformed: at byte 14 of 16: expected a name in quotes or '}', got ,}}: change the producer");
    expect("[[],1]", "malformed: it is a JSON value, but no object: change the producer\n"
                     "malformed: at byte 1 of 1: expected '{', got 1: change the producer");
}
END_TEST

START_TEST(rest_of_a_message_is_told_by_itself) {
    expect("{\"video_id\":1,\"location\":\"x\",\"ts\":1795320676}\nnonsense\n",
           "applied item=1 location=x minute=2026-11-22T04:11 weight=1\n"
           "malformed: at byte 1 of 8: expected '{', got nonsense: change the producer");
    expect("x\n{\"id\":1}\ny", "malformed: at byte 1 of 1: expected '{', got x: change the producer\n"
                               "no_item: no field \"video_id\"; there are id: set TOPKD_FIELD_ITEM\n"
                               "malformed: at byte 1 of 1: expected '{', got y: change the producer");
}
END_TEST

START_TEST(other_formats_are_recognised) {
    ck_assert_str_eq(tell_bytes(WITH(NULL), "\0\0\0\1\2\4ab", 8),
                     "framed: it begins with byte 0 and is no JSON: Avro or Protobuf with schema id 258: use a JSON "
                     "serializer, because topkd reads JSON");
    ck_assert_str_eq(tell_bytes(WITH(NULL), "\0{\0\"", 4),
                     "framed: it begins with byte 0 and is no JSON: UTF-16: send UTF-8");
    ck_assert_str_eq(tell_bytes(WITH(NULL), "{\0\"\0", 4),
                     "malformed: it begins like UTF-16, not UTF-8: send JSON in UTF-8");
    ck_assert_str_eq(tell_bytes(WITH(NULL), "\x1f\x8b\x08", 3), "malformed: it begins like gzip: send JSON in UTF-8");
    ck_assert_str_eq(tell_bytes(WITH(NULL), "", 0), "malformed: it is empty: change the producer");
    ck_assert_str_eq(tell_bytes(WITH(NULL), " \n", 2), "malformed: it is empty: change the producer");
}
END_TEST

START_TEST(framed_json_is_looked_into) {
    ck_assert_str_eq(tell_bytes(WITH(NULL), "\0\0\0\0\7{\"id\":1}", 13),
                     "no_item: no field \"video_id\"; there are id: set TOPKD_FIELD_ITEM");
}
END_TEST

/* -- what a log says ----------------------------------------------------------------------------- */

static const char *tell_of_topic(const char *value, int64_t time_ms, int64_t before_ms) {
    struct judge_record r = {.message = {.topic = "events", .time_ms = time_ms}, .before_ms = before_ms};
    if (value != NULL) r.message.value = (struct bytes){value, strlen(value)};
    return tell_record(WITH(NULL), &r);
}

START_TEST(late_and_future_are_told_with_the_records_times) {
    const int64_t hour = 60 * MINUTE_MS;
    ck_assert_str_eq(
        tell_of_topic("{\"video_id\":1,\"ts\":1795320676}", RECORD_TIME_MS, RECORD_TIME_MS + hour),
        "late: its minute 2026-11-22T04:11 was closed, for records of 2026-11-22T05:11 stand before it and "
        "TOPKD_LATENESS is 1m: check TOPKD_TIME_ZONE, or raise TOPKD_LATENESS");
    ck_assert_str_eq(tell_of_topic("{\"video_id\":1,\"ts\":1795320676}", RECORD_TIME_MS - hour, TIME_NEVER),
                     "future: its time is 2026-11-22T04:11, but its record came at 2026-11-22T03:11, and TOPKD_FUTURE "
                     "is 1m: check TOPKD_TIME_ZONE, or raise TOPKD_FUTURE");
    ck_assert_str_eq(tell_of_topic(NULL, 1, TIME_NEVER), "tombstone: the message has no value: nothing is counted");
    ck_assert_str_eq(tell_of_topic("{\"video_id\":1}", -1, TIME_NEVER),
                     "bad_time: no field \"ts\", and the record has no time of the years 1970 to 9999: set "
                     "TOPKD_FIELD_TIME");
}
END_TEST

static void tear_down(void) {
    buf_free(&told);
    header_name = NULL;
}

Suite *judge_reason_suite(void) {
    Suite *suite = suite_create("judge_reason");
    TCase *t = tcase_create("reasons");
    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_test(t, what_is_applied_is_told_with_what_it_counts_for);
    tcase_add_test(t, what_was_taken_from_elsewhere_is_said);
    tcase_add_test(t, a_time_without_zone_is_said_to_be_read_as_the_zone_set);
    tcase_add_test(t, an_absent_item_is_told_with_what_is_there);
    tcase_add_test(t, a_field_that_stands_deeper_is_pointed_at);
    tcase_add_test(t, an_absent_header_is_told_with_those_that_are_there);
    tcase_add_test(t, a_path_is_followed_as_far_as_it_goes);
    tcase_add_test(t, a_name_that_was_meant_as_a_path_is_written_as_one);
    tcase_add_test(t, an_absent_location_is_told_where_there_is_no_global_list);
    tcase_add_test(t, a_wrapper_without_events_is_told_with_what_is_there);
    tcase_add_test(t, an_unfit_value_is_shown_with_what_was_expected);
    tcase_add_test(t, weightless_says_which_type);
    tcase_add_test(t, long_and_odd_values_are_cut_and_escaped);
    tcase_add_test(t, what_is_malformed_is_told_where_it_breaks);
    tcase_add_test(t, a_way_that_breaks_is_told);
    tcase_add_test(t, rest_of_a_message_is_told_by_itself);
    tcase_add_test(t, other_formats_are_recognised);
    tcase_add_test(t, framed_json_is_looked_into);
    tcase_add_test(t, late_and_future_are_told_with_the_records_times);
    suite_add_tcase(suite, t);
    return suite;
}
