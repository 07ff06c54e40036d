/* What a message holds. White space before its first byte is skipped, JSON's four characters and no others (a byte
 * order mark is none). Then: '[' makes it an array, whatever follows; else, if the whole is one JSON value, that is the
 * event, over as many lines as it likes; else every line is judged by itself, and a line that holds an array is
 * malformed. A message that must be split has its first line read twice: that is how it is found out. */
#include <string.h>

#include "event/event_batch.h"
#include "event/event_elements.h"
#include "event/event_json.h"

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

/* The line up to the next LF, without it and without one CR before it; moves REST behind it. */
static struct bytes take_line(struct bytes *rest) {
    const char *lf = memchr(rest->p, '\n', rest->n);
    size_t n = lf != NULL ? (size_t)(lf - rest->p) : rest->n;
    struct bytes line = {.p = rest->p, .n = n > 0 && rest->p[n - 1] == '\r' ? n - 1 : n};
    size_t taken = lf != NULL ? n + 1 : n;
    *rest = (struct bytes){.p = rest->p + taken, .n = rest->n - taken};
    return line;
}

static void decode_lines(const struct event_rules *r, struct bytes message, int64_t record_time_ms,
                         struct event_batch *b) {
    for (struct bytes rest = message; rest.n > 0;) {
        struct bytes line = take_line(&rest);
        if (!is_blank(line)) (void)event_json_add(r, line, record_time_ms, b);
    }
}

/* Without an LF there is nothing to split, and what was said of the whole stands. */
static void decode_value_or_lines(const struct event_rules *r, struct bytes message, int64_t record_time_ms,
                                  struct event_batch *b) {
    if (event_json_add(r, message, record_time_ms, b) != EVENT_MALFORMED) return;
    if (is_blank(message) || memchr(message.p, '\n', message.n) == NULL) return;
    event_batch_clear(b);
    decode_lines(r, message, record_time_ms, b);
}

void event_decode(const struct event_rules *r, const char *p, size_t n, int64_t record_time_ms, struct event_batch *b) {
    struct bytes message = {.p = p, .n = n};
    event_batch_clear(b);
    if (p == NULL)
        event_batch_add(b, message)->outcome = EVENT_TOMBSTONE;
    else if (is_array(message))
        event_json_add_array(r, message, record_time_ms, b);
    else
        decode_value_or_lines(r, message, record_time_ms, b);
}
