/* unit/audit/reports.c - reads the file of cases, and compares what a reader says of each with what it wants. */
#include "reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/clock.h"
#include "base/mem.h"

#define REPORTS "tests/data/reports.json" /* from the top of the repository, where make runs */

enum { SETTINGS_MAX = 16 };
static const int64_t DEFAULT_RECORD_MS = 1795320676091;

/* -- a case -------------------------------------------------------------------------------------------------------- */

static int base64_digit(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static void base64_decode(const char *text, struct buf *out) {
    uint32_t bits = 0;
    int bits_n = 0;
    for (; base64_digit(*text) >= 0; text++) {
        bits = bits << 6 | (uint32_t)base64_digit(*text);
        bits_n += 6;
        if (bits_n < 8) continue;
        bits_n -= 8;
        buf_add_byte(out, (unsigned char)(bits >> bits_n));
    }
}

/* As PLAIN or, in base64, as CODED; nothing where neither stands there. */
static struct report_bytes bytes_given(const json_t *json, const char *plain, const char *coded) {
    struct report_bytes b = {0};
    const json_t *text = json_object_get(json, plain), *base64 = json_object_get(json, coded);
    b.is_set = json_is_string(text) || json_is_string(base64);
    if (json_is_string(text)) buf_add(&b.bytes, json_string_value(text), json_string_length(text));
    if (json_is_string(base64)) base64_decode(json_string_value(base64), &b.bytes);
    return b;
}

struct bytes report_bytes_of(const struct report_bytes *b) {
    if (!b->is_set) return (struct bytes){NULL, 0};
    return (struct bytes){b->bytes.data != NULL ? b->bytes.data : "", b->bytes.len};
}

struct bytes report_header(const void *self, const char *name) {
    const struct report *r = self;
    const json_t *headers = json_object_get(r->json, "headers");
    for (size_t i = json_array_size(headers); i-- > 0;) {
        const json_t *header = json_array_get(headers, i), *value = json_array_get(header, 1);
        if (strcmp(json_string_value(json_array_get(header, 0)), name) == 0)
            return (struct bytes){json_string_value(value), json_string_length(value)};
    }
    return (struct bytes){NULL, 0};
}

static struct config *config_given(const json_t *settings, const char *what) {
    char *env[SETTINGS_MAX + 1] = {NULL};
    const char *name;
    json_t *value;
    size_t n = 0;
    struct buf problems = {0};
    struct config *c;
    json_object_foreach((json_t *)settings, name, value) {
        struct buf b = {0};
        ck_assert_uint_lt(n, SETTINGS_MAX);
        buf_addf(&b, "TOPKD_%s=%s", name, json_string_value(value));
        env[n++] = mem_strdup(buf_text(&b));
        buf_free(&b);
    }
    int status = config_load((const char *const *)env, &c, &problems);
    ck_assert_msg(status == 0, "%s: %s", what, buf_text(&problems));
    while (n > 0) mem_free(env[--n]);
    buf_free(&problems);
    return c;
}

static struct report report_given(const json_t *json) {
    const json_t *record_ms = json_object_get(json, "record_ms"), *topic = json_object_get(json, "topic");
    const char *what = json_string_value(json_object_get(json, "what"));
    return (struct report){.json = json,
                           .what = what,
                           .config = config_given(json_object_get(json, "settings"), what),
                           .value = bytes_given(json, "text", "base64"),
                           .key = bytes_given(json, "key", "key64"),
                           .topic = topic != NULL ? json_string_value(topic) : "events",
                           .record_ms = record_ms != NULL ? json_integer_value(record_ms) : DEFAULT_RECORD_MS};
}

static void report_free(struct report *r) {
    config_destroy(r->config);
    buf_free(&r->value.bytes);
    buf_free(&r->key.bytes);
}

/* -- what is said of it -------------------------------------------------------------------------------------------- */

static json_t *text_json(struct bytes b) {
    json_t *text = b.p != NULL ? json_stringn(b.p, b.n) : json_null();
    ck_assert_msg(text != NULL, "a text that is no UTF-8");
    return text;
}

void report_say(json_t *said, const struct report_event *event) {
    char minute[MINUTE_TEXT_LEN + 1];
    json_t *o = json_object();
    json_array_append_new(said, o);
    json_object_set_new(o, "outcome", json_string(event->outcome));
    if (!event->is_judged) return;
    minute_format(minute_of(event->time_ms), minute);
    json_object_set_new(o, "item", text_json(event->item));
    json_object_set_new(o, "location", text_json(event->location));
    json_object_set_new(o, "minute", json_string(minute));
    json_object_set_new(o, "weight", json_integer(event->weight));
    if (event->tells_id) json_object_set_new(o, "id", text_json(event->id));
}

/* Ids are asked for of readers that tell them. */
static bool member_is_wanted(const json_t *said, const char *name, const json_t *want) {
    const json_t *seen = json_object_get(said, name);
    return json_equal(seen, want) || (seen == NULL && strcmp(name, "id") == 0);
}

static bool event_is_wanted(const json_t *said, const json_t *want) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)want, name, value) if (!member_is_wanted(said, name, value)) return false;
    return true;
}

static bool events_are_wanted(const json_t *said, const json_t *wants) {
    if (json_array_size(said) != json_array_size(wants)) return false;
    for (size_t i = 0; i < json_array_size(wants); i++)
        if (!event_is_wanted(json_array_get(said, i), json_array_get(wants, i))) return false;
    return true;
}

/* A line of PROBLEMS where it is not as wanted. */
static void case_check(const json_t *json, const struct report_reader *reader, struct buf *problems) {
    struct report r = report_given(json);
    const json_t *wants = json_object_get(json, "wants");
    json_t *said = json_array();
    reader->read(&r, said);
    char *saw = json_dumps(said, JSON_COMPACT), *wanted = json_dumps(wants, JSON_COMPACT);
    if (!events_are_wanted(said, wants)) buf_addf(problems, "%s:\n  said   %s\n  wanted %s\n", r.what, saw, wanted);
    free(saw);
    free(wanted);
    json_decref(said);
    report_free(&r);
}

void reports_expect(const struct report_reader *reader) {
    json_error_t why;
    json_t *groups = json_load_file(REPORTS, 0, &why), *cases;
    ck_assert_msg(groups != NULL, "%s: %s", REPORTS, why.text);
    struct buf problems = {0};
    const char *name;
    size_t n = 0;
    json_object_foreach(groups, name, cases) {
        for (size_t i = 0; i < json_array_size(cases); i++, n++)
            case_check(json_array_get(cases, i), reader, &problems);
    }
    ck_assert_uint_gt(n, 0);
    ck_assert_msg(problems.len == 0, "%s:\n%s", reader->name, buf_text(&problems));
    buf_free(&problems);
    json_decref(groups);
}
