/* unit/decode/check_decoder.c - how a message is split, and what a decoder and a batch keep from one to the next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <check.h>

#include "base/buf.h"
#include "decode/decoder.h"
#include "decode_given.h"

#define CAT        "{\"video_id\":\"cat\",\"ts\":1}"
#define DOG        "{\"video_id\":\"dog\",\"ts\":2}"
#define MARK       "\xef\xbb\xbf"
#define FRAME      "\0\0\0\1\7" /* a schema's number */
#define MAX_EVENTS 5

/* A literal may hold NULs. */
#define TEXT(literal)                                                                                                  \
    { literal, sizeof(literal) - 1 }

/* WANT: the outcomes, one letter each (A applied, M malformed, F framed, N no_item, B bad_item, E no_events); RAWS:
 * the bytes of each event. */
struct split {
    struct bytes message;
    const char *want;
    struct bytes raws[MAX_EVENTS];
};

/* What is one event by its only content, and has all of the message as its bytes. */
#define ALONE(want, literal)                                                                                           \
    {                                                                                                                  \
        TEXT(literal), want, { TEXT(literal) }                                                                         \
    }

static const struct split messages[] = {
    /* one object, with white space or over several lines */
    ALONE("A", CAT),
    ALONE("A", CAT "\n"),
    ALONE("A", " \r\n\t" CAT " \r\n\t"),
    ALONE("A", "{\n\"video_id\":\r\n\"cat\"\n}"),
    ALONE("N", "{}"),
    ALONE("N", " { } "),
    ALONE("N", "{\n\n}\n"),
    /* a byte order mark, once and at the very beginning */
    ALONE("A", MARK CAT),
    ALONE("A", MARK " \n" CAT "\n"),
    ALONE("M", MARK MARK CAT),
    ALONE("M", " " MARK CAT),
    ALONE("M", "\xef\xbb" CAT),
    ALONE("M", MARK),
    ALONE("M", MARK " \n"),
    {TEXT(MARK CAT "\n" DOG), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(MARK "[" CAT "]"), "A", {TEXT(CAT)}},
    {TEXT(CAT MARK CAT), "AM", {TEXT(CAT), TEXT(MARK CAT)}},
    /* a schema's frame: five bytes, then a bracket */
    ALONE("A", FRAME CAT),
    ALONE("A", "\0\"{[\n" CAT),
    ALONE("N", FRAME "{}"),
    {TEXT(FRAME CAT DOG), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(FRAME "[" CAT "]"), "A", {TEXT(CAT)}},
    {TEXT(FRAME "[]"), "", {TEXT("")}},
    ALONE("M", FRAME "{"),
    ALONE("M", FRAME "["),
    ALONE("M", FRAME "[" CAT),
    ALONE("F", FRAME " " CAT),
    ALONE("F", FRAME MARK CAT),
    ALONE("F", FRAME "\x02\x06"
                     "cat"),
    ALONE("F", FRAME),
    ALONE("F", "\0"),
    ALONE("F", "\0{\"video_id\":1}"),
    ALONE("F", "\0\0\0\0{\"video_id\":1}"),
    ALONE("F", "\0\0\0\0\0\0{\"video_id\":1}"),
    ALONE("M", MARK FRAME CAT),
    /* no object: one malformed event, the whole message */
    ALONE("M", ""),
    ALONE("M", " "),
    ALONE("M", "\n"),
    ALONE("M", " \r\n\t\r\n "),
    ALONE("M", "1"),
    ALONE("M", "null"),
    ALONE("M", "\"cat\""),
    ALONE("M", "cat"),
    ALONE("M", "  cat and dog \n"),
    ALONE("M", "\n\nrubbish"),
    ALONE("M", "rubbish\n"),
    ALONE("M", "{"),
    ALONE("M", "}"),
    ALONE("M", "]"),
    ALONE("M", "\f" CAT),
    ALONE("M", "\xc2\xa0" CAT),
    ALONE("M", "x" CAT),
    ALONE("M", "{\"video_id\":\"cat\",\"ts\":1]"),
    ALONE("M", "{\"video_id\":\"cat\" \"ts\":1}"),
    ALONE("M", "{\"video_id\":\"cat\",\"ts\" 1}"),
    ALONE("M", "{\"video_id\":\"cat\",ts:1}"),
    ALONE("M", "{\"video_id\":\"cat\",\"ts\":}"),
    ALONE("M", "{\"video_id\":\"cat\",}"),
    ALONE("M", "{,}"),
    ALONE("M", "{\"video_id\"}"),
    ALONE("M", "{\"video_id\":\"cat\"\0,\"ts\":1}"),
    ALONE("M", "{\"video_id\":\"cat\",\"ts\":1 2}"),
    ALONE("M", "{\"video_id\":\"cat\",\"x\":[}"),
    ALONE("M", "{\"video_id\":\"cat}"),
    ALONE("M", "{\"video_id\":\"cat\\\"}"),
    /* objects one behind the other, with white space or without */
    {TEXT(CAT DOG), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(CAT " " DOG), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(CAT "\r" DOG), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(CAT "\n" DOG), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(CAT "\r\n" DOG "\r\n"), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT("\n\r\n" CAT "\n \t\r\n\n" DOG "\n\n"), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(" " CAT "\t\n " DOG), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT("{}{}{}"), "NNN", {TEXT("{}"), TEXT("{}"), TEXT("{}")}},
    {TEXT("{\n}{\n\"video_id\":1\n}\n\n" CAT), "NAA", {TEXT("{\n}"), TEXT("{\n\"video_id\":1\n}"), TEXT(CAT)}},
    /* where none can be read, the rest is read by lines */
    {TEXT(CAT ","), "AM", {TEXT(CAT), TEXT(",")}},
    {TEXT(CAT "}"), "AM", {TEXT(CAT), TEXT("}")}},
    {TEXT(CAT " x \r"), "AM", {TEXT(CAT), TEXT("x")}},
    {TEXT(CAT "\0"), "AM", {TEXT(CAT), TEXT("\0")}},
    {TEXT(CAT "\n\0\n" DOG), "AMA", {TEXT(CAT), TEXT("\0"), TEXT(DOG)}},
    {TEXT(CAT "\nrubbish\n" DOG), "AMA", {TEXT(CAT), TEXT("rubbish"), TEXT(DOG)}},
    {TEXT("rubbish\n" CAT DOG), "MAA", {TEXT("rubbish"), TEXT(CAT), TEXT(DOG)}},
    {TEXT("rubbish " CAT "\n" DOG), "MA", {TEXT("rubbish " CAT), TEXT(DOG)}},
    {TEXT(CAT "\n1\nnull\n\"x\"\n{}"), "AMMMN", {TEXT(CAT), TEXT("1"), TEXT("null"), TEXT("\"x\""), TEXT("{}")}},
    {TEXT(CAT "\n\f\n" DOG), "AMA", {TEXT(CAT), TEXT("\f"), TEXT(DOG)}}, /* a form feed is not white space */
    {TEXT(CAT "\n" CAT ":" DOG "\n" DOG), "AAMA", {TEXT(CAT), TEXT(CAT), TEXT(":" DOG), TEXT(DOG)}},
    {TEXT("a\nb \n\n\t\nc"), "MMM", {TEXT("a"), TEXT("b"), TEXT("c")}},
    {TEXT("a\n" CAT "\r\n" DOG " \t\r"), "MAA", {TEXT("a"), TEXT(CAT), TEXT(DOG)}},
    /* then an object must end in its line */
    {TEXT("{\"video_id\":\n\"cat\",}"), "MM", {TEXT("{\"video_id\":"), TEXT("\"cat\",}")}},
    {TEXT("x\n{\n\"video_id\":1}\n" CAT), "MMMA", {TEXT("x"), TEXT("{"), TEXT("\"video_id\":1}"), TEXT(CAT)}},
    {TEXT(CAT "\nx\n{\n\"video_id\":1}"), "AMMM", {TEXT(CAT), TEXT("x"), TEXT("{"), TEXT("\"video_id\":1}")}},
    ALONE("N", "{\"a\":\"\n{}\n\"}"), /* a string over lines */
    {TEXT("{\"a\":\"\n" CAT "\n\"}"), "MAM", {TEXT("{\"a\":\""), TEXT(CAT), TEXT("\"}")}},
    {TEXT("{\"a\":[\n" CAT "\n" DOG), "MAA", {TEXT("{\"a\":["), TEXT(CAT), TEXT(DOG)}},
    {TEXT("{\"a\":[\n" CAT "{\"a\n" DOG), "MAMA", {TEXT("{\"a\":["), TEXT(CAT), TEXT("{\"a"), TEXT(DOG)}},
    /* no arrays behind objects or inside lines */
    {TEXT(CAT "[" DOG "]"), "AM", {TEXT(CAT), TEXT("[" DOG "]")}},
    {TEXT(CAT "\n[" DOG "]"), "AM", {TEXT(CAT), TEXT("[" DOG "]")}},
    {TEXT(CAT "\n[]\n" DOG), "AMA", {TEXT(CAT), TEXT("[]"), TEXT(DOG)}},
    {TEXT(CAT "\n [" DOG "]\r\n"), "AM", {TEXT(CAT), TEXT("[" DOG "]")}},
    /* arrays */
    {TEXT("[]"), "", {TEXT("")}},
    {TEXT(" \r\n\t[ \r\n\t] \r\n\t"), "", {TEXT("")}},
    {TEXT("[" CAT "]"), "A", {TEXT(CAT)}},
    {TEXT("[{}]"), "N", {TEXT("{}")}},
    {TEXT("[1]"), "M", {TEXT("1")}},
    {TEXT("[" CAT "," DOG "]"), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT("\n [ " CAT " ,\n" DOG " ] \n"), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT("[1," CAT ",null,\"],[\"," DOG "]"),
     "MAMMA",
     {TEXT("1"), TEXT(CAT), TEXT("null"), TEXT("\"],[\""), TEXT(DOG)}},
    {TEXT("[[" CAT "],{}]"), "MN", {TEXT("[" CAT "]"), TEXT("{}")}},
    {TEXT("[{\"video_id\":\"],}\\\"\"} , [ 1,[ ]] , -1.5e3 ]"),
     "AMM",
     {TEXT("{\"video_id\":\"],}\\\"\"}"), TEXT("[ 1,[ ]]"), TEXT("-1.5e3")}},
    {TEXT("[" CAT ",{\"video_id\":\"\xff\"}]"), "AB", {TEXT(CAT), TEXT("{\"video_id\":\"\xff\"}")}},
    {TEXT("[" CAT ",\"\xff\\x\",NaN,[1 2,}]"), "AMMM", {TEXT(CAT), TEXT("\"\xff\\x\""), TEXT("NaN"), TEXT("[1 2,}")}},
    /* what begins with '[' is an array or nothing, lines or not */
    ALONE("M", "["),
    ALONE("M", "[ \n"),
    ALONE("M", "[" CAT),
    ALONE("M", "[" CAT ",]"),
    ALONE("M", "[," CAT "]"),
    ALONE("M", "[,]"),
    ALONE("M", "[" CAT "," DOG),
    ALONE("M", "[" CAT " " DOG "]"),
    ALONE("M", "[" CAT DOG "]"),
    ALONE("M", "[" CAT "}"),
    ALONE("M", "[" CAT "] x"),
    ALONE("M", "[" CAT "]]"),
    ALONE("M", "[" CAT "]\0"),
    ALONE("M", "[" CAT "]" DOG),
    ALONE("M", "[" CAT "]\n[" DOG "]"),
    ALONE("M", " [1\n" CAT "\n" DOG),
    ALONE("M", "[" CAT ",{\"video_id\"}]"),
    ALONE("M", "[" CAT ",{\"video_id\":1]"),
    ALONE("M", MARK "[" CAT ",]"),
};

