/* unit/decode/check_fields.c - the rules for the fields, by events as producers write them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "base/hash.h"
#include "decode_given.h"

#define X16  "xxxxxxxxxxxxxxxx"
#define X64  X16 X16 X16 X16
#define X256 X64 X64 X64 X64
#define D16  "1234567890123456"
#define D64  D16 D16 D16 D16
#define D256 D64 D64 D64 D64
#define T    "\"ts\":1763751600"

struct judged {
    const char *event;
    const char *want; /* outcome item location time_ms weight */
};

/* One row a test, so that each failure names its event. */
static void expect_judged(const struct judged *row, const struct event_rules *r) {
    struct decoded d = decoded_with(r, row->event, strlen(row->event), RECORD_TIME_MS);
    ck_assert_msg(d.batch.n == 1, "%s: %zu events", row->event, d.batch.n);
    ck_assert_msg(strcmp(decoded_line_without_raw(&d, 0), row->want) == 0, "%s\n  is     %s\n  wanted %s", row->event,
                  decoded_line_without_raw(&d, 0), row->want);
    ck_assert_ptr_eq(d.batch.events[0].raw.p, d.message);
    ck_assert_uint_eq(d.batch.events[0].raw.n, d.n);
    decoded_free(&d);
}

static const struct judged items[] = {
    {"{\"video_id\":\"cat\"," T "}", "applied cat - 1763751600000 1"},
    {"{\"video_id\":\"c\"," T "}", "applied c - 1763751600000 1"},
    {"{\"video_id\":\"" X256 "\"," T "}", "applied " X256 " - 1763751600000 1"},
    {"{\"video_id\":\"-\"," T "}", "applied \\x2d - 1763751600000 1"},
    {"{\"video_id\":\" a\\tb\\\"\\\\ \"," T "}", "applied \\x20a\\x09b\"\\x5c\\x20 - 1763751600000 1"},
    {"{\"video_id\":\"\\u00e9\\ud83d\\ude00\"," T "}", "applied \\xc3\\xa9\\xf0\\x9f\\x98\\x80 - 1763751600000 1"},
    {"{\"video_id\":\"\xc3\xa9\x7f\\u0001\"," T "}", "applied \\xc3\\xa9\\x7f\\x01 - 1763751600000 1"},
    {"{\"video\\u005fid\":\"cat\"," T "}", "applied cat - 1763751600000 1"},
    {"{\"video_id\":0," T "}", "applied 0 - 1763751600000 1"},
    {"{\"video_id\":-0," T "}", "applied 0 - 1763751600000 1"},
    {"{\"video_id\":12345," T "}", "applied 12345 - 1763751600000 1"},
    {"{\"video_id\":-7," T "}", "applied -7 - 1763751600000 1"},
    {"{\"video_id\":9223372036854775807," T "}", "applied 9223372036854775807 - 1763751600000 1"},
    {"{\"video_id\":-9223372036854775808," T "}", "applied -9223372036854775808 - 1763751600000 1"},
    {"{\"video_id\":9223372036854775808," T "}", "applied 9223372036854775808 - 1763751600000 1"},
    {"{\"video_id\":-99999999999999999999," T "}", "applied -99999999999999999999 - 1763751600000 1"},
    {"{\"video_id\":" D256 "," T "}", "applied " D256 " - 1763751600000 1"},
    {"{\"video_id\":" D256 "1," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":-" D256 "," T "}", "bad_item - - 1763751600000 1"},
    /* strings that jansson does not read */
    {"{\"video_id\":\"a\\u0000b\"," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":\"\\ud83d\"," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":\"\\ude00\"," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":\"\\u00g0\"," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":\"\\x41\"," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":\"a\tb\"," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":\"\xff\"," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":\"\xc3\"," T "}", "bad_item - - 1763751600000 1"},
    /* words that are no integers */
    {"{\"video_id\":01," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":-01," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":+1," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":-," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":1x," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":nulls," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":NULL," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":\x7f," T "}", "bad_item - - 1763751600000 1"},
    {"{" T "}", "no_item - - 1763751600000 1"},
    {"{}", "no_item - - 1763751600123 1"},
    {"{\"video_id\":null," T "}", "no_item - - 1763751600000 1"},
    {"{\"VIDEO_ID\":\"cat\"," T "}", "no_item - - 1763751600000 1"},
    {"{\"a\":{\"video_id\":\"cat\"}," T "}", "no_item - - 1763751600000 1"},
    {"{\"video_id\":\"\"," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":\"" X256 "x\"," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":1.0," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":1e3," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":true," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":[\"cat\"]," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":{}," T "}", "bad_item - - 1763751600000 1"},
};

