/* What a message holds. White space before its first byte is skipped, JSON's four characters and no others (a byte
 * order mark is none). Then: '[' makes it an array, whatever follows; else, if the whole is one JSON value, that is the
 * event, over as many lines as it likes; else every line is judged by itself, and a line that holds an array is
 * malformed. A message that must be split has its first line read twice: that is how it is found out.
 *
 * The scanner is asked first: for an array as a whole, for one object as a whole, for lines line by line. What it does
 * not recognise goes to jansson. That there is more behind a first object is reason enough to split: jansson, too,
 * would accept the object and then refuse the whole. */
#include "event/event_message.h"

#include <string.h>

#include "event/event_batch.h"
#include "event/event_elements.h"
#include "event/event_json.h"
#include "event/event_scan.h"

/* One message on its way into a batch. */
struct decoder {
    const struct event_rules *rules;
    struct bytes message;
    int64_t record_time_ms;
    struct event_batch *batch;
    struct event_scan *scan; /* NULL: jansson decides alone */
};

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

static void decode_lines(const struct decoder *d) {
    for (struct bytes rest = d->message; rest.n > 0;) {
        if (d->scan != NULL && event_scan_line(d->scan, &rest)) continue;
        struct bytes line = take_line(&rest);
        if (!is_blank(line)) (void)event_json_add(d->rules, line, d->record_time_ms, d->batch);
    }
}

/* Without an LF there is nothing to split, and what was said of the whole stands. */
static void decode_value_or_lines(const struct decoder *d) {
    enum event_scanned scanned = d->scan != NULL ? event_scan_object(d->scan) : EVENT_SCAN_UNKNOWN;
    if (scanned == EVENT_SCAN_WHOLE) return;
    if (scanned == EVENT_SCAN_UNKNOWN || !has_lf(d->message)) {
        if (event_json_add(d->rules, d->message, d->record_time_ms, d->batch) != EVENT_MALFORMED) return;
        if (is_blank(d->message) || !has_lf(d->message)) return;
        event_batch_clear(d->batch);
    }
    decode_lines(d);
}

static void decode_array(const struct decoder *d) {
    if (d->scan != NULL) {
        if (event_scan_array(d->scan)) return;
        event_batch_clear(d->batch);
    }
    event_json_add_array(d->rules, d->message, d->record_time_ms, d->batch);
}

static void decode(const struct decoder *d) {
    if (is_array(d->message))
        decode_array(d);
    else
        decode_value_or_lines(d);
}

void event_decode(const struct event_rules *r, const char *p, size_t n, int64_t record_time_ms, struct event_batch *b) {
    struct event_scan scan;
    struct decoder d = {.rules = r, .message = {p, n}, .record_time_ms = record_time_ms, .batch = b};
    event_batch_clear(b);
    if (p == NULL) {
        event_batch_add(b, d.message)->outcome = EVENT_TOMBSTONE;
        return;
    }
    if (event_scan_init(&scan, r, d.message, record_time_ms, b)) d.scan = &scan;
    decode(&d);
}

void event_decode_json_only(const struct event_rules *r, const char *p, size_t n, int64_t record_time_ms,
                            struct event_batch *b) {
    struct decoder d = {.rules = r, .message = {p, n}, .record_time_ms = record_time_ms, .batch = b};
    event_batch_clear(b);
    if (p == NULL)
        event_batch_add(b, d.message)->outcome = EVENT_TOMBSTONE;
    else
        decode(&d);
}