/* With EVENTS_AT=/events and FIELD_LOCATION=^/from. A wrapper's event is never all of the message. */
#define WITH(events)   "{\"from\":\"SE\",\"events\":" events "}"
#define BEHIND(events) "{\"events\":" events ",\"from\":\"SE\"}"
static const struct split wrapped[] = {
    {TEXT(WITH("[" CAT "," DOG "]")), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(BEHIND("[" CAT "," DOG "]")), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(WITH("[ " CAT "\n,\n" DOG " ]") "\n"), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(WITH(CAT)), "A", {TEXT(CAT)}},
    {TEXT(WITH("[]")), "", {TEXT("")}},
    {TEXT(WITH("[7," CAT ",null]")), "MAM", {TEXT("7"), TEXT(CAT), TEXT("null")}},
    {TEXT(WITH("[[" CAT "],{}]")), "MN", {TEXT("[" CAT "]"), TEXT("{}")}},
    /* no events */
    {TEXT("{}"), "E", {TEXT("{}")}},
    {TEXT(" " CAT " "), "E", {TEXT(CAT)}},
    {TEXT(WITH("null")), "E", {TEXT(WITH("null"))}},
    {TEXT(WITH("7")), "E", {TEXT(WITH("7"))}},
    {TEXT(WITH("\"[]\"")), "E", {TEXT(WITH("\"[]\""))}},
    {TEXT(WITH("\"\xff\"")), "E", {TEXT(WITH("\"\xff\""))}},
    {TEXT(WITH("[" CAT "]") "{\"events\":true}" WITH("[" DOG "]")),
     "AEA",
     {TEXT(CAT), TEXT("{\"events\":true}"), TEXT(DOG)}},
    /* glued, lines, arrays */
    {TEXT(WITH("[" CAT "]") WITH("[" DOG "]")), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT(WITH("[" CAT "]") "\n" BEHIND("[" DOG "]") "\n"), "AA", {TEXT(CAT), TEXT(DOG)}},
    {TEXT("x\n" WITH("[" CAT "]") BEHIND("[" DOG "]") "\n"), "MAA", {TEXT("x"), TEXT(CAT), TEXT(DOG)}},
    {TEXT("[" WITH("[" CAT "," DOG "]") ",5," WITH("{}") "]"), "AAMN", {TEXT(CAT), TEXT(DOG), TEXT("5"), TEXT("{}")}},
    {TEXT(MARK WITH("[" CAT "]")), "A", {TEXT(CAT)}},
    {TEXT(FRAME WITH("[" CAT "]")), "A", {TEXT(CAT)}},
    /* events that are no array of events: one malformed event, and none of them */
    {TEXT(WITH("[" CAT ",]")), "M", {TEXT(WITH("[" CAT ",]"))}},
    {TEXT(WITH("[" CAT DOG "]")), "M", {TEXT(WITH("[" CAT DOG "]"))}},
    {TEXT(WITH("[" CAT "}")), "M", {TEXT(WITH("[" CAT "}"))}},
    {TEXT(WITH("{\"a\" 1}")), "M", {TEXT(WITH("{\"a\" 1}"))}},
    {TEXT(WITH("[" CAT ",{\"a\" 1}]")), "M", {TEXT(WITH("[" CAT ",{\"a\" 1}]"))}},
    {TEXT(WITH("[" CAT ",]") WITH("[" DOG "]")), "MA", {TEXT(WITH("[" CAT ",]")), TEXT(DOG)}},
    {TEXT("[" WITH("[" CAT ",]") "," WITH("[" DOG "]") "]"), "MA", {TEXT(WITH("[" CAT ",]")), TEXT(DOG)}},
    /* of events that stand there twice, the last */
    {TEXT("{\"events\":[" CAT "],\"events\":[" DOG "]}"), "A", {TEXT(DOG)}},
    {TEXT("{\"events\":[" CAT ",],\"events\":[" DOG "]}"), "A", {TEXT(DOG)}},
    {TEXT("{\"events\":[" CAT "],\"events\":1}"), "E", {TEXT("{\"events\":[" CAT "],\"events\":1}")}},
    /* no wrapper */
    ALONE("M", ""),
    ALONE("M", MARK " "),
    ALONE("F", FRAME "x"),
    ALONE("M", "[" WITH("[" CAT "]") ",]"),
    {TEXT(" x \n"), "M", {TEXT("x")}},
    {TEXT(" {\"events\":[" CAT "\n"), "M", {TEXT("{\"events\":[" CAT)}},
    {TEXT(WITH("[" CAT "]") " x "), "AM", {TEXT(CAT), TEXT("x")}},
};