static const struct judged locations[] = {
    {"{\"video_id\":1,\"location\":\"US\"," T "}", "applied 1 US 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"" X64 "\"," T "}", "applied 1 " X64 " 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\" {%}:\"," T "}", "applied 1 \\x20{%}: 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"global\"," T "}", "applied 1 global 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"\\u0080\"," T "}", "applied 1 \\xc2\\x80 1763751600000 1"},
    {"{\"video_id\":1,\"location\":null," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"\"," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":7," T "}", "applied 1 7 1763751600000 1"},
    {"{\"video_id\":1,\"location\":-0," T "}", "applied 1 0 1763751600000 1"},
    {"{\"video_id\":1,\"location\":" D64 "," T "}", "applied 1 " D64 " 1763751600000 1"},
    {"{\"video_id\":1,\"location\":" D64 "1," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":1.5," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"\xff\"," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"\\ud83d\"," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"" X64 "x\"," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"U\\u001fS\"," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"US\\n\"," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"\\u007fUS\"," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"\x7f\"," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":false," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":[\"US\"]," T "}", "bad_location 1 - 1763751600000 1"},
};

/* Where no global list is kept, an event must say where it belongs. */
static const struct judged locations_without_global[] = {
    {"{\"video_id\":1,\"location\":\"US\"," T "}", "applied 1 US 1763751600000 1"},
    {"{\"video_id\":1," T "}", "no_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":null," T "}", "no_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"\"," T "}", "no_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"location\":\"\\u0001\"," T "}", "bad_location 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"type\":\"skip\"," T "}", "no_location 1 - 1763751600000 0"},
};

static const struct judged times[] = {
    {"{\"video_id\":1}", "applied 1 - 1763751600123 1"},
    {"{\"video_id\":1,\"ts\":null}", "applied 1 - 1763751600123 1"},
    {"{\"video_id\":1,\"ts\":1763751600}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"ts\":1763751600777}", "applied 1 - 1763751600777 1"},
    {"{\"video_id\":1,\"ts\":1763751600777888}", "applied 1 - 1763751600777 1"},
    {"{\"video_id\":1,\"ts\":1763751600.777}", "applied 1 - 1763751600777 1"},
    {"{\"video_id\":1,\"ts\":1.7e9}", "applied 1 - 1700000000000 1"},
    {"{\"video_id\":1,\"ts\":17E8}", "applied 1 - 1700000000000 1"},
    {"{\"video_id\":1,\"ts\":1e-999}", "applied 1 - 0 1"},
    {"{\"video_id\":1,\"ts\":0}", "applied 1 - 0 1"},
    {"{\"video_id\":1,\"ts\":-0}", "applied 1 - 0 1"},
    {"{\"video_id\":1,\"ts\":-0.0}", "applied 1 - 0 1"},
    {"{\"video_id\":1,\"ts\":\"2025-11-21T20:00:00.5+01:00\"}", "applied 1 - 1763751600500 1"},
    {"{\"video_id\":1,\"ts\":\"1763751600777\"}", "applied 1 - 1763751600777 1"},
    {"{\"video_id\":1,\"ts\":-1}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":-0.001}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":1763751600777.0}", "applied 1 - 1763751600777 1"},
    {"{\"video_id\":1,\"ts\":1763751600777888999}", "applied 1 - 1763751600777 1"},
    {"{\"video_id\":1,\"ts\":1.763751600777E12}", "applied 1 - 1763751600777 1"},
    {"{\"video_id\":1,\"ts\":\"1763751600.777\"}", "applied 1 - 1763751600777 1"},
    {"{\"video_id\":1,\"ts\":[2025,11,21,19,0]}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"ts\":[2025,11,21,19,0,7]}", "applied 1 - 1763751607000 1"},
    {"{\"video_id\":1,\"ts\": [ 2025, 11, 21, 19, 0, 7, 777888999 ] }", "applied 1 - 1763751607777 1"},
    {"{\"video_id\":1,\"ts\":[2025,11,21,19]}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":[2025,11,21,-0,0]}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":[2025,11,21,19,0}}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":[]}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":\"\"}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":\"2025-11-21T20:00:00\"}", "applied 1 - 1763755200000 1"},
    {"{\"video_id\":1,\"ts\":\"-5\"}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":\"9223372036854775808\"}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":true}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":{}}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":[1763751600]}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":9223372036854775808}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":1e999}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":NaN}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":01763751600}", "bad_time 1 - -1 1"},
    {"{\"video_id\":1,\"ts\":\"\\ud83d\"}", "bad_time 1 - -1 1"},
};

