/* unit/decode/check_decoder.c - how a message is split, and what a decoder and a batch keep from one to the next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/decoder.h"
#include "decode_given.h"

#define CAT        "{\"video_id\":\"cat\",\"ts\":1}"
#define DOG        "{\"video_id\":\"dog\",\"ts\":2}"
#define MAX_EVENTS 5

/* WANT: the outcomes, one letter each (A applied, M malformed, N no_item); RAWS: the bytes of each event. */
static const struct {
    const char *message, *want;
    const char *raws[MAX_EVENTS];
} messages[] = {
    /* one value, with white space or over several lines: the message is the event */
    {CAT, "A", {CAT}},
    {CAT "\n", "A", {CAT "\n"}},
    {" \r\n\t" CAT " \r\n\t", "A", {" \r\n\t" CAT " \r\n\t"}},
    {"{\n\"video_id\":\r\n\"cat\"\n}", "A", {"{\n\"video_id\":\r\n\"cat\"\n}"}},
    {"{}", "N", {"{}"}},
    /* no JSON, or none of an event's: one malformed event, the whole message */
    {"", "M", {""}},
    {" ", "M", {" "}},
    {"\n", "M", {"\n"}},
    {" \r\n\t\r\n ", "M", {" \r\n\t\r\n "}},
    {"1", "M", {"1"}},
    {"null", "M", {"null"}},
    {"\"cat\"", "M", {"\"cat\""}},
    {"cat", "M", {"cat"}},
    {"{", "M", {"{"}},
    {CAT CAT, "M", {CAT CAT}},
    {CAT " " CAT, "M", {CAT " " CAT}},
    {CAT "\r" CAT, "M", {CAT "\r" CAT}}, /* CR alone ends no line */
    {CAT ",", "M", {CAT ","}},
    {"\xef\xbb\xbf" CAT, "M", {"\xef\xbb\xbf" CAT}},
    {"\f" CAT, "M", {"\f" CAT}},
    {"\xc2\xa0" CAT, "M", {"\xc2\xa0" CAT}},
    /* lines */
    {CAT "\n" DOG, "AA", {CAT, DOG}},
    {CAT "\n" DOG "\n", "AA", {CAT, DOG}},
    {CAT "\r\n" DOG "\r\n", "AA", {CAT, DOG}},
    {CAT "\r\n" DOG "\r", "AA", {CAT, DOG}},
    {CAT "\r\r\n" DOG, "AA", {CAT "\r", DOG}}, /* one CR is the line's end, the other white space */
    {"\n\r\n" CAT "\n \t\r\n\n" DOG "\n\n", "AA", {CAT, DOG}},
    {" " CAT "\t\n " DOG, "AA", {" " CAT "\t", " " DOG}},
    {CAT "\nrubbish\n" DOG, "AMA", {CAT, "rubbish", DOG}},
    {CAT "\n1\nnull\n\"x\"\n{}", "AMMMN", {CAT, "1", "null", "\"x\"", "{}"}},
    {CAT "\n\f\n" DOG, "AMA", {CAT, "\f", DOG}}, /* a form feed is not white space */
    {"rubbish\n", "M", {"rubbish"}},
    {"\n\nrubbish", "M", {"rubbish"}},
    {"\xef\xbb\xbf" CAT "\n" DOG, "MA", {"\xef\xbb\xbf" CAT, DOG}},
    {CAT "\n" CAT DOG "\n" DOG, "AMA", {CAT, CAT DOG, DOG}},
    {"{\"video_id\":\n\"cat\",}", "MM", {"{\"video_id\":", "\"cat\",}"}}, /* a broken object over two lines is two */
    {CAT "\n{\n\"video_id\":1}", "AMM", {CAT, "{", "\"video_id\":1}"}},
    /* no arrays inside lines */
    {CAT "\n[" DOG "]", "AM", {CAT, "[" DOG "]"}},
    {CAT "\n[]\n" DOG, "AMA", {CAT, "[]", DOG}},
    {CAT "\n [" DOG "]\r\n", "AM", {CAT, " [" DOG "]"}},
    /* arrays */
    {"[]", "", {NULL}},
    {" \r\n\t[ \r\n\t] \r\n\t", "", {NULL}},
    {"[" CAT "]", "A", {CAT}},
    {"[" CAT "," DOG "]", "AA", {CAT, DOG}},
    {"\n [ " CAT " ,\n" DOG " ] \n", "AA", {CAT, DOG}},
    {"[1," CAT ",null,\""
     "],["
     "\"," DOG "]",
     "MAMMA",
     {"1", CAT, "null", "\"],[\"", DOG}},
    {"[[" CAT "],{}]", "MN", {"[" CAT "]", "{}"}},
    {"[{\"video_id\":\"],}\\\"\"} , [ 1,[ ]] , -1.5e3 ]", "AMM", {"{\"video_id\":\"],}\\\"\"}", "[ 1,[ ]]", "-1.5e3"}},
    /* what begins with '[' is an array or nothing, lines or not */
    {"[", "M", {"["}},
    {"[" CAT ",]", "M", {"[" CAT ",]"}},
    {"[" CAT "," DOG, "M", {"[" CAT "," DOG}},
    {"[" CAT "] x", "M", {"[" CAT "] x"}},
    {"[" CAT "]\n[" DOG "]", "M", {"[" CAT "]\n[" DOG "]"}},
    {" [1\n" CAT "\n" DOG, "M", {" [1\n" CAT "\n" DOG}},
    {"[" CAT ",{\"video_id\":\"\xff\"}]", "M", {"[" CAT ",{\"video_id\":\"\xff\"}]"}},
};