static char letter(enum event_outcome o) {
    static const char letters[EVENT_OUTCOMES] = {
        [EVENT_APPLIED] = 'A', [EVENT_MALFORMED] = 'M', [EVENT_FRAMED] = 'F',
        [EVENT_NO_ITEM] = 'N', [EVENT_NO_EVENTS] = 'E', [EVENT_BAD_ITEM] = 'B',
    };
    return letters[o] != '\0' ? letters[o] : '?';
}

static void expect_split(const struct event_rules *r, const struct split *row) {
    const char *message = row->message.p;
    struct decoded d = decoded_with(r, message, row->message.n, RECORD_TIME_MS);
    ck_assert_msg(d.batch.n == strlen(row->want), "'%s' has %zu events, wanted '%s'", message, d.batch.n, row->want);
    for (size_t i = 0; i < d.batch.n; i++) {
        const struct event *ev = &d.batch.events[i];
        struct bytes raw = row->raws[i];
        ck_assert_msg(letter(ev->outcome) == row->want[i], "'%s': event %zu is %s", message, i, decoded_line(&d, i));
        ck_assert_msg(ev->raw.n == raw.n && memcmp(ev->raw.p, raw.p, raw.n) == 0,
                      "'%s': event %zu is the bytes '%.*s', wanted '%s'", message, i, (int)ev->raw.n, ev->raw.p, raw.p);
    }
    decoded_free(&d);
}