static const struct judged types[] = {
    {"{\"video_id\":1,\"type\":\"view\"," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"type\":null," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"type\":\"like\"," T "}", "applied 1 - 1763751600000 4"},
    {"{\"video_id\":1,\"type\":\"other\"," T "}", "applied 1 - 1763751600000 2"},
    {"{\"video_id\":1,\"type\":\"View\"," T "}", "applied 1 - 1763751600000 2"},
    {"{\"video_id\":1,\"type\":\"\"," T "}", "applied 1 - 1763751600000 2"},
    {"{\"video_id\":1,\"type\":\"*\"," T "}", "applied 1 - 1763751600000 2"},
    {"{\"video_id\":1,\"type\":\"lik\\u0065\"," T "}", "applied 1 - 1763751600000 4"},
    {"{\"video_id\":1,\"type\":\"" X64 "\"," T "}", "applied 1 - 1763751600000 2"},
    {"{\"video_id\":1,\"type\":\"skip\"," T "}", "weightless 1 - 1763751600000 0"},
    {"{\"video_id\":1,\"type\":\"skip\"}", "weightless 1 - 1763751600123 0"},
    {"{\"video_id\":1,\"type\":\"" X256 "\"," T "}", "applied 1 - 1763751600000 2"},
    {"{\"video_id\":1,\"type\":\"" X256 "x\"," T "}", "bad_type 1 - 1763751600000 0"},
    {"{\"video_id\":1,\"type\":1," T "}", "applied 1 - 1763751600000 2"},
    {"{\"video_id\":1,\"type\":17," T "}", "applied 1 - 1763751600000 5"},
    {"{\"video_id\":1,\"type\":-0," T "}", "applied 1 - 1763751600000 6"},
    {"{\"video_id\":1,\"type\":" D256 "," T "}", "applied 1 - 1763751600000 2"},
    {"{\"video_id\":1,\"type\":" D256 "1," T "}", "bad_type 1 - 1763751600000 0"},
    {"{\"video_id\":1,\"type\":17.0," T "}", "bad_type 1 - 1763751600000 0"},
    {"{\"video_id\":1,\"type\":\"\\u0000\"," T "}", "bad_type 1 - 1763751600000 0"},
    {"{\"video_id\":1,\"type\":false," T "}", "bad_type 1 - 1763751600000 0"},
    {"{\"video_id\":1,\"type\":{}," T "}", "bad_type 1 - 1763751600000 0"},
};

static const struct judged values[] = {
    {"{\"video_id\":1,\"value\":0," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":-0," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":-0.0," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":9223372036854775807," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":1.5e300," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":null," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":-1," T "}", "bad_value 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":-1e-300," T "}", "bad_value 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":\"1\"," T "}", "bad_value 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":true," T "}", "bad_value 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":[]," T "}", "bad_value 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":1e999," T "}", "bad_value 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":NaN," T "}", "bad_value 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":" D256 "," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"value\":-" D256 "," T "}", "bad_value 1 - 1763751600000 1"},
};

