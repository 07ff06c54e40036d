/* support/event_text.c - writes events as lines. */
#include "support/event_text.h"

#include <inttypes.h>

static void add_readable(struct buf *out, struct bytes text) {
    if (text.p == NULL) {
        buf_add_str(out, "-");
        return;
    }
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c <= ' ' || c >= 0x7f || c == '\\' || (c == '-' && text.n == 1))
            buf_addf(out, "\\x%02x", c);
        else
            buf_add_byte(out, c);
    }
}

void event_text_add(struct buf *out, const struct event *ev, const char *message) {
    buf_addf(out, "%s ", event_outcome_name(ev->outcome));
    add_readable(out, ev->item);
    buf_add_str(out, " ");
    add_readable(out, ev->location);
    buf_addf(out, " %" PRId64 " %" PRIu32, ev->time_ms, ev->weight);
    if (message != NULL) buf_addf(out, " @%td+%zu", ev->raw.p - message, ev->raw.n);
}