START_TEST(a_message_is_split_as_the_page_says) { expect_split(given_rules(), &messages[_i]); }
END_TEST

static struct event_rules wrapper_rules(void) {
    struct event_rules r = *given_rules();
    r.events_at = "/events";
    r.fields[EVENT_FIELD_LOCATION] = "^/from";
    return r;
}

START_TEST(a_wrapper_is_taken_apart) {
    struct event_rules r = wrapper_rules();
    expect_split(&r, &wrapped[_i]);
}
END_TEST

/* Each event has them, whether they stand before the events or behind them, and no other wrapper's. */
START_TEST(the_fields_of_a_wrapper_are_those_of_its_events) {
    static const char text[] = WITH("[" CAT "," DOG "]") "{\"events\":[" CAT "]}" BEHIND("[" CAT "," DOG "]") //
        "{\"events\":" DOG ",\"from\":\"NO\"}";
    static const char *const lines[] = {"applied cat SE 1000 1", "applied dog SE 2000 1", "applied cat - 1000 1",
                                        "applied cat SE 1000 1", "applied dog SE 2000 1", "applied dog NO 2000 1"};
    struct event_rules r = wrapper_rules();
    struct decoded d = decoded_with(&r, text, sizeof text - 1, RECORD_TIME_MS);
    ck_assert_uint_eq(d.batch.n, ARRAY_LEN(lines));
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) ck_assert_str_eq(decoded_line_without_raw(&d, i), lines[i]);
    decoded_free(&d);
}
END_TEST