static const struct judged ignored[] = {
    {"{\"video_id\":1,\"user_id\":\"u\"," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"user_id\":-5," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"user_id\":{\"a\":[1.5,true]}," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"user_id\":\"" X256 X256 "\"," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"x\":{\"location\":7,\"ts\":-1},\"\":[]," T "}", "applied 1 - 1763751600000 1"},
    /* any bytes in a string, any word, anything between brackets */
    {"{\"video_id\":1,\"x\":\"\xff\t\\x\\ud83d\"," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"x\":NaN,\"y\":01,\"z\":1e999," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"x\":[1 2,,:{\"a\"}}," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"\xff\":1,\"\\x\":1,\"\\u0000\":1," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"VIDEO_ID\":[],\"video_i\":[],\"video_idd\":[]," T "}", "applied 1 - 1763751600000 1"},
};

static const struct judged repeated[] = {
    {"{\"video_id\":1,\"video_id\":\"cat\"," T "}", "applied cat - 1763751600000 1"},
    {"{\"video_id\":\"cat\",\"video_id\":null," T "}", "no_item - - 1763751600000 1"},
    {"{\"video_id\":\"\",\"video_id\":\"cat\"," T "}", "applied cat - 1763751600000 1"},
    {"{\"video_id\":1,\"ts\":-1," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1," T ",\"\\u0074s\":7}", "applied 1 - 7000 1"},
    {"{\"video_id\":1,\"type\":\"like\",\"type\":\"skip\"," T "}", "weightless 1 - 1763751600000 0"},
    {"{\"video_id\":1,\"location\":7.5,\"location\":\"US\"," T "}", "applied 1 US 1763751600000 1"},
    {"{\"video_id\":\"\xff\",\"video_id\":\"cat\"," T "}", "applied cat - 1763751600000 1"},
    {"{\"video_id\":\"cat\",\"video_id\":{}," T "}", "bad_item - - 1763751600000 1"},
    {"{\"video_id\":1,\"ts\":1763751600.5,\"ts\":null}", "applied 1 - 1763751600123 1"},
};

/* Everything is wrong, then one thing after the other is mended: the first complaint in the order is the one made. */
static const struct judged complaints[] = {
    {"{\"location\":[],\"ts\":-1,\"type\":[],\"value\":-1", "malformed - - -1 0"},
    {"{\"location\":[],\"ts\":-1,\"type\":[],\"value\":-1}", "no_item - - -1 0"},
    {"{\"video_id\":\"\",\"location\":[],\"ts\":-1,\"type\":[],\"value\":-1}", "bad_item - - -1 0"},
    {"{\"video_id\":1,\"location\":\"\",\"ts\":-1,\"type\":[],\"value\":-1}", "no_location 1 - -1 0"},
    {"{\"video_id\":1,\"location\":[],\"ts\":-1,\"type\":[],\"value\":-1}", "bad_location 1 - -1 0"},
    {"{\"video_id\":1,\"location\":\"US\",\"ts\":-1,\"type\":[],\"value\":-1}", "bad_time 1 US -1 0"},
    {"{\"video_id\":1,\"location\":\"US\"," T ",\"type\":[],\"value\":-1}", "bad_type 1 US 1763751600000 0"},
    {"{\"video_id\":1,\"location\":\"US\"," T ",\"type\":\"skip\",\"value\":-1}", "bad_value 1 US 1763751600000 0"},
    {"{\"video_id\":1,\"location\":\"US\"," T ",\"type\":\"skip\",\"value\":1}", "weightless 1 US 1763751600000 0"},
    {"{\"video_id\":1,\"location\":\"US\"," T ",\"type\":\"like\",\"value\":1}", "applied 1 US 1763751600000 4"},
};

/* Values that nobody adds up, and types that change no weight. */
static const struct judged unneeded[] = {
    {"{\"video_id\":1,\"value\":-1," T "}", "applied 1 - 1763751600000 3"},
    {"{\"video_id\":1,\"value\":\"\xff\"," T "}", "applied 1 - 1763751600000 3"},
    {"{\"video_id\":1,\"value\":NaN," T "}", "applied 1 - 1763751600000 3"},
    {"{\"video_id\":1,\"value\":{]," T "}", "applied 1 - 1763751600000 3"},
    {"{\"video_id\":1,\"type\":\"" X64 "123456\"," T "}", "applied 1 - 1763751600000 3"},
    {"{\"video_id\":1,\"type\":\"" X256 "x\"," T "}", "applied 1 - 1763751600000 3"},
    {"{\"video_id\":1,\"type\":{\"a\":1}," T "}", "applied 1 - 1763751600000 3"},
    {"{\"video_id\":1,\"type\":true," T "}", "applied 1 - 1763751600000 3"},
    {"{\"video_id\":1,\"type\":\"\\ud83d\xff\"," T "}", "applied 1 - 1763751600000 3"},
};