static char letter(enum event_outcome o) { return o == EVENT_APPLIED ? 'A' : o == EVENT_MALFORMED ? 'M' : 'N'; }

START_TEST(a_message_is_split_as_the_design_says) {
    const char *message = messages[_i].message, *want = messages[_i].want;
    struct decoded d = decoded_text(message);
    ck_assert_msg(d.batch.n == strlen(want), "'%s' has %zu events, wanted '%s'", message, d.batch.n, want);
    for (size_t i = 0; i < d.batch.n; i++) {
        const struct event *ev = &d.batch.events[i];
        const char *raw = messages[_i].raws[i];
        ck_assert_msg(letter(ev->outcome) == want[i], "'%s': event %zu is %s", message, i, decoded_line(&d, i));
        ck_assert_msg(ev->raw.n == strlen(raw) && memcmp(ev->raw.p, raw, ev->raw.n) == 0,
                      "'%s': event %zu is the bytes '%.*s', wanted '%s'", message, i, (int)ev->raw.n, ev->raw.p, raw);
    }
    decoded_free(&d);
}
END_TEST

START_TEST(no_message_at_all_is_a_tombstone) {
    struct decoded d = decoded_with(given_rules(), NULL, 0, RECORD_TIME_MS);
    ck_assert_uint_eq(d.batch.n, 1);
    ck_assert_int_eq(d.batch.events[0].outcome, EVENT_TOMBSTONE);
    ck_assert_ptr_null(d.batch.events[0].raw.p);
    decoded_free(&d);
}
END_TEST

START_TEST(nul_bytes_are_no_json) {
    static const char inside[] = "{\"video_id\":\"a\0b\"}", behind[] = CAT "\0", between[] = CAT "\n\0\n" DOG;
    struct decoded d = decoded_with(given_rules(), inside, sizeof inside - 1, RECORD_TIME_MS);
    ck_assert_str_eq(decoded_line(&d, 0), "malformed - - -1 0 @0+18");
    decoded_free(&d);
    d = decoded_with(given_rules(), behind, sizeof behind - 1, RECORD_TIME_MS);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "malformed - - -1 0");
    decoded_free(&d);
    d = decoded_with(given_rules(), between, sizeof between - 1, RECORD_TIME_MS);
    ck_assert_uint_eq(d.batch.n, 3);
    ck_assert_str_eq(decoded_line(&d, 1), "malformed - - -1 0 @26+1");
    ck_assert_str_eq(decoded_line_without_raw(&d, 2), "applied dog - 2000 1");
    decoded_free(&d);
}
END_TEST

/* An object whose values are DEPTH arrays, one in the other. */
static char *nested(int depth) {
    char *text = malloc((size_t)depth * 2 + 64), *p = text;
    ck_assert_ptr_nonnull(text);
    p += sprintf(p, "{\"video_id\":\"deep\",\"x\":");
    memset(p, '[', (size_t)depth);
    memset(p + depth, ']', (size_t)depth);
    strcpy(p + 2 * depth, "}");
    return text;
}

/* jansson's limit is 2048 levels; beyond it nothing may happen but a verdict. */
START_TEST(depth_has_a_limit_and_no_danger) {
    static const struct {
        int depth;
        const char *want;
    } depths[] = {
        {2047, "applied deep - 1763751600123 1"}, {2048, "malformed - - -1 0"}, {200000, "malformed - - -1 0"}};
    for (size_t i = 0; i < ARRAY_LEN(depths); i++) {
        char *text = nested(depths[i].depth);
        struct decoded d = decoded_text(text);
        ck_assert_str_eq(decoded_line_without_raw(&d, 0), depths[i].want);
        decoded_free(&d);
        free(text);
    }
}
END_TEST

/* N events, as lines or as an array, with texts of their own each. */
static char *many(int n, bool lines, size_t *len) {
    size_t size = (size_t)n * 64 + 3;
    char *text = malloc(size), *p = text;
    ck_assert_ptr_nonnull(text);
    p += sprintf(p, "%s", lines ? "" : "[");
    for (int i = 0; i < n; i++)
        p += sprintf(p, "%s{\"video_id\":\"item-%d\",\"location\":\"L%d\",\"ts\":%d}",
                     i == 0  ? ""
                     : lines ? "\n"
                             : ",",
                     i, i % 7, i);
    p += sprintf(p, "%s", lines ? "" : "]");
    *len = (size_t)(p - text);
    return text;
}

