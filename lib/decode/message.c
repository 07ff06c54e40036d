/* What a message holds. White space before its first byte is skipped, JSON's four characters and no others (a byte
 * order mark is none). Then: '[' makes it an array, whatever follows; else, if the whole is one JSON value, that is the
 * event, over as many lines as it likes; else every line is judged by itself, and a line that holds an array is
 * malformed. A message that must be split has its first line read twice: that is how it is found out.
 *
 * The scanner is asked first: for an array as a whole, for one object as a whole, for lines line by line. What it does
 * not recognise goes to jansson. That there is more behind a first object is reason enough to split: jansson, too,
 * would accept the object and then refuse the whole. */
#include "decode/message.h"

#include <string.h>

#include "decode/json_elements.h"
#include "decode/json_jansson.h"
#include "decode/json_scan.h"
#include "event/batch.h"

static bool is_blank(struct bytes text) {
    size_t i = 0;
    while (i < text.n && event_is_space(text.p[i])) i++;
    return i == text.n;
}

static bool is_array(struct bytes text) {
    size_t i = 0;
    while (i < text.n && event_is_space(text.p[i])) i++;
    return i < text.n && text.p[i] == '[';
}

static bool has_lf(struct bytes text) { return memchr(text.p, '\n', text.n) != NULL; }

/* The line up to the next LF, without it and without one CR before it; moves REST behind it. */
static struct bytes take_line(struct bytes *rest) {
    const char *lf = memchr(rest->p, '\n', rest->n);
    size_t n = lf != NULL ? (size_t)(lf - rest->p) : rest->n;
    struct bytes line = {.p = rest->p, .n = n > 0 && rest->p[n - 1] == '\r' ? n - 1 : n};
    size_t taken = lf != NULL ? n + 1 : n;
    *rest = (struct bytes){.p = rest->p + taken, .n = rest->n - taken};
    return line;
}

static enum event_outcome ask_jansson(const struct event_scan *s, struct bytes text) {
    return event_json_add(s->rules, text, s->record_time_ms, s->batch);
}

static void decode_lines(struct event_scan *s, bool scanning) {
    for (struct bytes rest = s->message; rest.n > 0;) {
        if (scanning && event_scan_line(s, &rest)) continue;
        struct bytes line = take_line(&rest);
        if (!is_blank(line)) (void)ask_jansson(s, line);
    }
}

/* Without an LF there is nothing to split, and what was said of the whole stands. */
static void decode_value_or_lines(struct event_scan *s, bool scanning) {
    if (ask_jansson(s, s->message) != EVENT_MALFORMED || is_blank(s->message) || !has_lf(s->message)) return;
    event_batch_clear(s->batch);
    decode_lines(s, scanning);
}

static void decode_array(struct event_scan *s, bool scanning) {
    if (scanning && event_scan_array(s)) return;
    event_batch_clear(s->batch);
    event_json_add_array(s->rules, s->message, s->record_time_ms, s->batch);
}

/* What is not a single object that the scanner recognises. */
static void decode_rest(struct event_scan *s, bool scanning, enum event_scanned scanned) {
    if (is_array(s->message))
        decode_array(s, scanning);
    else if (scanned == EVENT_SCAN_FIRST && has_lf(s->message))
        decode_lines(s, scanning);
    else
        decode_value_or_lines(s, scanning);
}

void event_decode(const struct event_rules *r, const char *p, size_t n, int64_t record_time_ms, struct event_batch *b) {
    struct event_scan s;
    event_batch_clear(b);
    if (p == NULL) {
        event_batch_add(b, (struct bytes){.p = p, .n = n})->outcome = EVENT_TOMBSTONE;
        return;
    }
    s.rules = r;
    s.batch = b;
    s.message = (struct bytes){.p = p, .n = n};
    s.record_time_ms = record_time_ms;
    bool scanning = event_scan_start(&s);
    enum event_scanned scanned = scanning ? event_scan_object(&s) : EVENT_SCAN_UNKNOWN;
    if (scanned != EVENT_SCAN_WHOLE) decode_rest(&s, scanning, scanned);
}

void event_decode_json_only(const struct event_rules *r, const char *p, size_t n, int64_t record_time_ms,
                            struct event_batch *b) {
    struct event_scan s = {.rules = r, .batch = b, .message = {p, n}, .record_time_ms = record_time_ms};
    event_batch_clear(b);
    if (p == NULL)
        event_batch_add(b, s.message)->outcome = EVENT_TOMBSTONE;
    else
        decode_rest(&s, false, EVENT_SCAN_UNKNOWN);
}