/* A former lesson, of single events, must not mind. */
START_TEST(events_of_a_wrapper_may_be_one_or_many_by_turns) {
    static const struct {
        const char *text;
        size_t events;
    } turns[] = {{WITH("[" CAT "," DOG "]"), 2}, {WITH(CAT), 1}, {WITH("[]"), 0}, {WITH("null"), 1}, {BEHIND(DOG), 1}};
    struct event_rules r = wrapper_rules();
    struct decoder *decoder = decoder_create(&r);
    struct event_batch b;
    event_batch_init(&b);
    for (size_t i = 0; i < 5 * ARRAY_LEN(turns); i++) {
        const char *text = turns[i * 2 % ARRAY_LEN(turns)].text;
        decoder_decode(decoder, &(struct message){.value = {text, strlen(text)}}, &b);
        ck_assert_uint_eq(b.n, turns[i * 2 % ARRAY_LEN(turns)].events);
    }
    event_batch_deinit(&b);
    decoder_destroy(decoder);
}
END_TEST

/* -- beside the value -- */

static struct bytes header_of_test(void *self, const char *name) {
    if (strcmp(name, "country") != 0) return (struct bytes){NULL, 0};
    return *(const struct bytes *)self;
}

static const struct {
    const char *place;
    struct bytes text;
    const char *want; /* of an event whose item stands there */
} beside[] = {
    {"@key", TEXT("k1"), "applied k1 - 1000 1"},
    {"@key", TEXT("17"), "applied 17 - 1000 1"},
    {"@key", TEXT("\"k\""), "applied \"k\" - 1000 1"}, /* as it is: no JSON */
    {"@key", TEXT("null"), "applied null - 1000 1"},
    {"@key", TEXT("S\xc3\xa3o"), "applied S\\xc3\\xa3o - 1000 1"},
    {"@key", TEXT("a\tb"), "applied a\\x09b - 1000 1"},
    {"@key", {NULL, 0}, "no_item - - 1000 1"},
    {"@key", TEXT(""), "bad_item - - 1000 1"},
    {"@key", TEXT("a\0b"), "bad_item - - 1000 1"},
    {"@key", TEXT("\0"), "bad_item - - 1000 1"},
    {"@key", TEXT("\xff"), "bad_item - - 1000 1"},
    {"@key", TEXT("\xc3"), "bad_item - - 1000 1"},
    {"@topic", TEXT(""), "applied plays - 1000 1"},
    {"@header:country", TEXT("SE"), "applied SE - 1000 1"},
    {"@header:country", {NULL, 0}, "no_item - - 1000 1"},
    {"@header:country", TEXT("\xed\xa0\x80"), "bad_item - - 1000 1"},
    {"@header:Country", TEXT("SE"), "no_item - - 1000 1"},
};