static struct event_rules with_nothing_unneeded(void) {
    struct event_rules r = *given_rules();
    r.adds_value = false;
    r.weights = given_weights("view=3,like=3,*=3");
    return r;
}

static struct event_rules without_global(void) {
    struct event_rules r = *given_rules();
    r.has_global = false;
    return r;
}

/* Only the last type weighs what others do not. */
static const struct judged needed[] = {
    {"{\"video_id\":1,\"type\":\"view\"," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"type\":\"like\"," T "}", "applied 1 - 1763751600000 4"},
    {"{\"video_id\":1,\"type\":\"other\"," T "}", "applied 1 - 1763751600000 1"},
    {"{\"video_id\":1,\"type\":{}," T "}", "bad_type 1 - 1763751600000 0"},
};

static struct event_rules with_one_type_needed(void) {
    struct event_rules r = *given_rules();
    r.weights = given_weights("view=1,like=4,*=1");
    return r;
}

static struct event_rules with_numbered_types(void) {
    struct event_rules r = *given_rules();
    r.weights = given_weights("view=1,like=4,skip=0,17=5,0=6,*=2");
    return r;
}

#define EACH(name, table, rules)                                                                                       \
    START_TEST(name) {                                                                                                 \
        struct event_rules r = rules;                                                                                  \
        expect_judged(&table[_i], &r);                                                                                 \
    }                                                                                                                  \
    END_TEST
EACH(an_item_is_a_string_or_an_integer, items, *given_rules())
EACH(a_location_is_short_and_printable, locations, *given_rules())
EACH(without_a_global_list_a_location_is_required, locations_without_global, without_global())
EACH(a_time_is_read_in_every_form, times, *given_rules())
EACH(a_type_gives_the_weight, types, with_numbered_types())
EACH(a_value_is_a_number_not_below_zero, values, *given_rules())
EACH(users_and_foreign_fields_are_ignored, ignored, *given_rules())
EACH(of_a_repeated_key_the_last_counts, repeated, *given_rules())
EACH(a_type_is_needed_if_one_of_them_weighs_otherwise, needed, with_one_type_needed())
EACH(what_is_not_needed_is_not_judged, unneeded, with_nothing_unneeded())
EACH(the_first_complaint_in_the_order_is_the_one_made, complaints, without_global())

START_TEST(a_record_without_time_has_none_to_lend) {
    static const char event[] = "{\"video_id\":1}";
    struct decoded d = decoded_with(given_rules(), event, strlen(event), -1);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "bad_time 1 - -1 1");
    decoded_free(&d);
    d = decoded_with(given_rules(), event, strlen(event), INT64_C(253402300800000));
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "bad_time 1 - -1 1");
    decoded_free(&d);
    d = decoded_with(given_rules(), event, strlen(event), 0);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "applied 1 - 0 1");
    decoded_free(&d);
}
END_TEST

START_TEST(an_event_with_its_own_time_needs_none_of_the_record) {
    static const char event[] = "{\"video_id\":1," T "}";
    struct decoded d = decoded_with(given_rules(), event, strlen(event), -1);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "applied 1 - 1763751600000 1");
    decoded_free(&d);
}
END_TEST

START_TEST(field_names_are_the_configured_ones) {
    struct event_rules r = *given_rules();
    r.fields[EVENT_FIELD_ITEM] = "song";
    r.fields[EVENT_FIELD_LOCATION] = "where";
    r.fields[EVENT_FIELD_TYPE] = "what";
    r.fields[EVENT_FIELD_TIME] = "when it was";
    r.fields[EVENT_FIELD_VALUE] = "\xc3\xa9";
    static const char good[] = "{\"song\":\"s\",\"where\":\"US\",\"what\":\"like\",\"when it was\":7,\"\xc3\xa9\":1,"
                               "\"video_id\":[],\"location\":[],\"type\":[],\"ts\":[],\"value\":[]}";
    struct decoded d = decoded_with(&r, good, strlen(good), RECORD_TIME_MS);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "applied s US 7000 4");
    decoded_free(&d);
    static const char bad[] = "{\"song\":\"s\",\"\\u00e9\":-1}"; /* spelt otherwise */
    d = decoded_with(&r, bad, strlen(bad), RECORD_TIME_MS);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "bad_value s - 1763751600123 1");
    decoded_free(&d);
}
END_TEST

