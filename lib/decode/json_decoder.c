/* decode/json_decoder.c - finds out what a message holds, and who reads it.
 * White space before the first byte is skipped: JSON's four characters and no others (a byte order mark is none). Then
 *   1. A message that begins with '[' is an array, whatever follows.
 *   2. Else, if the whole message is one JSON value, that is the event. It may go over as many lines as it likes.
 *   3. Else every line is judged by itself. A line that holds an array is malformed.
 * To tell 2 from 3 the first line of a message that must be split is read twice.
 *
 * The scanner is asked first: for an array as a whole, for one object as a whole, for lines line by line. What it does
 * not recognise goes to jansson. When it finds more behind a first object, the message is split at once: jansson, too,
 * would accept the object and then refuse the whole. */
#include "decode/json_decoder.h"

#include <assert.h>
#include <string.h>

#include "decode/json_jansson.h"
#include "decode/json_scan.h"
#include "event/batch.h"

static size_t blanks_count(struct bytes text) {
    size_t i = 0;
    while (i < text.n && json_is_space(text.p[i])) i++;
    return i;
}

static bool is_blank(struct bytes text) { return blanks_count(text) == text.n; }

static bool is_array(struct bytes text) {
    size_t blanks = blanks_count(text);
    return blanks < text.n && text.p[blanks] == '[';
}

static bool has_lf(struct bytes text) { return memchr(text.p, '\n', text.n) != NULL; }

/* The line up to the next LF, without it and without one CR before it; moves REST behind it. */
static struct bytes line_take(struct bytes *rest) {
    assert(rest->n > 0);
    const char *lf = memchr(rest->p, '\n', rest->n);
    size_t n = lf != NULL ? (size_t)(lf - rest->p) : rest->n;
    struct bytes line = {.p = rest->p, .n = n > 0 && rest->p[n - 1] == '\r' ? n - 1 : n};
    size_t taken = lf != NULL ? n + 1 : n;
    *rest = (struct bytes){.p = rest->p + taken, .n = rest->n - taken};
    return line;
}

static enum event_outcome jansson_decode(const struct json_scan *s, struct bytes text) {
    return json_jansson_add(s->rules, text, s->record_time_ms, s->batch);
}

static void lines_decode(struct json_scan *s) {
    for (struct bytes rest = s->message; rest.n > 0;) {
        if (s->usable && json_scan_line(s, &rest)) continue;
        struct bytes line = line_take(&rest);
        if (!is_blank(line)) (void)jansson_decode(s, line);
    }
}

/* Without an LF there is nothing to split, and what was said of the whole stands. */
static void value_or_lines_decode(struct json_scan *s) {
    if (jansson_decode(s, s->message) != EVENT_MALFORMED || is_blank(s->message) || !has_lf(s->message)) return;
    event_batch_clear(s->batch);
    lines_decode(s);
}

static void array_decode(struct json_scan *s) {
    if (s->usable && json_scan_array(s)) return;
    event_batch_clear(s->batch);
    json_jansson_add_array(s->rules, s->message, s->record_time_ms, s->batch);
}

/* All that is not a single object that the scanner recognises. */
static void rest_decode(struct json_scan *s, enum json_scanned scanned) {
    assert(scanned != JSON_SCAN_WHOLE && s->batch->n == 0);
    if (is_array(s->message))
        array_decode(s);
    else if (scanned == JSON_SCAN_FIRST && has_lf(s->message))
        lines_decode(s);
    else
        value_or_lines_decode(s);
}

void json_decoder_init(struct json_decoder *d, const struct event_rules *rules) {
    assert(rules->weights != NULL);
    d->rules = *rules;
    json_names_init(&d->names, rules);
}

/* Field by field, because an initializer would also clear the text, which json_scan_start sets. */
void json_decoder_decode(struct json_decoder *d, struct bytes message, int64_t record_time_ms,
                         struct event_batch *out) {
    assert(message.p != NULL && out->n == 0);
    struct json_scan s;
    s.rules = &d->rules;
    s.names = &d->names;
    s.batch = out;
    s.message = message;
    s.record_time_ms = record_time_ms;
    enum json_scanned scanned = json_scan_start(&s) ? json_scan_object(&s) : JSON_SCAN_UNKNOWN;
    if (scanned != JSON_SCAN_WHOLE) rest_decode(&s, scanned);
}

void json_decoder_decode_by_jansson(const struct json_decoder *d, struct bytes message, int64_t record_time_ms,
                                    struct event_batch *out) {
    assert(message.p != NULL && out->n == 0);
    struct json_scan s = {.rules = &d->rules, .batch = out, .message = message, .record_time_ms = record_time_ms};
    rest_decode(&s, JSON_SCAN_UNKNOWN);
}