START_TEST(a_field_may_stand_beside_the_value) {
    static const char text[] = "{\"ts\":1,\"@key\":\"wrong\"}{\"ts\":1}";
    struct event_rules r = *given_rules();
    struct bytes given = beside[_i].text;
    r.fields[EVENT_FIELD_ITEM] = beside[_i].place;
    struct message m = {.value = {text, sizeof text - 1}, .topic = "plays", .header = header_of_test, .self = &given};
    if (beside[_i].place[1] == 'k') m.key = given;
    struct decoded d = decoded_message(&r, &m);
    ck_assert_uint_eq(d.batch.n, 2);
    for (size_t i = 0; i < 2; i++) ck_assert_str_eq(decoded_line_without_raw(&d, i), beside[_i].want);
    decoded_free(&d);
}
END_TEST

START_TEST(a_message_may_have_neither_headers_nor_a_key) {
    struct event_rules r = *given_rules();
    r.fields[EVENT_FIELD_LOCATION] = "@header:country";
    r.fields[EVENT_FIELD_TYPE] = "@key";
    struct decoded d = decoded_with(&r, CAT, strlen(CAT), RECORD_TIME_MS);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "applied cat - 1000 1"); /* and no key */
    decoded_free(&d);
}
END_TEST

/* -- odd messages -- */

START_TEST(no_message_at_all_is_a_tombstone) {
    struct decoded d = decoded_with(given_rules(), NULL, 0, RECORD_TIME_MS);
    ck_assert_uint_eq(d.batch.n, 1);
    ck_assert_int_eq(d.batch.events[0].outcome, EVENT_TOMBSTONE);
    ck_assert_ptr_null(d.batch.events[0].raw.p);
    decoded_free(&d);
}
END_TEST

START_TEST(a_nul_in_a_needed_string_is_unreadable) {
    static const char inside[] = "{\"video_id\":\"a\0b\"}", number[] = "{\"video_id\":12\0,\"ts\":1}";
    struct decoded d = decoded_with(given_rules(), inside, sizeof inside - 1, RECORD_TIME_MS);
    ck_assert_str_eq(decoded_line(&d, 0), "bad_item - - 1763751600123 1 @0+18");
    decoded_free(&d);
    d = decoded_with(given_rules(), number, sizeof number - 1, RECORD_TIME_MS);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "malformed - - -1 0"); /* neither word nor white space */
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

START_TEST(depth_has_neither_limit_nor_danger) {
    static const int depths[] = {1, 15, 16, 17, 31, 32, 33, 2047, 2048, 200000};
    for (size_t i = 0; i < ARRAY_LEN(depths); i++) {
        char *text = nested(depths[i]);
        struct decoded d = decoded_text(text);
        ck_assert_str_eq(decoded_line_without_raw(&d, 0), "applied deep - 1763751600123 1");
        decoded_free(&d);
        text[strlen(text) - 2] = ' '; /* one bracket less */
        d = decoded_text(text);
        ck_assert_uint_eq(d.batch.n, 1);
        ck_assert_str_eq(decoded_line_without_raw(&d, 0), "malformed - - -1 0");
        decoded_free(&d);
        free(text);
    }
}
END_TEST

/* -- time -- */