/* -- ids -- */

static const struct {
    const char *id; /* its JSON */
    const char *text;
} ids[] = {
    {"\"7\"", "7"},
    {"7", "7"},
    {"-0", "0"},
    {"\"\\u0037\"", "7"},
    {"99999999999999999999", "99999999999999999999"},
    {"\"" X256 "\"", X256},
    {"\"6f9619ff-8b86-d011-b42d-00c04fc964ff\"", "6f9619ff-8b86-d011-b42d-00c04fc964ff"},
    /* none */
    {"null", NULL},
    {"\"\"", NULL},
    {"\"" X256 "x\"", NULL},
    {D256 "1", NULL},
    {"7.0", NULL},
    {"true", NULL},
    {"[7]", NULL},
    {"{}", NULL},
    {"\"\xff\"", NULL},
    {"\"\\u0000\"", NULL},
};

/* Ids are the same if their texts are; what is none changes nothing of the event. */
START_TEST(an_id_is_known_by_its_text) {
    struct event_rules r = *given_rules();
    struct buf event = {0};
    const char *text = ids[_i].text;
    r.fields[EVENT_FIELD_ID] = "id";
    buf_addf(&event, "{\"id\":%s,\"video_id\":1," T "}", ids[_i].id);
    struct decoded d = decoded_with(&r, event.data, event.len, RECORD_TIME_MS);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "applied 1 - 1763751600000 1");
    ck_assert_uint_eq(d.batch.events[0].id_hash, text != NULL ? hash64(text, strlen(text), 0) : 0);
    decoded_free(&d);
    d = decoded_with(given_rules(), event.data, event.len, RECORD_TIME_MS);
    ck_assert_uint_eq(d.batch.events[0].id_hash, 0);
    decoded_free(&d);
    buf_free(&event);
}
END_TEST

static void add_cases(TCase *c) {
    tcase_add_loop_test(c, an_item_is_a_string_or_an_integer, 0, ARRAY_LEN(items));
    tcase_add_loop_test(c, a_location_is_short_and_printable, 0, ARRAY_LEN(locations));
    tcase_add_loop_test(c, without_a_global_list_a_location_is_required, 0, ARRAY_LEN(locations_without_global));
    tcase_add_loop_test(c, a_time_is_read_in_every_form, 0, ARRAY_LEN(times));
    tcase_add_loop_test(c, a_type_gives_the_weight, 0, ARRAY_LEN(types));
    tcase_add_loop_test(c, a_value_is_a_number_not_below_zero, 0, ARRAY_LEN(values));
    tcase_add_loop_test(c, users_and_foreign_fields_are_ignored, 0, ARRAY_LEN(ignored));
    tcase_add_loop_test(c, of_a_repeated_key_the_last_counts, 0, ARRAY_LEN(repeated));
    tcase_add_loop_test(c, a_type_is_needed_if_one_of_them_weighs_otherwise, 0, ARRAY_LEN(needed));
    tcase_add_loop_test(c, what_is_not_needed_is_not_judged, 0, ARRAY_LEN(unneeded));
    tcase_add_loop_test(c, the_first_complaint_in_the_order_is_the_one_made, 0, ARRAY_LEN(complaints));
}

Suite *fields_suite(void);
Suite *fields_suite(void) {
    Suite *s = suite_create("fields");
    TCase *c = tcase_create("fields");
    add_cases(c);
    tcase_add_loop_test(c, an_id_is_known_by_its_text, 0, ARRAY_LEN(ids));
    tcase_add_test(c, a_record_without_time_has_none_to_lend);
    tcase_add_test(c, an_event_with_its_own_time_needs_none_of_the_record);
    tcase_add_test(c, field_names_are_the_configured_ones);
    suite_add_tcase(s, c);
    return s;
}
