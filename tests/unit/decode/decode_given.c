/* unit/decode/decode_given.c - decodes copies of exact length, and writes events as lines. */
#include "decode_given.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "decode/decoder.h"

const struct event_rules *given_rules(void) {
    static struct weights weights;
    static const struct time_zone zone = {.kind = TIME_ZONE_OFFSET};
    static struct event_rules rules = {
        .fields = {"video_id", "location", "ts", "type", "value"},
        .weights = &weights,
        .zone = &zone,
        .has_global = true,
        .adds_value = true,
    };
    ck_assert_int_eq(weights_parse("view=1,like=4,skip=0,*=2", &weights, NULL), 0);
    return &rules;
}

struct decoded decoded_with(const struct event_rules *r, const void *p, size_t n, int64_t record_time_ms) {
    struct decoded d = {.n = n};
    if (p != NULL) {
        d.message = malloc(n + (n == 0)); /* never NULL: that would be a tombstone */
        ck_assert_ptr_nonnull(d.message);
        memcpy(d.message, p, n);
    }
    struct decoder *decoder = decoder_create(r);
    event_batch_init(&d.batch);
    decoder_decode(decoder, &(struct message){.value = {d.message, n}, .time_ms = record_time_ms}, &d.batch);
    decoder_destroy(decoder);
    return d;
}

struct decoded decoded_text(const char *text) {
    return decoded_with(given_rules(), text, strlen(text), RECORD_TIME_MS);
}

void decoded_free(struct decoded *d) {
    event_batch_deinit(&d->batch);
    free(d->message);
}

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

static const char *line_of(const struct decoded *d, size_t i, bool with_raw) {
    static char line[DECODED_LINE_BYTES];
    ck_assert_msg(i < d->batch.n, "event %zu wanted, there are %zu", i, d->batch.n);
    const struct event *ev = &d->batch.events[i];
    struct buf out = {0};
    buf_addf(&out, "%s ", event_outcome_name(ev->outcome));
    add_readable(&out, ev->item);
    buf_add_str(&out, " ");
    add_readable(&out, ev->location);
    buf_addf(&out, " %" PRId64 " %" PRIu32, ev->time_ms, ev->weight);
    if (with_raw) buf_addf(&out, " @%td+%zu", ev->raw.p - d->message, ev->raw.n);
    snprintf(line, sizeof line, "%s", buf_text(&out));
    buf_free(&out);
    return line;
}

const char *decoded_line(const struct decoded *d, size_t i) { return line_of(d, i, true); }

const char *decoded_line_without_raw(const struct decoded *d, size_t i) { return line_of(d, i, false); }