/* What a message of about BYTES bytes takes that is LINE again and again behind HEAD: ns of CPU. */
static double cpu_ns_of(const struct event_rules *r, const char *head, const char *line, size_t bytes) {
    struct buf text = {0};
    struct event_batch b;
    struct decoder *decoder = decoder_create(r);
    struct timespec from, to;
    buf_add_str(&text, head);
    while (text.len < bytes) buf_add_str(&text, line);
    event_batch_init(&b);
    for (int warm = 0; warm < 2; warm++) {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        decoder_decode(decoder, &(struct message){.value = {text.data, text.len}}, &b);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    }
    event_batch_deinit(&b);
    decoder_destroy(decoder);
    buf_free(&text);
    return (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
}

/* Messages that some reader would read again and again. */
static const struct {
    const char *head, *line;
} tedious[] = {
    {"", "{\"a\":[\n"},
    {"", "{\"a\":["},
    {"", "{\"a\":\n"},
    {"", "{\"a\":"},
    {"", "{\"events\":[\n"},
    {"", "{\"events\":["},
    {"", "{\"a\":[[\n\"]]}\n"},
    {"", "{\"\n"},
    {"", "\"{\n"},
    {"", "\\\n"},
    {"", "\n"},
    {"", "x\n"},
    {"", "{}x\n"},
    {"", "}\n"},
    {"[", "["},
    {"[", "{\"a\":[\n"},
    {"[", "{},"},
    {"", "{}"},
    {"{\"events\":[", "{},"},
    {"", "{\"events\":[1 2]}"},
    {"", "{\"events\":[1 2]}\n"},
    {"x\n", "{\"events\":[{},{}]}"},
    {"{\"video_id\":", "\"\\u0041"},
    {"{", "\"\\u0076ideo_id\":1,"},
    {"{\"video_id\":1", "1234567890123456"},
};

/* Eight times the bytes may take 30 times as long, which a busy machine can do; what is quadratic takes 64 times, and
 * no shorter time than a tenth of a millisecond is told from another. */
START_TEST(time_goes_with_the_bytes_whatever_they_are) {
    enum { BYTES = 1 << 17, TIMES = 8, RATIO_MAX = 30, TRIES = 5 };
    struct event_rules rules[] = {*given_rules(), wrapper_rules()};
    const char *head = tedious[_i].head, *line = tedious[_i].line;
    for (size_t k = 0; k < ARRAY_LEN(rules); k++) {
        double least = 1e9, few = 0, many = 0;
        for (int i = 0; i < TRIES && least > RATIO_MAX; i++) {
            few = cpu_ns_of(&rules[k], head, line, BYTES) + 1e5;
            many = cpu_ns_of(&rules[k], head, line, BYTES * TIMES) + 1e5;
            least = many / few < least ? many / few : least;
        }
        ck_assert_msg(least <= RATIO_MAX, "'%s%s...': %.1f ms, %d times as much %.1f ms", head, line, few / 1e6, TIMES,
                      many / 1e6);
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
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, a_message_is_split_as_the_page_says, 0, ARRAY_LEN(messages));
    tcase_add_loop_test(c, a_wrapper_is_taken_apart, 0, ARRAY_LEN(wrapped));
    tcase_add_test(c, the_fields_of_a_wrapper_are_those_of_its_events);
    tcase_add_test(c, events_of_a_wrapper_may_be_one_or_many_by_turns);
    tcase_add_loop_test(c, a_field_may_stand_beside_the_value, 0, ARRAY_LEN(beside));
    tcase_add_test(c, a_message_may_have_neither_headers_nor_a_key);
    tcase_add_test(c, no_message_at_all_is_a_tombstone);
    tcase_add_test(c, a_nul_in_a_needed_string_is_unreadable);
    tcase_add_test(c, depth_has_neither_limit_nor_danger);
    tcase_add_loop_test(c, time_goes_with_the_bytes_whatever_they_are, 0, ARRAY_LEN(tedious));
    tcase_add_loop_test(c, all_texts_of_a_large_batch_are_there_together, 0, 2);
    tcase_add_test(c, a_batch_is_used_again_with_the_memory_it_has);
    tcase_add_test(c, one_batch_serves_several_decoders);
    tcase_add_test(c, a_decoder_keeps_the_rules_it_was_made_with);
    suite_add_tcase(s, c);
    return s;
}