static void expect_many(const struct event_batch *b, int n) {
    ck_assert_uint_eq(b->n, n);
    for (int i = 0; i < n; i++) {
        char item[32], location[32];
        snprintf(item, sizeof item, "item-%d", i);
        snprintf(location, sizeof location, "L%d", i % 7);
        const struct event *ev = &b->events[i];
        ck_assert_uint_eq(ev->item.n, strlen(item));
        ck_assert_mem_eq(ev->item.p, item, ev->item.n);
        ck_assert_uint_eq(ev->location.n, strlen(location));
        ck_assert_mem_eq(ev->location.p, location, ev->location.n);
        ck_assert_int_eq(ev->time_ms, i * 1000);
    }
}

START_TEST(all_texts_of_a_large_batch_are_there_together) {
    enum { N = 5000 };
    size_t len;
    char *text = many(N, _i == 1, &len);
    struct decoded d = decoded_with(given_rules(), text, len, RECORD_TIME_MS);
    expect_many(&d.batch, N);
    decoded_free(&d);
    free(text);
}
END_TEST

START_TEST(a_batch_is_used_again_with_the_memory_it_has) {
    enum { N = 3000 };
    size_t len;
    char *text = many(N, false, &len);
    struct event_batch b;
    struct decoder *decoder = decoder_create(given_rules());
    event_batch_init(&b);
    decoder_decode(decoder, &(struct message){.value = {text, len}, .time_ms = RECORD_TIME_MS}, &b);
    const struct event *events = b.events;
    const char *last = b.events[N - 1].item.p;
    decoder_decode(decoder, &(struct message){.value = {CAT, strlen(CAT)}, .time_ms = RECORD_TIME_MS}, &b);
    ck_assert_uint_eq(b.n, 1);
    ck_assert_mem_eq(b.events[0].item.p, "cat", 3);
    decoder_decode(decoder, &(struct message){.value = {text, len}, .time_ms = RECORD_TIME_MS}, &b);
    expect_many(&b, N);
    ck_assert_ptr_eq(b.events, events);
    ck_assert_ptr_eq(b.events[N - 1].item.p, last);
    decoder_decode(decoder, &(struct message){.value = {"[]", 2}, .time_ms = RECORD_TIME_MS}, &b);
    ck_assert_uint_eq(b.n, 0);
    event_batch_deinit(&b);
    decoder_destroy(decoder);
    free(text);
}
END_TEST

/* Goal: what one decoder has learnt is no other's, and a batch is nobody's.
 * Method: two decoders of other names take turns with one message and one batch, for longer than a form needs. */
START_TEST(one_batch_serves_several_decoders) {
    static const char text[] = "{\"video_id\":\"cat\",\"song\":\"s\",\"ts\":1}";
    struct event_rules songs = *given_rules();
    songs.fields[EVENT_FIELD_ITEM] = "song";
    struct decoder *decoders[] = {decoder_create(given_rules()), decoder_create(&songs)};
    struct event_batch b;
    event_batch_init(&b);
    for (int i = 0; i < 4; i++) {
        decoder_decode(decoders[i % 2], &(struct message){.value = {text, sizeof text - 1}}, &b);
        ck_assert_uint_eq(b.n, 1);
        ck_assert_uint_eq(b.events[0].item.n, i % 2 ? 1 : 3);
        ck_assert_mem_eq(b.events[0].item.p, i % 2 ? "s" : "cat", b.events[0].item.n);
    }
    event_batch_deinit(&b);
    for (size_t i = 0; i < ARRAY_LEN(decoders); i++) decoder_destroy(decoders[i]);
}
END_TEST

START_TEST(a_decoder_keeps_the_rules_it_was_made_with) {
    struct event_rules rules = *given_rules();
    struct decoder *decoder = decoder_create(&rules);
    struct event_batch b;
    event_batch_init(&b);
    rules.fields[EVENT_FIELD_ITEM] = "song";
    rules.has_global = false;
    for (int i = 0; i < 2; i++) {
        decoder_decode(decoder, &(struct message){.value = {CAT, strlen(CAT)}, .time_ms = RECORD_TIME_MS}, &b);
        ck_assert_int_eq(b.events[0].outcome, EVENT_APPLIED);
    }
    event_batch_deinit(&b);
    decoder_destroy(decoder);
    decoder_destroy(NULL);
}
END_TEST

Suite *decoder_suite(void);
Suite *decoder_suite(void) {
    Suite *s = suite_create("decoder");
    TCase *c = tcase_create("messages");
    tcase_add_loop_test(c, a_message_is_split_as_the_design_says, 0, ARRAY_LEN(messages));
    tcase_add_test(c, no_message_at_all_is_a_tombstone);
    tcase_add_test(c, nul_bytes_are_no_json);
    tcase_add_test(c, depth_has_a_limit_and_no_danger);
    tcase_add_loop_test(c, all_texts_of_a_large_batch_are_there_together, 0, 2);
    tcase_add_test(c, a_batch_is_used_again_with_the_memory_it_has);
    tcase_add_test(c, one_batch_serves_several_decoders);
    tcase_add_test(c, a_decoder_keeps_the_rules_it_was_made_with);
    suite_add_tcase(s, c);
    return s;
}
